"""Vendors of rented models: one is chosen for each task, others stand in when it refuses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, Strict

from fleetsim.scenario.fields import Fraction, Name
from fleetsim.scenario.rules import Selecting
from fleetsim.workflow.kinds.contract import Workflow, pool_faults, workflow
from fleetsim.workflow.nodes import Call, End, Nodes, Probit, Select

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture


@workflow
class Market(Workflow):
    """A rule chooses among vendors; a refusal (outage, limit, error) passes the task on to the next of the list."""

    kind: Literal["market"] = "market"
    vendors: list[Name] = Field(
        description="the pools, in the order in which they stand in", min_length=1, max_length=15
    )
    rule: Selecting = Field(
        {"kind": "least_cost"}, validate_default=True, description="which vendor a task goes to first"
    )
    fail_over: bool = Field(True, description="whether another vendor stands in; else a refusal is the task's end")
    informed: Fraction = Field(0.0, description="correlation of the rule's signals with how easy tasks are")
    rating_noise: Probit = Field(
        0.0, description="standard deviation of the errors in what is known of abilities (probit)"
    )
    learns: bool = Field(False, description="whether tasks report how they went, for rules that learn")
    feedback_error: Fraction = Field(0.0, description="share of reports that are the wrong way round")
    cost_weight: Annotated[float, Strict(), Field(ge=0)] = Field(
        0.0, description="learns: reward lost per dollar of a task"
    )
    discount: Fraction = Field(1.0, description="what is left of older reports at each new one")

    def faults(self, architecture: Architecture, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """See the contract."""
        yield from pool_faults("vendors", self.vendors, architecture)

    def nodes(self, domains: Sequence[str]) -> Nodes:
        """See the contract."""
        graph: Nodes = {
            "choose": Select(
                to=[f"{vendor} 1" for vendor in self.vendors],
                rule=self.rule,
                informed=self.informed,
                rating_noise=self.rating_noise,
                learns=self.learns,
                per_domain=self.learns,
                feedback_error=self.feedback_error,
                cost_weight=self.cost_weight,
                discount=self.discount,
            )
        }
        for first in self.vendors:
            order = [first, *(vendor for vendor in self.vendors if vendor != first)] if self.fail_over else [first]
            names = [f"{first} 1", *(f"{vendor} for {first}" for vendor in order[1:])]
            for name, vendor, other in zip(names, order, [*names[1:], None], strict=True):
                graph[name] = Call(pool=vendor, next="end", if_refused=other, streams=True)
        return {**graph, "end": End()}
