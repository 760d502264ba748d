"""Where two architectures cross in a figure: a root search under the same luck, and an interval for the crossing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np

from fleetsim.statistics import Estimate
from fleetsim.study.whatif.design import Factor, Scale
from fleetsim.study.whatif.trials import Laboratory, Trial

FINENESS = 1 / 200
"""How finely a crossing is located, as a share of the scale."""


@dataclass(frozen=True)
class BreakEven:
    """A crossing: below `at` one architecture has less of the figure, above it the other."""

    path: str
    figure: str
    less_below: str
    less_above: str
    at: Any
    low: Any  # interval at 95 %; None: it reaches the end of the scale
    high: Any
    evaluations: int  # values at which both were simulated


Difference = Callable[[float], Estimate]
"""The paired difference of two architectures at a number of the scale."""


def break_evens(
    laboratory: Laboratory, factor: Factor, figure: str, between: tuple[str, str] | None = None
) -> list[BreakEven]:
    """Every crossing of two architectures along the factor's scale that its values show.

    Between neighbouring values with differences of opposite sign the root of the mean difference is searched by
    bisection and secants (Brent). The interval holds the numbers at which the paired t interval of the difference
    includes zero. The factor must have a scale.
    """
    names = list(laboratory.loaded.scenario.architectures)
    scale = factor.scale
    assert scale is not None
    found = []
    for one, other in [between] if between else combinations(names, 2):
        measured: dict[float, Estimate] = {}

        def difference(number: float, one=one, other=other, measured=measured) -> Estimate:
            if number not in measured:
                both = laboratory.trials([{factor.path: scale.value(number)}], [one, other])
                laboratory.make(both)
                measured[number] = laboratory.difference(_of(both, one), _of(both, other), figure).difference
            return measured[number]

        numbers = sorted({scale.number(value) for value in factor.values})
        found += _crossings(scale, numbers, difference, measured, (factor.path, figure, one, other))
    return found


def _of(trials: list[Trial], architecture: str) -> Trial:
    return next(trial for trial in trials if trial.architecture == architecture)


def _crossings(
    scale: Scale, numbers: list[float], difference: Difference, measured: dict, about: tuple[str, str, str, str]
) -> list[BreakEven]:
    path, figure, one, other = about
    found = []
    for low, high in pairwise(numbers):
        below, above = difference(low).value, difference(high).value
        if not np.isfinite([below, above]).all() or below * above >= 0:
            continue
        root = _root(scale, lambda x: difference(x).value, low, high)
        ends = _interval(scale, numbers, difference, (low, high), rising=above > 0)
        first, second = (one, other) if below < 0 else (other, one)
        values = [None if end is None else scale.value(end) for end in ends]
        found.append(BreakEven(path, figure, first, second, scale.value(root), *values, len(measured)))
    return found


def _interval(
    scale: Scale, numbers: list[float], difference: Difference, bracket: tuple[float, float], rising: bool
) -> tuple[float | None, float | None]:
    """Where the interval of the difference leaves zero on either side of the crossing; None: not within the scale."""

    def end(left: bool) -> float | None:
        def edge(x: float) -> float:
            found = difference(x)
            low, high = (found.low, found.high) if found.low is not None else (found.value, found.value)
            return high if left == rising else low

        inner = bracket[1] if left else bracket[0]
        outer = [n for n in reversed(numbers) if n < inner] if left else [n for n in numbers if n > inner]
        for number in outer:
            if edge(number) * edge(inner) < 0:
                return _root(scale, edge, *sorted((number, inner)))
            inner = number
        return None

    return end(True), end(False)


def _root(scale: Scale, function: Callable[[float], float], low: float, high: float) -> float:
    """A root between two numbers at which the function has opposite signs; on a whole scale the number above it."""
    if scale.whole:
        sign = np.sign(function(low))
        while high - low > 1:
            middle = float((low + high) // 2)
            low, high = (middle, high) if np.sign(function(middle)) == sign else (low, middle)
        return high
    from scipy.optimize import brentq

    return float(brentq(function, low, high, xtol=FINENESS * (scale.high - scale.low), rtol=1e-6, maxiter=60))
