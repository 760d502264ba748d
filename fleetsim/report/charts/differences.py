"""Paired differences: a line an interval, to the side of better or worse of no difference."""

from __future__ import annotations

from dataclasses import replace

import altair as alt

from fleetsim.findings import Difference
from fleetsim.metrics.contract import Figure
from fleetsim.report.charts import theme
from fleetsim.report.contract import Cell, Chart, Table
from fleetsim.report.figures import kind_of, name_of
from fleetsim.report.view import View
from fleetsim.report.words import Kind, label, listed, percent

_COLOURS = {"better": "#0a84d6", "worse": "#d87a00", "differs": "#8a3ffc", "no evidence": "#7c868f"}
_WIDTH = 640
_READING = (
    "Each line is the interval of a difference, in per cent of what it is compared with. Blue: better; orange: "
    "worse; grey: the line reaches over zero, so these runs are no evidence either way."
)


def differences(view: View, found: list[Difference]) -> Chart | None:
    """The chart of all differences of the study; None if none can be set against what it is compared with."""
    rows = []
    for number, d in enumerate(found):
        if d.base:
            ends = {"value": d.value, "low": d.low, "high": d.high}
            rows.append({
                "row": number, "name": f"{name_of(d.figure)}{_of(d)}", "pair": _pair(view, d), "verdict": d.verdict,
                "said": said_of(d), "title": f"{name_of(d.figure)}{_of(d)}: {_pair(view, d)}",
            } | {end: float(f"{100 * value / abs(d.base):.4g}") for end, value in ends.items()})  # fmt: skip
    if not rows:
        return None
    kept: theme.Data = {}
    base = alt.Chart(theme.keep(kept, rows), width=_WIDTH, height=alt.Step(44))
    y_at = alt.Y("row:O", title=None, axis=None)
    ends = [row[end] for row in rows for end in ("low", "high")] + [0.0]
    x_at = alt.X("value:Q", title="difference, %", scale=alt.Scale(domain=[min(ends), max(ends)], nice=True),
                 axis=alt.Axis(tickCount=7, format="+,~r",
                               labelExpr="datum.value == 0 ? '0' : datum.label"))  # fmt: skip
    colour = alt.Color("verdict:N", scale=alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values())), legend=None)
    lines = base.mark_rule(strokeWidth=2.5).encode(x=alt.X("low:Q"), x2="high:Q", y=y_at, color=colour)
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=x_at, y=y_at, color=colour,
        tooltip=[alt.Tooltip("name:N", title="Figure"), alt.Tooltip("pair:N", title="Compared"),
                 alt.Tooltip("said:N", title="Difference"), alt.Tooltip("verdict:N", title="Verdict")],
    )  # fmt: skip
    names = base.mark_text(align="left", dy=-15, aria=False).encode(x=alt.value(0), y=y_at, text="title:N")
    zero = base.mark_rule(strokeWidth=1, aria=False).encode(x=alt.datum(0))
    chart = theme.layered(zero, lines, points, names)
    return Chart("Paired differences", _READING, theme.finish(chart, kept), table_of(view, found))


def table_of(view: View, found: list[Difference]) -> Table:
    """The differences in numbers."""
    body = tuple(
        (Cell(f"{name_of(d.figure)}{_of(d)}"), Cell(view.key(d.b).label, key=view.key(d.b)),
         Cell(view.key(d.a).label, key=view.key(d.a)), Cell(said_of(d), number=True), Cell(d.verdict),
         Cell("n/a" if d.variance_ratio is None else percent(d.variance_ratio), number=True),
         Cell(str(d.pairs), number=True))
        for d in found
    )  # fmt: skip
    columns = ("Figure", "Judged", "Against", "Difference", "Verdict", "Variance left by pairing", "Pairs")
    return Table(f"Differences under the same luck, with {_levels(found)} % intervals", columns, body)


def said_of(d: Difference) -> str:
    """`-$1.20 (-$1.30 to -$1.10)`: the difference with its interval, in the figure's unit."""
    kind = kind_of(Figure(d.figure, d.scope, d.base, d.unit))
    if kind.share:
        kind = Kind(kind.label, after=" points", scale=100.0)
    return kind.say_both(Figure(d.figure, d.scope, d.value, d.unit, d.better, d.low, d.high))


def told_of(d: Difference) -> str:
    """`$1.20 lower, $1.10 to $1.30`: the size of the difference and its direction in a word, for a sentence."""
    if d.value == 0 or d.low < 0 < d.high:
        return said_of(d)
    way = "lower" if d.value < 0 else "higher"
    size = replace(d, value=abs(d.value), low=min(abs(d.low), abs(d.high)), high=max(abs(d.low), abs(d.high)))
    amount, _, interval = said_of(size).removesuffix(")").partition(" (")
    return f"{amount} {way}, {interval}" if interval else f"{amount} {way}"


def _levels(found: list[Difference]) -> str:
    return listed([f"{100 * level:.4g}" for level in sorted({d.level for d in found})])


def _of(d: Difference) -> str:
    return "" if d.scope == "all" else f", {label(d.scope)}"


def _pair(view: View, d: Difference) -> str:
    return f"{view.key(d.b).label} against {view.key(d.a).label}"
