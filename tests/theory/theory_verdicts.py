"""Replications of points, and what they say of the values.

A check agrees if |t| stays below the Student quantile for a chance of 0.001 that any of all checks fails without cause
(Bonferroni), and its standard error is below the check's cap; above the cap it is void, which is a failure too.
Each replication of each point has a seed of its own, made from their names.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from theory_figures import Window
from theory_point import Check, Point
from theory_points import POINTS
from theory_runs import Ready, seed_of

REPLICATIONS, FAST_REPLICATIONS = 30, 20
FAMILY_ERROR = 0.001
_CERTAIN = 1e9  # t of a difference without any spread; infinity is no JSON
_FAST_CAP = 0.03
"""Standard errors in the suite: below 3 % of the value, or three times the full verification's cap."""


@dataclass(frozen=True)
class Verdict:
    """What replications say of one check."""

    point: str
    check: str
    kind: str
    value: float
    simulated: float
    error: float  # standard error
    t: float
    limit: float
    cap: float  # of the standard error, relative to the value

    @property
    def word(self) -> str:
        """agrees, differs or void."""
        if self.error > self.cap * abs(self.value):
            return "void"
        beyond = {"equal": abs(self.t), "at most": self.t, "at least": -self.t}[self.kind]
        return "agrees" if beyond < self.limit else "differs"


@lru_cache(maxsize=2)
def _ready(name: str, fast: bool) -> list[Ready]:
    with tempfile.TemporaryDirectory() as folder:
        return [Ready(document, Path(folder)) for document in POINTS[name].scenarios(fast)]


def replication(name: str, number: int, fast: bool) -> list[float]:
    """The figures of one replication of a point, one a check."""
    point, windows = POINTS[name], []
    for part, ready in enumerate(_ready(name, fast)):
        run = ready.run(seed_of(f"theory {name} part {part} replication {number}"))
        windows.append(Window(run, point.span.warm_up_s))
    return [point.combined([float(check.figure(window)) for window in windows]) for check in point.checks]


def limit_of(checks: int, replications: int) -> float:
    """The largest |t| that is no difference when so many checks are made."""
    from scipy.stats import t

    return float(t.isf(FAMILY_ERROR / (2 * checks), replications - 1))


def judged(point: Point, figures: Sequence[list[float]], limit: float, fast: bool) -> list[Verdict]:
    """The verdicts of a point from its replications' figures."""
    columns = np.array(figures).T
    return [_judged(point, check, column, limit, fast) for check, column in zip(point.checks, columns, strict=True)]


def _judged(point: Point, check: Check, column: np.ndarray, limit: float, fast: bool) -> Verdict:
    mean, error = float(column.mean()), float(column.std(ddof=1) / math.sqrt(len(column)))
    off = mean - check.value
    t = off / error if error > 0 else math.copysign(_CERTAIN, off) if off else 0.0
    cap = max(_FAST_CAP, 3 * check.cap) if fast else check.cap
    return Verdict(point.id, check.name, check.kind, check.value, mean, error, t, limit, cap)
