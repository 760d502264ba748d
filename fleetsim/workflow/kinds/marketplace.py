"""Pipelines that users put together from a catalogue of rated models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from fleetsim.scenario.fields import Model, Name, Tokens
from fleetsim.scenario.rules import Selecting
from fleetsim.workflow.kinds.contract import Workflow, pool_faults, workflow
from fleetsim.workflow.nodes import Call, End, Nodes, Probit, Select

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture


class Shelf(Model):
    """One step of the pipeline and the models offered for it."""

    offers: list[Name] = Field(description="the pools offered for it", min_length=1, max_length=20)
    output: Literal["task"] | Tokens = Field("task", description="tokens it writes")


@workflow
class Marketplace(Workflow):
    """For every step the user takes the model that is rated best; ratings are noisy."""

    kind: Literal["marketplace"] = "marketplace"
    shelves: dict[Name, Shelf] = Field(description="name of the step -> what is offered", min_length=1, max_length=20)
    rating_noise: Probit = Field(0.3, description="standard deviation of ratings around abilities (probit)")
    rule: Selecting = Field(
        {"kind": "best_known"}, validate_default=True, description="how users choose by the ratings"
    )

    def faults(self, architecture: Architecture, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """See the contract."""
        for name, shelf in self.shelves.items():
            yield from pool_faults(f"shelves.{name}.offers", shelf.offers, architecture)

    def nodes(self, domains: Sequence[str]) -> Nodes:
        """See the contract."""
        graph: Nodes = {}
        names = list(self.shelves)
        for part, (name, shelf) in enumerate(self.shelves.items()):
            then = f"choose {names[part + 1]}" if part + 1 < len(names) else "end"
            offers = {f"{name} by {pool}": pool for pool in shelf.offers}
            graph[f"choose {name}"] = Select(to=list(offers), rule=self.rule, rating_noise=self.rating_noise)
            own = {"output": shelf.output, "prompt": "context", "keeps": True, "stage": part > 0, "part": part}
            graph |= {call: Call(pool=pool, next=then, **own) for call, pool in offers.items()}
        return {**graph, "end": End()}
