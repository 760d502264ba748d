"""Tasks are steered by what costs nothing to see, such as the size of their prompts: mixed fleets of hardware."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from fleetsim.scenario.fields import Model, Name, Positive
from fleetsim.workflow.kinds.contract import Workflow, pool_fault, workflow
from fleetsim.workflow.nodes import Call, End, Nodes, Select

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture


class SizeRoute(Model):
    """Where the tasks of one size go."""

    shares: dict[Name, Positive] = Field(description="pool -> weight of the tasks that it gets", min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        """`short: l4` and `short: {l4: 3, h100: 1}` are short for `short: {shares: ...}`."""
        if isinstance(value, str):
            return {"shares": {value: 1.0}}
        return {"shares": value} if isinstance(value, dict) and "shares" not in value else value


@workflow
class BySize(Workflow):
    """Each task is answered by a pool for its size (see `sizes` of a class), or for a domain that the caller names."""

    kind: Literal["by_size"] = "by_size"
    routes: Annotated[dict[Name, SizeRoute], Field(min_length=1)] = Field(
        description="size or domain -> pool, or pool -> weight to share its tasks by chance"
    )

    def faults(self, architecture: Architecture, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """See the contract."""
        for size, route in self.routes.items():
            for pool in route.shares:
                yield from pool_fault(f"routes.{size}", pool, architecture)
        for size in domains:
            if size not in self.routes:
                yield "routes", f"has no route for size {size!r}; write `{size}: POOL`"

    def nodes(self, domains: Sequence[str]) -> Nodes:
        """See the contract."""
        used = list(dict.fromkeys(pool for route in self.routes.values() for pool in route.shares))
        shares = {}
        for size in domains:
            weights = self.routes[size].shares
            total = sum(weights.values())
            shares[size] = {f"answer of {pool}": weight / total for pool, weight in weights.items()}
        calls: Nodes = {f"answer of {pool}": Call(pool=pool, next="end", streams=True) for pool in used}
        return {"size": Select(to=list(calls), by_domain=shares), **calls, "end": End()}
