"""Recurring work to a small model, novel work to a large one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from fleetsim.registry import unknown
from fleetsim.scenario.fields import Fraction, Name
from fleetsim.workflow.kinds.contract import Workflow, pool_fault, workflow
from fleetsim.workflow.nodes import Call, End, Nodes, Select
from fleetsim.workflow.parts import Verifier

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture


@workflow
class NoveltySplit(Workflow):
    """A share of each domain's tasks goes to the small model, the rest to the large; a verifier may send work on."""

    kind: Literal["novelty_split"] = "novelty_split"
    small: Name = Field(description="the pool for recurring work")
    large: Name = Field(description="the pool for novel work, and for what the small one gets wrong")
    shares: dict[Name, Fraction] = Field(description="domain -> share of its tasks that go to the small model")
    verifier: Verifier | None = Field(None, description="what checks the small model's answers")

    def faults(self, architecture: Architecture, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """See the contract."""
        yield from pool_fault("small", self.small, architecture)
        yield from pool_fault("large", self.large, architecture)
        for domain in self.shares:
            if domain not in domains:
                yield f"shares.{domain}", unknown("domain", domain, domains)
        for domain in domains:
            if domain not in self.shares:
                yield "shares", f"has no share for domain {domain!r}; write `{domain}: 0.9`"
        if self.verifier is not None:
            yield from self.verifier.faults("verifier")
            yield from pool_fault("verifier.pool", self.verifier.pool, architecture)

    def nodes(self, domains: Sequence[str]) -> Nodes:
        """See the contract."""
        split = {d: {"small": share, "large": 1 - share} for d, share in self.shares.items()}
        graph: Nodes = {"known": Select(to=["small", "large"], by_domain=split)}
        if self.verifier is None:
            graph["small"] = Call(pool=self.small, next="end", streams=True)
        else:
            graph["small"] = Call(pool=self.small, next="check", keeps=True, if_refused="large")
            graph |= self.verifier.nodes("check", "end", "large")
        return {**graph, "large": Call(pool=self.large, next="end", streams=True), "end": End()}
