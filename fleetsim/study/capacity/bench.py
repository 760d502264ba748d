"""The bench: fleets are simulated here, each run once, and judged by their limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from fleetsim.metrics.contract import unknown_figure
from fleetsim.registry import unknown
from fleetsim.scenario.capacity import Constraint
from fleetsim.scenario.document import dotted
from fleetsim.study.capacity.feasibility import ErrorBudget, LimitTest, Verdict
from fleetsim.study.capacity.space import Variant
from fleetsim.study.kept import Runs
from fleetsim.study.points import Point, PointResult, point_of
from fleetsim.study.variants import changed, scaled_load

FRESH = 1_000_000
"""The first replicate of confirmations: luck that no search has seen."""


class Fleet(NamedTuple):
    """A candidate under a multiple of the load, with replicas of one pool gone or none."""

    variant: int
    index: tuple[int, ...]
    load: float = 1.0
    gone: str | None = None


@dataclass(frozen=True)
class Judgement:
    """What the limits say of a candidate."""

    holds: bool
    runs: int
    broken: Constraint | None = None  # the limit that it fails
    gone: str | None = None  # the pool whose replicas were gone when it failed
    undecided: bool = False  # too near the limit for the runs allowed: counted as failing


class Bench:
    """Simulates fleets and remembers every run, whatever it was wanted for."""

    def __init__(
        self,
        variants: Sequence[Variant],
        constraints: Sequence[Constraint],
        runs: Runs,
        *,
        failures: int,
        first_runs: int,
        most_runs: int,
        steering: Callable[[Fleet], dict[str, Any]],
    ) -> None:
        self.variants, self.constraints, self._runs = variants, tuple(constraints), runs
        self.failures, self.first_runs, self.most_runs = failures, first_runs, most_runs
        self._steering = steering
        self._points: dict[Fleet, Point] = {}
        self._results: dict[str, PointResult] = {}
        self._seen: dict[Fleet, set[int]] = {}

    @property
    def runs_made(self) -> int:
        """How many simulations there were."""
        return len(self._results)

    @property
    def fleets_seen(self) -> set[Fleet]:
        """Every fleet that was simulated at all."""
        return set(self._seen)

    def results(self, fleet: Fleet, count: int, first: int = 0) -> list[PointResult]:
        """The runs first .. first+count-1 of a fleet; those not made yet are made now, together."""
        return self.together([fleet], count, first)[0]

    def together(self, fleets: Sequence[Fleet], count: int, first: int = 0) -> list[list[PointResult]]:
        """The same runs of several fleets, under the same luck."""
        points = [[self.point(fleet).replicated(first + k) for k in range(count)] for fleet in fleets]
        missing = {p.identity: p for row in points for p in row if p.identity not in self._results}
        for result in self._runs(list(missing.values())) if missing else ():
            self._results[result.identity] = result
        for fleet in fleets:
            self._seen.setdefault(fleet, set()).update(range(first, first + count))
        return [[self._results[point.identity] for point in row] for row in points]

    def seen(self, fleet: Fleet) -> list[PointResult]:
        """All runs of a fleet so far."""
        point = self.point(fleet)
        return [self._results[point.replicated(k).identity] for k in sorted(self._seen.get(fleet, ()))]

    def point(self, fleet: Fleet) -> Point:
        """The fleet as a point, under its load and with what is gone."""
        if fleet not in self._points:
            variant = self.variants[fleet.variant]
            values = variant.values(fleet.index) | self._steering(fleet._replace(gone=None))
            if fleet.gone is not None:
                left = self.replicas(fleet, fleet.gone) - self.failures
                values[_replicas_path(variant, fleet.gone)] = left
            if fleet.load != 1.0:
                values |= scaled_load(variant.loaded, fleet.load)
            self._points[fleet] = point_of(changed(variant.loaded, values), variant.architecture)
        return self._points[fleet]

    def replicas(self, fleet: Fleet, pool: str) -> int:
        """How many replicas of a pool the candidate has."""
        variant = self.variants[fleet.variant]
        return int(variant.counts[fleet.index][variant.pools.index(pool)])

    def conditions(self, fleet: Fleet) -> list[Fleet]:
        """The fleet under every state in which its limits must hold."""
        if not self.failures:
            return [fleet]
        return [fleet._replace(gone=pool) for pool in self.variants[fleet.variant].pools]

    def judge(self, fleet: Fleet, budget: ErrorBudget, first: int = 0) -> Judgement:
        """Whether a candidate keeps its limits in all conditions, with runs from replicate `first` on."""
        runs = 0
        for state in self.conditions(fleet):
            if state.gone is not None and self.replicas(state, state.gone) <= self.failures:
                return Judgement(False, runs, None, state.gone)
            found = self._judge(state, budget, first)
            runs += found.runs
            if not found.holds:
                return Judgement(False, runs, found.broken, state.gone, found.undecided)
        return Judgement(True, runs)

    def _judge(self, fleet: Fleet, budget: ErrorBudget, first: int) -> Judgement:
        results = self.results(fleet, self.first_runs, first)
        tests = {c: self._test(c, results[0], budget.next()) for c in self.constraints}
        while True:
            verdicts = {c: tests[c].verdict(self.values(results, c)) for c in tests}
            broken = next((c for c, verdict in verdicts.items() if verdict is Verdict.FAILS), None)
            if broken is not None:
                return Judgement(False, len(results), broken)
            unsure = [c for c, verdict in verdicts.items() if verdict is Verdict.OPEN]
            if not unsure:
                return Judgement(True, len(results))
            if len(results) >= self.most_runs:
                return Judgement(False, len(results), unsure[0], undecided=True)
            tests = {c: tests[c] for c in unsure}
            more = max(tests[c].more(self.values(results, c)) for c in unsure)
            count = min(self.most_runs, len(results) + min(more, len(results)))
            results = self.results(fleet, count, first)

    def _test(self, constraint: Constraint, result: PointResult, error: float) -> LimitTest:
        unit = next(f.unit for f in result.figures if (f.name, f.scope) == (constraint.figure, constraint.scope))
        return LimitTest.of(constraint, unit == "share", error, self.first_runs)

    @staticmethod
    def values(results: Sequence[PointResult], constraint: Constraint) -> list[float]:
        """The constrained figure, run by run."""
        return [result.value(constraint.figure, constraint.scope) for result in results]


def _replicas_path(variant: Variant, pool: str) -> str:
    name, _, side = pool.rpartition(".prefill")
    place = ("architectures", variant.architecture, "pools")
    return dotted((*place, name, "prefill", "replicas") if name and not side else (*place, pool, "replicas"))


def figure_fault(figure: str, scope: str, known: Sequence[tuple[str, str]]) -> str | None:
    """What is wrong with the name of a figure, or None."""
    if (figure, scope) in known:
        return None
    names = {name for name, _ in known}
    if figure not in names:
        return unknown_figure(figure, names)
    return unknown(f"scope of {figure}", scope, {other for name, other in known if name == figure})
