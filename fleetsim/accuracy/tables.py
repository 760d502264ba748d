"""Scores as a report shows them."""

from __future__ import annotations

import math

from fleetsim.accuracy.scores import Score
from fleetsim.report.contract import Cell, Table
from fleetsim.report.words import digits, label, percent

_COLUMNS = ("rows", "predicted", "median error", "p90 error", "bias", "rank")


def score_table(caption: str, found: list[Score], by: tuple[str, ...]) -> Table:
    """A table of scores; `by` heads the columns of their groups."""
    body = tuple(
        (
            *(Cell(label(name) if name else "(not given)") for name in s.group),
            Cell(f"{s.rows:,}", number=True),
            Cell(percent(s.coverage), number=True),
            *(Cell(_signed(v) if v is s.bias else _share(v), number=True) for v in (s.median, s.p90, s.bias)),
            Cell(f"{s.rank:.3f}" if math.isfinite(s.rank) else "n/a", number=True),
        )
        for s in found
    )
    return Table(caption, (*by, *_COLUMNS), body)


def _share(value: float) -> str:
    if not math.isfinite(value):
        return "n/a"
    return f"{value:.1%}" if value < 10 else f"{digits(value)} times"


def _signed(value: float) -> str:
    return f"{value:+.1%}" if math.isfinite(value) and value < 10 else _share(value)
