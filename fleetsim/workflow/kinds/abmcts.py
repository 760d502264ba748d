"""Search among answers: wider, deeper, or another model, by Thompson sampling (Inoue et al., "AB-MCTS", 2025)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from fleetsim.scenario.fields import Fraction, Name
from fleetsim.workflow.kinds.contract import Workflow, pool_fault, pool_faults, workflow
from fleetsim.workflow.nodes import Call, End, Loop, Nodes, Probit, Select
from fleetsim.workflow.parts import Verifier

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture


@workflow
class AbMcts(Workflow):
    """Up to a budget of calls: a fresh answer or a better one of the best, by a model that Thompson sampling chooses.

    Each choice goes by the scores that the verifier has given this task's own answers so far. The answer that it scores
    best is the one that is improved on, and that the search ends with.
    """

    kind: Literal["abmcts"] = "abmcts"
    pools: list[Name] = Field(description="the models to choose from", min_length=1, max_length=30)
    budget: int = Field(10, ge=1, le=1000, strict=True, description="calls at most")
    verifier: Verifier = Field(description="what scores the answers; one that passes ends the search")
    deeper_probit: Probit = Field(0.85, description="what reading the best answer and its failure adds to the ability")
    feedback_error: Fraction = Field(0.0, description="share of wrong reports to the choice")

    def faults(self, architecture: Architecture, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """See the contract."""
        yield from pool_faults("pools", self.pools, architecture)
        yield from self.verifier.faults("verifier")
        yield from pool_fault("verifier.pool", self.verifier.pool, architecture)

    def nodes(self, domains: Sequence[str]) -> Nodes:
        """See the contract."""
        wider, deeper = [f"wider {pool}" for pool in self.pools], [f"deeper {pool}" for pool in self.pools]
        graph: Nodes = {
            "search": Loop(body="choose", exit="end", times=self.budget, most=self.budget),
            "choose": Select(
                to=wider + deeper,
                rule="wider_or_deeper",
                learns=True,
                remembers="task",
                feedback_error=self.feedback_error,
            ),
        }
        for pool, fresh, better in zip(self.pools, wider, deeper, strict=True):
            graph[fresh] = Call(pool=pool, next="score", keeps=True)
            graph[better] = Call(pool=pool, next="score", prompt="context", keeps=True, probit=self.deeper_probit)
        return {**graph, **self.verifier.nodes("score", "end", "search", keeps="best"), "end": End()}
