"""Layers of proposers, each reading the layer before, and an aggregator (Wang et al., "Mixture-of-Agents", 2024)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from fleetsim.scenario.fields import Name
from fleetsim.workflow.kinds.contract import Workflow, pool_fault, pool_faults, workflow
from fleetsim.workflow.nodes import Auc, Call, End, Fork, Join, Nodes, Probit

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture


@workflow
class MixtureOfAgents(Workflow):
    """Proposers answer side by side, layer by layer; the aggregator writes the answer from what they said."""

    kind: Literal["mixture_of_agents"] = "mixture_of_agents"
    proposers: list[Name] = Field(
        description="the pools of a layer; one name several times: several answers", min_length=1
    )
    layers: int = Field(3, ge=1, le=10, strict=True, description="layers of proposers")
    aggregator: Name = Field(description="the pool that writes the answer")
    auc: Auc = Field(0.75, description="how well the aggregator tells the right proposals from the wrong ones")
    synthesis_probit: Probit | None = Field(
        None,
        description="if given, the aggregator answers anew, this added to its ability, instead of taking a proposal",
    )

    def faults(self, architecture: Architecture, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """See the contract."""
        yield from pool_faults("proposers", self.proposers, architecture)
        yield from pool_fault("aggregator", self.aggregator, architecture)

    def nodes(self, domains: Sequence[str]) -> Nodes:
        """See the contract."""
        graph: Nodes = {}
        for layer in range(1, self.layers + 1):
            then = f"layer {layer + 1}" if layer < self.layers else "aggregate"
            graph[f"layer {layer}"] = Fork(to=[f"{pool} in {layer}" for pool in self.proposers], join=f"gather {layer}")
            for pool in dict.fromkeys(self.proposers):
                graph[f"{pool} in {layer}"] = Call(pool=pool, next=f"gather {layer}", prompt="context", part=0)
            graph[f"gather {layer}"] = Join(next=then, rule="best", auc=self.auc, gather=True)
        anew = self.synthesis_probit is not None
        aggregate = Call(
            pool=self.aggregator,
            next="end",
            prompt="context",
            streams=True,
            solves=anew,
            probit=self.synthesis_probit or 0.0,
        )
        return {**graph, "aggregate": aggregate, "end": End()}
