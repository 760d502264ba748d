"""One pool answers everything: the monolith, dense or a mixture of experts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from fleetsim.scenario.fields import Name
from fleetsim.workflow.kinds.contract import Workflow, pool_fault, workflow
from fleetsim.workflow.nodes import Call, End, Nodes

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture


@workflow
class Single(Workflow):
    """Every task is one call of one pool."""

    kind: Literal["single"] = "single"
    pool: Name = Field(description="the pool that answers")

    def faults(self, architecture: Architecture, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """See the contract."""
        yield from pool_fault("pool", self.pool, architecture)

    def nodes(self, domains: Sequence[str]) -> Nodes:
        """See the contract."""
        return {"answer": Call(pool=self.pool, next="end", streams=True), "end": End()}
