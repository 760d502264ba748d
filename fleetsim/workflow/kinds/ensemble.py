"""Many answers to one question, and one of them by vote or by a verifier."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from fleetsim.scenario.fields import Name, Positive
from fleetsim.workflow.kinds.contract import Workflow, pool_faults, workflow
from fleetsim.workflow.nodes import Auc, Call, End, Fork, Join, Nodes

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture


@workflow
class Ensemble(Workflow):
    """Pools answer side by side, each several times; the user reads what the vote or the verifier picks."""

    kind: Literal["ensemble"] = "ensemble"
    pools: dict[Name, int] = Field(description="pool -> how many answers it gives", min_length=1)
    pick: Literal["vote", "best", "any"] = Field(
        "vote", description="vote: the most frequent; best: by a verifier; any: a right one, which nobody can know"
    )
    weights: dict[Name, Positive] = Field({}, description="vote: pool -> weight of its answers; 1 by default")
    early: bool = Field(False, description="vote: whether it ends once decided")
    need: int | None = Field(
        None, ge=1, le=64, strict=True, description="how many answers it waits for; all by default"
    )
    auc: Auc | None = Field(None, description="best: how well the verifier tells right from wrong")

    def faults(self, architecture: Architecture, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """See the contract."""
        yield from pool_faults("pools", {name: name for name in self.pools}, architecture)
        for name, count in self.pools.items():
            if count < 1:
                yield f"pools.{name}", f"gives {count} answers; at least 1"
        for name in self.weights:
            if name not in self.pools:
                yield f"weights.{name}", "gives no answers; name it under `pools`, or leave it out"
        if (self.pick == "best") != (self.auc is not None):
            yield "auc", "goes with pick: best, and pick: best needs it"
        if (self.weights or self.early) and self.pick != "vote":
            yield "pick", "is no vote, so `weights` and `early` have no effect; leave them out"

    def nodes(self, domains: Sequence[str]) -> Nodes:
        """See the contract."""
        names = [f"answer of {pool}" for pool, count in self.pools.items() for _ in range(count)]
        calls: Nodes = {
            f"answer of {pool}": Call(pool=pool, next="pick", weight=self.weights.get(pool, 1.0)) for pool in self.pools
        }
        pick = Join(next="end", need=self.need, rule=self.pick, early=self.early, auc=self.auc)
        return {"ask all": Fork(to=names, join="pick"), **calls, "pick": pick, "end": End()}
