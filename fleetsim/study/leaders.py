"""The arms of a study in order of one figure, as results come in."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fleetsim.errors import UnknownName
from fleetsim.metrics.contract import possible, unknown_figure
from fleetsim.statistics import Estimate, replications
from fleetsim.study.points import Heading, Point, PointResult, places

MONEY, TIME = "usd_per_slo_met_task all", "e2e_p99 all"
"""What a study is judged by if nobody says: dollars per task within its targets, where there are targets; else time."""


@dataclass(frozen=True)
class Leader:
    """An arm with its mean over the replicates that have come in."""

    arm: str
    estimate: Estimate
    runs: int
    same: bool = False  # whether its runs are one and the same run, which have no interval


class Leaders:
    """Collects `figure` (`name scope`) of every arm; None chooses one by what the first result has."""

    def __init__(self, figure: str | None = None) -> None:
        self._figure = figure
        self.heading: Heading | None = None  # of the figure, once a result has shown it
        self._values: dict[str, list[float]] = {}
        self._first: dict[str, bytes] = {}  # all numbers of an arm's first result
        self._same: dict[str, bool] = {}

    def add(self, point: Point, result: PointResult) -> None:
        """Take a result in. Raises UnknownName if results have no such figure."""
        if self.heading is None:
            self.heading = heading_of(self._figure, result)
        self._values.setdefault(point.arm, []).append(result.value(self.heading.name, self.heading.scope))
        numbers = result.numbers.tobytes()
        same = self._first.setdefault(point.arm, numbers) == numbers
        self._same[point.arm] = self._same.get(point.arm, True) and same

    def ranked(self) -> list[Leader]:
        """All arms, the best first; those without a value last, arms alike in order of the study."""
        found = []
        for arm, values in self._values.items():
            same = len(values) > 1 and self._same[arm]
            estimate = possible(replications(values[:1] if same else values), self.heading.unit)
            found.append(Leader(arm, estimate, len(values), same))
        return sorted(found, key=lambda leader: self._cost(leader.estimate.value))

    def best(self) -> Leader | None:
        """The best arm so far; None while no arm has a value."""
        means = {arm: sum(values) / len(values) for arm, values in self._values.items()}
        arm = min(means, key=lambda arm: self._cost(means[arm]), default=None)
        if arm is None or not math.isfinite(means[arm]):
            return None
        return Leader(arm, Estimate(means[arm]), len(self._values[arm]))

    def _cost(self, value: float) -> float:
        if not math.isfinite(value):
            return math.inf
        return -value if self.heading is not None and self.heading.better == "higher" else value


def heading_of(figure: str | None, result: PointResult) -> Heading:
    """What to judge by: the figure of that name, or one chosen by what the result has. Raises UnknownName."""
    known = places(result.headings)
    if figure is None:
        figure = MONEY if math.isfinite(result.numbers[known[MONEY]]) else TIME
    if figure not in known and f"{figure} all" in known:
        figure = f"{figure} all"
    if figure not in known:
        raise UnknownName(unknown_figure(figure, known))
    return result.headings[known[figure]]
