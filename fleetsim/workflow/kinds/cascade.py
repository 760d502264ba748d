"""Ask the cheap model first, and a dearer one where its answer does not look right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from fleetsim.scenario.fields import Fraction, Name
from fleetsim.workflow.kinds.contract import Workflow, pool_faults, workflow
from fleetsim.workflow.nodes import Call, End, Fork, Join, Nodes, Verify
from fleetsim.workflow.parts import Verifier

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture


@workflow
class Cascade(Workflow):
    """Pools from cheap to dear; each answer is verified, and the next pool asked where it fails.

    A verifier's `risk` is that of the whole cascade: each of its checks keeps an equal part of it.
    """

    kind: Literal["cascade"] = "cascade"
    pools: list[Name] = Field(description="from the first to the last resort", min_length=2, max_length=10)
    verifier: Verifier | None = Field(None, description="what judges the answers of all but the last")
    samples: int = Field(
        1, ge=1, le=64, strict=True, description="with agreement: answers that each but the last gives"
    )
    agreement: Fraction | None = Field(
        None, description="instead of a verifier: share of the samples that must say the same"
    )

    def faults(self, architecture: Architecture, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """See the contract."""
        yield from pool_faults("pools", self.pools, architecture)
        if (self.verifier is None) == (self.agreement is None):
            yield "", "needs either `verifier`, or `samples` and `agreement`"
        if (self.samples > 1) != (self.agreement is not None):
            yield "samples", "goes with `agreement`: at least two samples must be there to agree"
        if self.verifier is not None:
            yield from self.verifier.shared(len(self.pools) - 1).faults("verifier")
            yield from pool_faults("verifier", {"pool": self.verifier.pool}, architecture)

    def nodes(self, domains: Sequence[str]) -> Nodes:
        """See the contract."""
        graph: Nodes = {}
        for level, pool in enumerate(self.pools[:-1]):
            below = f"try {level + 2}" if level + 2 < len(self.pools) else "last"
            graph |= self._level(level + 1, pool, below)
        return {**graph, "last": Call(pool=self.pools[-1], next="end", streams=True), "end": End()}

    def _level(self, level: int, pool: str, below: str) -> Nodes:
        name, check = f"try {level}", f"check {level}"
        if self.verifier is not None:
            asked = Call(pool=pool, next=check, keeps=True, if_refused=below)
            return {name: asked, **self.verifier.shared(len(self.pools) - 1).nodes(check, "end", below)}
        return {
            name: Fork(to=[f"sample {level}"] * self.samples, join=f"vote {level}"),
            f"sample {level}": Call(pool=pool, next=f"vote {level}"),
            f"vote {level}": Join(next=check, rule="vote"),
            check: Verify(agreement=self.agreement, passes="end", fails=below),
        }
