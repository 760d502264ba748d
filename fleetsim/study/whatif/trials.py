"""The trials of a what-if: arms under the same luck, and their figures replicate by replicate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fleetsim import metrics, planning
from fleetsim.errors import InputFaults
from fleetsim.metrics.contract import possible
from fleetsim.scenario import Loaded
from fleetsim.statistics import Estimate, Paired, paired, replications
from fleetsim.study.kept import Runs
from fleetsim.study.points import Point, PointResult, point_of
from fleetsim.study.shown import Shown
from fleetsim.study.table import Table, table
from fleetsim.study.variants import changed, concerns


@dataclass(frozen=True)
class Trial:
    """One architecture under one combination of values."""

    architecture: str
    values: tuple[tuple[str, Any], ...]  # those that concern it

    @property
    def name(self) -> str:
        """The architecture with its values."""
        return planning.arm_name(self.architecture, dict(self.values))

    def value(self, path: str) -> Any:
        """The value at a path; None where the scenario's own stands."""
        return dict(self.values).get(path)


def scoped(figure: str) -> tuple[str, str]:
    """Name and scope of a figure as it is asked for: `ttft_p99 class chat`."""
    name, _, scope = figure.partition(" ")
    return name, scope or "all"


class Laboratory:
    """Makes trials, all replicates of each, and remembers them."""

    def __init__(self, loaded: Loaded, runs: Runs, count: int, engine: str = "core") -> None:
        self.loaded, self._runs, self.count, self._engine = loaded, runs, count, engine
        self._points: dict[Trial, Point] = {}
        self._results: dict[Trial, list[PointResult]] = {}

    @property
    def runs_made(self) -> int:
        """How many simulations there were."""
        return len({result.identity for results in self._results.values() for result in results})

    @property
    def done(self) -> Sequence[Trial]:
        """All trials made, in the order they were asked for."""
        return list(self._results)

    def trials(self, combinations: Iterable[Mapping[str, Any]], only: Sequence[str] | None = None) -> list[Trial]:
        """Every architecture under every combination, each once: what does not concern it makes no trial of its own.

        Raises InputFaults with the faults of all combinations together.
        """
        found: dict[Trial, None] = {}
        combinations = list(combinations)
        for architecture in only or self.loaded.scenario.architectures:
            for values in combinations:
                own = tuple((p, v) for p, v in values.items() if concerns(self.loaded, p, architecture))
                found[Trial(architecture, own)] = None
        faults = []
        for trial in found:
            try:
                self._point(trial)
            except InputFaults as error:
                faults += error.faults
        if faults:
            raise InputFaults(list(dict.fromkeys(faults)))
        return list(found)

    def points(self, trials: Sequence[Trial]) -> list[Point]:
        """All replicates of the trials."""
        return [self._point(trial).replicated(k) for trial in trials for k in range(self.count)]

    def make(self, trials: Sequence[Trial]) -> None:
        """Simulate those of the trials that were not made yet, together."""
        missing = [trial for trial in dict.fromkeys(trials) if trial not in self._results]
        if not missing:
            return
        results = list(self._runs(self.points(missing)))
        for n, trial in enumerate(missing):
            self._results[trial] = results[n * self.count : (n + 1) * self.count]

    def table(self) -> Table:
        """A row a run of everything that was simulated, in the order it was asked for."""
        return table(self.points(self.done), [result for trial in self.done for result in self._results[trial]])

    def results(self, trial: Trial) -> list[PointResult]:
        """The runs of a trial, made now if need be."""
        self.make([trial])
        return self._results[trial]

    def fresh(self, trial: Trial, first: int, figure: str) -> Estimate:
        """The figure's mean over as many replications from `first` on, which no other trial has."""
        points = [self._point(trial).replicated(first + k) for k in range(self.count)]
        found = replications([result.value(*scoped(figure)) for result in self._runs(points)])
        return possible(found, self.unit(trial, figure))

    def series(self, trial: Trial, figure: str) -> np.ndarray:
        """float64[replicates]: a figure, `ttft_p99` or `ttft_p99 class chat`."""
        return np.array([result.value(*scoped(figure)) for result in self.results(trial)])

    def unit(self, trial: Trial, figure: str) -> str:
        """The unit of a figure; empty where the trial has no such figure."""
        return next((f.unit for f in self.results(trial)[0].figures if (f.name, f.scope) == scoped(figure)), "")

    def estimate(self, trial: Trial, figure: str) -> Estimate:
        """The figure's mean with its interval over replications; without one where those are one and the same run."""
        found = replications(self.series(trial, figure)[self.telling([trial])])
        return possible(found, self.unit(trial, figure))

    def difference(self, one: Trial, other: Trial, figure: str) -> Paired:
        """one - other under the same luck."""
        told = self.telling([one, other])
        return paired(self.series(one, figure)[told], self.series(other, figure)[told])

    def telling(self, trials: Sequence[Trial]) -> slice:
        """The replicates that tell something: all, or the first where those of every trial are one and the same run."""
        if all(metrics.alike([result.figures for result in self.results(trial)]) for trial in trials):
            return slice(1)
        return slice(None)

    def shown(self) -> tuple[Shown, ...]:
        """Every architecture as the scenario has it, for a report; with its replicates if it was a trial."""
        found = []
        for name, architecture in self.loaded.scenario.architectures.items():
            trial = Trial(name, ())
            results = tuple(self._results.get(trial, ()))
            found.append(Shown(name, self._point(trial), results, architecture.description))
        return tuple(found)

    def _point(self, trial: Trial) -> Point:
        if trial not in self._points:
            varied = changed(self.loaded, dict(trial.values))
            arm = dict(trial.values)
            self._points[trial] = point_of(varied, trial.architecture, arm, engine=self._engine)
        return self._points[trial]
