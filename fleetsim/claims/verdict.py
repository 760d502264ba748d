"""The rule of the verdict: by setting, by line of settings, and for the whole claim."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from fleetsim.claims.stated.contract import Claim, Effect, Setting
from fleetsim.statistics import Estimate

Verdict = Literal["holds", "fails", "open"]
"""At one setting; open: the interval reaches the bound, or is missing."""


@dataclass(frozen=True)
class Measured:
    """An effect at one setting with its interval, and the figures of both arms it was made of."""

    setting: Setting
    value: float
    low: float | None
    high: float | None
    base: float  # mean figure of the arm that is compared with; nan for a level
    rival: float
    pairs: int
    variance_ratio: float  # var(a - b) / (var a + var b): what the shared luck left; nan for a level
    verdict: Verdict


@dataclass(frozen=True)
class Crossing:
    """Where a line passes the bound: between which settings, and where a straight line between them does."""

    line: str
    below: float
    above: float
    at: float
    first: Verdict  # verdict below
    then: Verdict


@dataclass(frozen=True)
class Finding:
    """One effect over all settings."""

    effect: Effect
    points: tuple[Measured, ...]
    crossings: tuple[Crossing, ...]

    @property
    def verdict(self) -> str:
        """As `together` says."""
        return together([point.verdict for point in self.points])

    def of_line(self, line: str) -> tuple[Measured, ...]:
        """The points of one line by rising x."""
        return tuple(sorted((p for p in self.points if p.setting.line == line), key=lambda p: p.setting.x))


@dataclass(frozen=True)
class Outcome:
    """What became of a claim."""

    claim: Claim
    findings: tuple[Finding, ...]
    replications: int
    quick: bool

    @property
    def verdict(self) -> str:
        """Over all that it says, as `together` says."""
        return together([point.verdict for finding in self.findings for point in finding.points])

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of settings in order."""
        return tuple(dict.fromkeys(setting.line for setting in self.claim.settings))


def together(verdicts: Sequence[Verdict]) -> str:
    """One verdict for several: holds, fails or open if all say so; "holds or open", "fails or open"; else depends."""
    said = sorted(set(verdicts), key=("holds", "fails", "open").index)
    return "depends" if said[:2] == ["holds", "fails"] else " or ".join(said)


def judge(effect: Effect, estimate: Estimate) -> Verdict:
    """The verdict at one setting."""
    low, high = estimate.low, estimate.high
    if low is None or high is None or not math.isfinite(low + high):
        return "open"
    if high < effect.bound:
        return "holds" if effect.better == "lower" else "fails"
    if low > effect.bound:
        return "holds" if effect.better == "higher" else "fails"
    return "open"


def crossings(effect: Effect, points: Sequence[Measured], *, factors: bool) -> list[Crossing]:
    """Where the points of one line, by rising x, go from holding to failing or back; open points between are passed."""
    decided = [point for point in points if point.verdict != "open"]
    return [
        Crossing(a.setting.line, a.setting.x, b.setting.x, _at(effect, a, b, points, factors), a.verdict, b.verdict)
        for a, b in pairwise(decided)
        if a.verdict != b.verdict
    ]


def _at(effect: Effect, a: Measured, b: Measured, points: Sequence[Measured], factors: bool) -> float:
    """Between the two neighbours whose values lie on both sides of the bound."""
    inside = [p for p in points if a.setting.x <= p.setting.x <= b.setting.x]
    for one, other in pairwise(inside):
        below, above = _beyond(effect, one), _beyond(effect, other)
        if below * above <= 0 and below != above:
            share = below / (below - above)
            if factors:
                return one.setting.x * (other.setting.x / one.setting.x) ** share
            return one.setting.x + share * (other.setting.x - one.setting.x)
    return math.nan


def _beyond(effect: Effect, point: Measured) -> float:
    if effect.how == "ratio":
        return math.log(point.value / effect.bound)
    return point.value - effect.bound
