"""The arms' looks: the same colour, shape and dash for an arm in every chart and table.

Six colours with at least 3:1 contrast on the light and on the dark page, told apart under protanopia, deuteranopia and
tritanopia; the second six arms repeat them hollow and dashed, and no two arms share a shape and filling.
"""

from __future__ import annotations

from dataclasses import dataclass

_COLOURS = ("#0a84d6", "#d87a00", "#8a3ffc", "#4f7a3a", "#b5476f", "#7c868f")
_SHAPES = (
    "M0,-0.9A0.9,0.9,0,1,1,0,0.9A0.9,0.9,0,1,1,0,-0.9Z",
    "M-0.8,-0.8H0.8V0.8H-0.8Z",
    "M0,-0.95L0.95,0.8L-0.95,0.8Z",
    "M0,-1L1,0L0,1L-1,0Z",
    "M-0.95,-0.8L0.95,-0.8L0,0.95Z",
    "M-0.35,-1H0.35V-0.35H1V0.35H0.35V1H-0.35V0.35H-1V-0.35H-0.35Z",
)


@dataclass(frozen=True)
class Look:
    """How an arm is drawn; `shape` is an SVG path within -1 to 1."""

    colour: str
    shape: str
    filled: bool
    dash: tuple[int, int]


@dataclass(frozen=True)
class Key:
    """A name with its look: what legends, tables and charts show of an arm or of another named alternative."""

    label: str
    look: Look


def look(index: int) -> Look:
    """The look of the arm at this position; looks come again after twelve."""
    second = index // len(_COLOURS) % 2 == 1
    place = index % len(_COLOURS)
    return Look(_COLOURS[place], _SHAPES[place], not second, (5, 3) if second else (1, 0))
