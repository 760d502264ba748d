"""A model on the device answers; the cloud is asked where it is not sure, or too slow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from fleetsim.scenario.fields import Duration, Name
from fleetsim.workflow.kinds.contract import Workflow, pool_fault, workflow
from fleetsim.workflow.nodes import Call, Delay, End, Fork, Join, Nodes
from fleetsim.workflow.parts import Verifier

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture


@workflow
class EdgeFirst(Workflow):
    """Answer on the edge; escalate over the network when confidence is low, or when the deadline has passed."""

    kind: Literal["edge_first"] = "edge_first"
    edge: Name = Field(description="the pool on the device or beside it")
    cloud: Name = Field(description="the pool behind the network")
    confidence: Verifier = Field(description="how well the edge knows when it is wrong")
    deadline_s: Duration | None = Field(
        None, alias="deadline", description="the cloud is asked, too, when the edge has not answered by then"
    )

    def faults(self, architecture: Architecture, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """See the contract."""
        yield from pool_fault("edge", self.edge, architecture)
        yield from pool_fault("cloud", self.cloud, architecture)
        yield from self.confidence.faults("confidence")
        yield from pool_fault("confidence.pool", self.confidence.pool, architecture)

    def nodes(self, domains: Sequence[str]) -> Nodes:
        """See the contract."""
        if self.deadline_s is None:
            cloud = Call(pool=self.cloud, next="end", streams=True)
            edge = Call(pool=self.edge, next="confident", keeps=True, if_refused="ask the cloud")
            sure = self.confidence.nodes("confident", "end", "ask the cloud")
            return {"ask the edge": edge, **sure, "ask the cloud": cloud, "end": End()}
        edge = Call(pool=self.edge, next="confident", keeps=True, if_refused="escalate")
        wait = Delay(time={"kind": "fixed", "time": f"{self.deadline_s!r} s"}, next="ask the cloud")
        return {
            "both": Fork(to=["ask the edge", "wait"], join="first"),
            "ask the edge": edge,
            **self.confidence.nodes("confident", "first", "escalate"),
            "escalate": Call(pool=self.cloud, next="first"),
            "wait": wait,
            "ask the cloud": Call(pool=self.cloud, next="first"),
            "first": Join(next="end", need=1),
            "end": End(),
        }
