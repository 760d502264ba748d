"""How a figure answers to one quantity: cost against load, attainment against a threshold."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CurvePoint:
    """The figure at one value of the quantity; the interval is at 95 %, None where there is none."""

    x: float
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Line:
    """The points of one arm by rising x."""

    arm: str
    points: tuple[CurvePoint, ...]
    of: str = ""  # the architecture that it is of, for its colour, where it is called otherwise


@dataclass(frozen=True)
class Crossing:
    """Where two arms are equal, found by root search."""

    x: float
    below: str  # arm that is better at smaller x
    above: str  # arm that is better at larger x
    low: float | None = None  # interval of x at 95 %
    high: float | None = None


@dataclass(frozen=True)
class Curve:
    """A figure against one quantity, a line an arm."""

    figure: str
    unit: str
    x_path: str  # path in the scenario, e.g. workload.arrivals.rate
    lines: tuple[Line, ...]
    x_unit: str = ""
    better: str = ""  # whether "lower" or "higher" values of the figure are better
    scope: str = "all"
    limit: float | None = None  # a constraint on the figure, drawn as a line
    here: float | None = None  # x of the scenario as it stands
    crossings: tuple[Crossing, ...] = ()
    searched: bool = False  # whether crossings were looked for
    x_names: tuple[str, ...] = ()  # of values that are no numbers: x is a position in this list
