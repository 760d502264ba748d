"""How figures answer to what was varied."""

from __future__ import annotations

from fleetsim.findings import Curve
from fleetsim.report.charts.curve import curve as draw
from fleetsim.report.contract import Block, Cell, Table, section
from fleetsim.report.figures import in_text
from fleetsim.report.named import last_words
from fleetsim.report.view import View
from fleetsim.report.words import digits, label, span


@section(order=35, title="How it changes")
def curves(view: View) -> list[Block]:
    """Curves with their intervals, and where two arms are equal."""
    blocks: list[Block] = []
    for found in view.found(Curve):
        if chart := draw(view, found):
            blocks.append(chart)
            blocks += _crossings(view, found)
    return blocks


def _crossings(view: View, found: Curve) -> list[Block]:
    if not found.crossings:
        return []
    unit = f" {label(found.x_unit)}" if found.x_unit else ""
    body = tuple(
        (Cell(f"{digits(c.x)}{unit}", span(c.low, c.high)),
         Cell(view.key(c.below).label, key=view.key(c.below)), Cell(view.key(c.above).label, key=view.key(c.above)))
        for c in found.crossings
    )  # fmt: skip
    caption = f"Where two are equal in {in_text(found.figure)}"
    return [Table(caption, (label(last_words(found.x_path)), "Better below", "Better above"), body)]
