"""A conversation of many turns that changes its subject now and then, and with it the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from fleetsim.scenario.durations import TimeLaw
from fleetsim.scenario.fields import Name
from fleetsim.scenario.length import Length
from fleetsim.workflow.kinds.contract import Workflow, pool_faults, workflow
from fleetsim.workflow.nodes import Call, Delay, End, Loop, Nodes, Select

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture


_SUBJECTS_MOST = 50


@workflow
class Session(Workflow):
    """Turns of one user: each is answered by the pool of its subject, which reads all that was said before."""

    kind: Literal["session"] = "session"
    pools: list[Name] = Field(description="the pools of the subjects", min_length=1, max_length=30)
    subjects: Length = Field(description="how many subjects a session has, one after the other: a number or a law")
    turns: Length = Field(description="how many turns a subject has: a number or a law")
    most: int = Field(200, ge=1, le=10_000, strict=True, description="never more turns of one subject")
    message_tokens: int = Field(
        60, alias="message", ge=0, strict=True, description="tokens that the user adds in a turn"
    )
    think: TimeLaw = Field(
        {"kind": "measured", "quantiles": {0.1: "10 s", 0.5: "86 s", 0.9: "21 min"}},
        validate_default=True,
        description="pause of the user before the next turn; by default as coding agents' users (arXiv 2606.30560)",
    )

    def faults(self, architecture: Architecture, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """See the contract."""
        yield from pool_faults("pools", self.pools, architecture)
        for number, name in enumerate(self.pools):
            if name in self.pools[:number]:
                yield f"pools.{number}", f"names {name} a second time; once is enough"

    def nodes(self, domains: Sequence[str]) -> Nodes:
        """See the contract."""
        subject = {f"on {pool}": 1 / len(self.pools) for pool in self.pools}
        graph: Nodes = {
            "session": Loop(body="subject", exit="end", times=self.subjects, most=_SUBJECTS_MOST),
            "subject": Select(to=list(subject), shares=subject),
        }
        for pool in self.pools:
            turn = {"prompt": "context", "added": self.message_tokens, "keeps": True, "streams": True}
            graph[f"on {pool}"] = Loop(body=f"pause on {pool}", exit="session", times=self.turns, most=self.most)
            graph[f"pause on {pool}"] = Delay(time=self.think, next=f"turn on {pool}")
            graph[f"turn on {pool}"] = Call(pool=pool, next=f"on {pool}", **turn)
        return {**graph, "end": End()}
