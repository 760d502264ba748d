"""One pool of a mixture of experts: all parameters in memory, few of them at work on a token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from fleetsim.catalog import load_model, model_names
from fleetsim.scenario.fields import Name
from fleetsim.workflow.kinds.contract import Workflow, pool_fault, workflow
from fleetsim.workflow.nodes import Call, End, Nodes

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture


@workflow
class Moe(Workflow):
    """Every task is one call of one pool whose model is a mixture of experts."""

    kind: Literal["moe"] = "moe"
    pool: Name = Field(description="the pool that answers; a dense model is refused: that is kind single")

    def faults(self, architecture: Architecture, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """See the contract."""
        yield from pool_fault("pool", self.pool, architecture)
        model = architecture.pools[self.pool].model if self.pool in architecture.pools else None
        if model in model_names() and load_model(model).moe is None:
            yield "pool", f"answers with {model}, which is dense; write kind: single, or give it a mixture of experts"

    def nodes(self, domains: Sequence[str]) -> Nodes:
        """See the contract."""
        return {"answer": Call(pool=self.pool, next="end", streams=True), "end": End()}
