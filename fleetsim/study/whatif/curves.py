"""What a figure does as one path varies: response curves, and the tornado of what moves it most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fleetsim.metrics.contract import possible
from fleetsim.statistics import Estimate, paired, replications
from fleetsim.study.whatif.trials import Laboratory, Trial


@dataclass(frozen=True)
class Response:
    """A figure at one value of a path, the mean over all that varies beside it."""

    architecture: str
    path: str
    value: Any
    figure: str
    unit: str
    estimate: Estimate
    change: Estimate  # against the path's first value, under the same luck


def responses(laboratory: Laboratory, trials: Sequence[Trial], path: str, figures: Sequence[str]) -> list[Response]:
    """The curve of every architecture and figure along a path; architectures that it does not concern have none."""
    found = []
    for architecture in dict.fromkeys(trial.architecture for trial in trials):
        own = [t for t in trials if t.architecture == architecture and t.value(path) is not None]
        values = list(dict.fromkeys(_key(trial.value(path)) for trial in own))
        for figure in figures:
            rows, told = {}, laboratory.telling(own)
            for key in values:
                series = [laboratory.series(t, figure)[told] for t in own if _key(t.value(path)) == key]
                rows[key] = np.mean(series, axis=0)
            unit = laboratory.unit(own[0], figure) if own else ""
            for key, series in rows.items():
                value = next(t.value(path) for t in own if _key(t.value(path)) == key)
                change = paired(series, rows[values[0]]).difference
                found.append(
                    Response(architecture, path, value, figure, unit, possible(replications(series), unit), change)
                )
    return found


@dataclass(frozen=True)
class Swing:
    """How far one path alone moves a figure from what it is in the scenario."""

    architecture: str
    path: str
    figure: str
    unit: str
    base: Estimate
    lowest: Any  # the value at which the figure is least
    highest: Any
    down: Estimate  # difference to the scenario as it is, under the same luck
    up: Estimate

    @property
    def width(self) -> float:
        """From the least to the most."""
        return self.up.value - self.down.value


def tornado(laboratory: Laboratory, trials: Sequence[Trial], figures: Sequence[str]) -> list[Swing]:
    """The swings of a one-at-a-time design by architecture and figure, the widest first."""
    found = []
    for base in (trial for trial in trials if not trial.values):
        alone = [t for t in trials if t.architecture == base.architecture and len(t.values) == 1]
        for figure in figures:
            swings = []
            for path in dict.fromkeys(t.values[0][0] for t in alone):
                changes = [
                    (laboratory.difference(t, base, figure).difference, t.values[0][1])
                    for t in alone
                    if t.values[0][0] == path
                ]
                known = [change for change in changes if np.isfinite(change[0].value)]
                if known:
                    down, up = min(known, key=_level), max(known, key=_level)
                    estimate, unit = laboratory.estimate(base, figure), laboratory.unit(base, figure)
                    swing = Swing(base.architecture, path, figure, unit, estimate, down[1], up[1], down[0], up[0])
                    swings.append(swing)
            found += sorted(swings, key=lambda swing: -swing.width)
    return found


def _level(change: tuple[Estimate, Any]) -> float:
    return change[0].value


def _key(value: Any) -> str:
    return repr(value)


def rank_correlations(
    laboratory: Laboratory, trials: Sequence[Trial], path_numbers: dict[str, dict[Trial, float]], figure: str
) -> dict[str, float]:
    """Spearman's correlation of a figure's mean with each path's number over the trials of one architecture."""
    from scipy.stats import spearmanr

    means = np.array([laboratory.estimate(trial, figure).value for trial in trials])
    found = {}
    for path, numbers in path_numbers.items():
        column = np.array([numbers[trial] for trial in trials])
        usable = np.isfinite(means) & np.isfinite(column)
        varied = usable.sum() > 2 and len(set(column[usable])) > 1 and len(set(means[usable])) > 1
        found[path] = float(spearmanr(column[usable], means[usable]).statistic) if varied else float("nan")
    return found
