"""What an answer hangs on: figures with one input moved at a time, and indices over all inputs at once."""

from __future__ import annotations

from dataclasses import dataclass

RANKS = "Rank correlation"
"""Spearman's, over the points of a Latin hypercube: the method that has a sign."""


@dataclass(frozen=True)
class Swing:
    """How far one input alone moves the figure, all others as they stand."""

    path: str
    least_at: str  # the input where the figure is least, as the user would write it
    most_at: str
    least: float  # the figure there
    most: float
    certain: bool = True  # whether the two differ by more than luck


@dataclass(frozen=True)
class Tornado:
    """One input at a time: how far each moves the figure of an arm."""

    figure: str
    unit: str
    arm: str
    base: float  # the figure with all inputs as they stand
    swings: tuple[Swing, ...]
    better: str = ""


@dataclass(frozen=True)
class Influence:
    """The share one input has in the figure's variance (Sobol), its mean elementary effect (Morris), or its rank
    correlation with the figure (Spearman)."""

    path: str
    value: float  # total index, or mu* in the figure's unit, or the correlation between -1 and 1
    low: float | None = None
    high: float | None = None
    alone: float | None = None  # first-order index, or sigma in the figure's unit


@dataclass(frozen=True)
class Sensitivity:
    """All inputs moved at once: what the figure of an arm hangs on most."""

    figure: str
    unit: str
    arm: str
    method: str  # "Sobol", "Morris" or RANKS
    influences: tuple[Influence, ...]
    samples: int  # simulated points
