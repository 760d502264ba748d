"""How two arms differ under the same luck: paired differences, what pairing gained, and a verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fleetsim.metrics import alike
from fleetsim.statistics import LEVEL, Estimate, paired
from fleetsim.study.points import Heading, PointResult

BETTER, WORSE, DIFFERS, NO_EVIDENCE = "better", "worse", "differs", "no evidence at this size"


@dataclass(frozen=True)
class Difference:
    """One figure of an arm against the baseline; an interval at `level`, so wide that its family's hold together."""

    heading: Heading
    arm: str
    baseline_value: float  # means over the pairs
    value: float
    difference: Estimate  # value - baseline_value
    variance_ratio: float  # var(difference) / (var + var): the share that common luck left of the variance
    pairs: int  # replicates in which both arms have the figure
    level: float
    judged: bool  # of the figures that were asked about, a family of their own

    @property
    def verdict(self) -> str:
        """Whether the arm is better than the baseline, worse, or nobody can tell."""
        low, high = self.difference.low, self.difference.high
        if low is None or high is None or low <= 0 <= high:
            return NO_EVIDENCE
        if not self.heading.better:
            return DIFFERS
        return BETTER if (high < 0) == (self.heading.better == "lower") else WORSE

    def summary(self) -> dict[str, Any]:
        """The difference as plain data for JSON; nan is null."""
        numbers = {
            "baseline_value": self.baseline_value,
            "value": self.value,
            "difference": self.difference.value,
            "low": self.difference.low,
            "high": self.difference.high,
            "variance_ratio": self.variance_ratio,
        }
        return {
            "arm": self.arm,
            "figure": self.heading.name,
            "scope": self.heading.scope,
            "unit": self.heading.unit,
            "better": self.heading.better,
            "judged": self.judged,
            "pairs": self.pairs,
            "level": self.level,
            **{name: v if v is not None and math.isfinite(v) else None for name, v in numbers.items()},
            "verdict": self.verdict,
        }


Runs = Mapping[str, Sequence[PointResult]]
"""Arm -> the results of its replicates; the first arm is the baseline."""


def differences(runs: Runs, judged: Sequence[str]) -> list[Difference]:
    """Every figure of every arm against the first arm: the judged ones (`name scope`) first, then the others.

    The judged figures of all arms are one family, the other figures with a better direction a second one: in each, all
    intervals hold together at 95 % (Bonferroni). A figure that only one of the arms has is left out. Two arms whose
    replicates are one and the same run each are told apart by that run alone: one pair, and no interval.
    """
    baseline, *others = runs
    told = {arm: own[:1] if same_runs(own) and same_runs(runs[baseline]) else own for arm, own in runs.items()}
    pairs = [(arm, heading) for arm in others for heading in _common(runs[baseline], runs[arm])]
    asked = [(arm, h) for key in judged for arm, h in pairs if h.key == key]
    rest = [(arm, h) for arm, h in pairs if h.key not in judged]
    found = []
    for family, own in ((asked, True), (rest, False)):
        size = sum(1 for _, h in family if own or h.better)
        level = 1 - (1 - LEVEL) / max(1, size)
        for arm, h in family:
            base = runs[baseline][: len(told[arm])]
            found.append(_difference(base, told[arm], arm, h, level, own))
    return found


def same_runs(results: Sequence[PointResult]) -> bool:
    """Whether replicates are one and the same run, for all see the same tasks and nothing else is random."""
    return alike([result.figures for result in results])


def _common(one: Sequence[PointResult], other: Sequence[PointResult]) -> list[Heading]:
    there = {heading for result in other for heading in result.headings}
    return [h for h in dict.fromkeys(h for result in one for h in result.headings) if h in there]


def _difference(
    base: Sequence[PointResult], runs: Sequence[PointResult], arm: str, heading: Heading, level: float, judged: bool
) -> Difference:
    values = np.array([[r.value(heading.name, heading.scope) for r in side] for side in (base, runs)])
    values = values[:, np.isfinite(values).all(axis=0)]
    count = values.shape[1]
    if not count:
        return Difference(heading, arm, math.nan, math.nan, Estimate(math.nan), math.nan, 0, level, judged)
    found = paired(values[1], values[0], level)
    means = values.mean(axis=1)
    ratio = found.variance_ratio
    return Difference(heading, arm, float(means[0]), float(means[1]), found.difference, ratio, count, level, judged)
