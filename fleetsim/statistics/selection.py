"""Which of several arms is best, with a stated chance of being wrong and as few runs as that takes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np


class Selection:
    """The fully sequential procedure KN: arms drop out as soon as the evidence against them is enough.

    The arm left at the end is the best, or one whose mean is within `indifference` of the best's, in all but a share
    `error` of studies. Run i of all arms may have had the same luck: the procedure works on differences and profits
    from it. (Kim and Nelson, "A fully sequential procedure for indifference-zone selection in simulation", ACM TOMACS
    11(3), 2001, with c = 1; runs of one arm are independent and about normal, as means of many tasks are.)
    """

    def __init__(
        self,
        first: Mapping[str, Sequence[float]],
        indifference: float,
        *,
        error: float = 0.05,
        better: str = "lower",
    ) -> None:
        """Begin with the values of the first runs, as many of every arm and two or more, ten or more for trust.

        Raises ValueError for an indifference of zero or less, or for arms with different numbers of runs.
        """
        if not indifference > 0:
            raise ValueError("the indifference must be positive: a difference that is too small to matter")
        self._sign = -1.0 if better == "lower" else 1.0
        counts = {len(values) for values in first.values()}
        if len(counts) != 1 or min(counts) < 2:
            raise ValueError("every arm needs as many first runs, two at least")
        self._names = tuple(first)
        self._delta, self.runs = indifference, counts.pop()
        values = self._sign * np.array([first[name] for name in self._names], np.float64)
        self._totals = values.sum(axis=1)
        self._apart = np.var(values[:, None, :] - values[None, :, :], axis=2, ddof=1)
        rivals = max(1, len(first) - 1)
        freedom = self.runs - 1
        self._h2 = freedom * ((2 * error / rivals) ** (-2 / freedom) - 1)
        self._in = np.ones(len(first), bool)
        self._screen()

    @property
    def contenders(self) -> tuple[str, ...]:
        """The arms that are still in."""
        return tuple(name for name, inside in zip(self._names, self._in, strict=True) if inside)

    @property
    def decided(self) -> bool:
        """Whether one arm is left."""
        return int(self._in.sum()) == 1

    @property
    def best(self) -> str:
        """The arm with the best mean among those still in; the answer once it is decided."""
        return self._names[int(np.argmax(np.where(self._in, self._totals, -math.inf)))]

    def add(self, run: Mapping[str, float]) -> None:
        """Take in one more run of every arm that is still in."""
        for place in np.flatnonzero(self._in):
            self._totals[place] += self._sign * run[self._names[place]]
        self.runs += 1
        self._screen()

    def _screen(self) -> None:
        reach = self._h2 * self._apart / self._delta**2  # [arm, rival]: by then their difference must be clear
        if self.runs > np.floor(reach[np.ix_(self._in, self._in)]).max():
            winner = self._names.index(self.best)
            self._in = np.arange(len(self._names)) == winner
            return
        means = self._totals / self.runs
        slack = np.maximum(0.0, self._delta / (2 * self.runs) * (reach - self.runs))
        beaten = (means[:, None] < means[None, :] - slack) & self._in[None, :]
        self._in &= ~beaten.any(axis=1)
