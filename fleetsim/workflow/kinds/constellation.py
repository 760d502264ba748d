"""Tiers of models, and every task on the one that its class needs or a rule finds good enough."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from fleetsim.scenario.fields import Fraction, Name
from fleetsim.scenario.rules import Selecting
from fleetsim.workflow.kinds.contract import Workflow, pool_faults, workflow
from fleetsim.workflow.nodes import Call, End, Nodes, Select

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture


@workflow
class Constellation(Workflow):
    """Classes with a tier of their own go there; for the others a rule chooses, by default the cheapest that does."""

    kind: Literal["constellation"] = "constellation"
    tiers: list[Name] = Field(description="the pools, from cheap to dear", min_length=1, max_length=60)
    classes: dict[Name, Name] = Field({}, description="task class -> its pool")
    rule: Selecting = Field(
        {"kind": "least_cost"}, validate_default=True, description="who chooses for the other classes"
    )
    informed: Fraction = Field(0.3, description="correlation of the rule's signals with how easy tasks are")
    guess: Fraction = Field(1.0, description="share of tasks whose domain the rule recognises")

    def faults(self, architecture: Architecture, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """See the contract."""
        yield from pool_faults("tiers", self.tiers, architecture)
        yield from pool_faults("classes", self.classes, architecture)
        for name, pool in self.classes.items():
            if pool in architecture.pools and pool not in self.tiers:
                yield f"classes.{name}", f"is no tier: {pool}; name it under `tiers` too"

    def nodes(self, domains: Sequence[str]) -> Nodes:
        """See the contract."""
        calls = {f"tier {pool}": Call(pool=pool, next="end", streams=True) for pool in self.tiers}
        choose = Select(to=list(calls), rule=self.rule, informed=self.informed, guess=self.guess)
        if not self.classes:
            return {"choose": choose, **calls, "end": End()}
        ways = {"choose": None, **{f"tier {pool}": None for pool in self.classes.values()}}
        by_class = {name: {f"tier {pool}": 1.0} for name, pool in self.classes.items()}
        return {"by class": Select(to=list(ways), by_class=by_class), "choose": choose, **calls, "end": End()}
