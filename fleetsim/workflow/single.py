"""One pool answers everything: the monolith, dense or a mixture of experts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from fleetsim.scenario.fields import Name
from fleetsim.workflow.contract import Graph, PoolRoom, Workflow, pool_fault, workflow

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

    def graph(self, pools: dict[str, PoolRoom], domains: Sequence[str]) -> Graph:
        """See the contract."""
        graph = Graph()
        graph.call(pools[self.pool].number, 1, answers=True)
        graph.end()
        return graph
