"""Runs of several arms under the same luck, added until the differences are known well enough."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from fleetsim.errors import UnknownName
from fleetsim.metrics.contract import unknown_figure
from fleetsim.statistics import Precision, StoppingRule
from fleetsim.study.differences import Difference, differences, same_runs
from fleetsim.study.kept import Runs
from fleetsim.study.points import Point, PointResult, places

JUDGED = (
    "cost_per_correct_usd all", "accuracy all", "usd_per_slo_met_task all", "slo_attainment all", "ttft_p99 all",
    "tpot_p99 all", "e2e_p99 all",
)  # fmt: skip
"""What arms are judged by if nobody says, as far as their runs have it."""

ONE_LUCK = (
    "all replications of every arm are one and the same run, for all see the same tasks and nothing else is random: "
    "one pair is kept, and no interval over replications can be given"
)

SAME_LUCK = (
    "are one and the same run each, for these see the same tasks and nothing in them is random: no interval between "
    "them can be given, and intervals of the other arms are of those arms' own luck, for these very tasks"
)

_PILOT = 3  # replicates that look for the warm-up

Progress = Callable[[str, float], None]
"""Told what is being done and which share of the budget is spent."""


def excess(precision: Precision, found: Difference) -> float:
    """The half-width of a difference as a multiple of the wanted one, which is relative to the baseline's value."""
    return precision.excess(found.difference, found.baseline_value)


class PairedRuns:
    """The runs of a comparison as they grow."""

    def __init__(
        self, points: dict[str, Point], runs: Runs, rule: StoppingRule, precision: Precision, tell: Progress
    ) -> None:
        self._points, self._runs, self._rule, self._precision, self._tell = points, runs, rule, precision, tell
        self.results: dict[str, list[PointResult]] = {arm: [] for arm in points}
        self.warm_up: str = "as the scenario says"
        self.notes: list[str] = []

    @property
    def done(self) -> int:
        """Replicates so far."""
        return min(map(len, self.results.values()))

    def point(self, arm: str) -> Point:
        """The arm's point, behind the warm-up that its runs had."""
        return self._points[arm]

    def run(self, figures: Sequence[str]) -> list[str]:
        """Run until the rule is content; returns the keys of the figures that are judged."""
        self._settle()
        self._add(self._rule.first)
        judged = _judged(figures, [result for runs in self.results.values() for result in runs])
        same = [arm for arm, runs in self.results.items() if same_runs(runs)]
        if len(same) > 1 and next(iter(self.results)) in same and len(same) < len(self.results):
            self.notes.append(f"the replications of {', '.join(same)} {SAME_LUCK}")
        if self.done > 1 and len(same) == len(self.results):
            self.results = {arm: runs[:1] for arm, runs in self.results.items()}
            self.notes.append(ONE_LUCK)
            return judged
        while True:
            found = [d for d in differences(self.results, judged) if d.judged and d.pairs > (self.done > 1)]
            more = self._rule.more(self.done, [excess(self._precision, d) for d in found])
            if not more:
                return judged
            self._add(more)

    def _settle(self) -> None:
        """Give the arms without a warm-up the longest that pilot runs find among those that settled."""
        arms = [arm for arm, point in self._points.items() if point.finds_warm_up]
        if not arms:
            return
        pilots = [self._points[arm].replicated(k) for k in range(_PILOT) for arm in arms]
        self._tell("pilot runs for the warm-up", 0.0)
        results = self._runs(pilots)
        steady = [r.value("warm_up") for r in results if not r.value("warm_up_doubtful")]
        cut_s = max(steady or [r.value("warm_up") for r in results])
        restless = [
            arm for n, arm in enumerate(arms) if all(r.value("warm_up_doubtful") for r in results[n :: len(arms)])
        ]
        self.notes += [f"{arm} never settled: its figures depend on the horizon" for arm in restless]
        self.warm_up = f"{cut_s:.3g} s, found in {_PILOT} pilot runs"
        self._points = self._points | {arm: self._points[arm].warmed_up(cut_s) for arm in arms}

    def _add(self, count: int) -> None:
        first = self.done
        points = [p.replicated(k) for k in range(first, first + count) for p in self._points.values()]
        self._tell(f"{first} pairs, {count} more", first / self._rule.budget)
        for number, result in enumerate(self._runs(points)):
            self.results[list(self._points)[number % len(self._points)]].append(result)


def _judged(figures: Sequence[str], results: Sequence[PointResult]) -> list[str]:
    """The keys to judge by. Raises UnknownName for a figure that no run has."""
    known = dict.fromkeys(key for result in results for key in places(result.headings))
    if not figures:
        return [k for k in JUDGED if any(math.isfinite(r.value(*k.split(" ", 1))) for r in results)]
    keys = [key if key in known else f"{key} all" for key in figures]
    for asked, key in zip(figures, keys, strict=True):
        if key not in known:
            raise UnknownName(unknown_figure(asked, known))
    return list(dict.fromkeys(keys))
