"""What a figure hangs on: a bar for each end of each input's range, the longest first; and indices of influence."""

from __future__ import annotations

import altair as alt

from fleetsim.findings import RANKS, Sensitivity, Swing, Tornado
from fleetsim.metrics.contract import Figure
from fleetsim.report.charts import theme
from fleetsim.report.contract import Cell, Chart, Table
from fleetsim.report.figures import axis_title, cell, in_text, kind_of, name_of
from fleetsim.report.named import last_words
from fleetsim.report.view import View
from fleetsim.report.words import digits, label, span

_NAMES = 230
_MOST = 15
_ENDS = ("least", "base", "most")
_METHODS = {
    "Sobol": ("the share of the figure's variance each has part in.", "Input", "Total", "Alone"),
    "Morris": ("the mean size of its effects.", "Input", "Mean effect (mu*)", "Spread (sigma)"),
    RANKS: ("to the right the figure rises with the input, to the left it falls; 1 and -1 are a course that never "
            "turns, 0 is none.", "Input", "Correlation of ranks"),
}  # fmt: skip
"""How to read a method's bars, and the columns of its table."""


def tornado(view: View, found: Tornado) -> Chart | None:
    """The chart of one figure of one arm; None if nothing was moved."""
    swings = sorted(found.swings, key=lambda s: -_reach(s, found.base))[:_MOST]
    if not swings:
        return None
    key = view.key(found.arm)
    title = f"{name_of(found.figure)} of {key.label}, one input at a time"
    reading = (
        "Each bar reaches from the least to the most that the input makes of the figure, with the input written at "
        "each end; the upright line is the figure as it stands. Pale bars are within luck."
    )
    kept: theme.Data = {}
    drawing = _drawing(kept, found, swings, key.look.colour)
    return Chart(title, reading, theme.finish(drawing, kept), _tornado_table(title, found, swings))


def sensitivity(view: View, found: Sensitivity) -> Chart | None:
    """The influences of all inputs on one figure of one arm, by size; None if there are none."""
    most = sorted(found.influences, key=lambda i: -abs(i.value))[:_MOST]
    if not most:
        return None
    key = view.key(found.arm)
    title = f"What {in_text(found.figure)} of {key.label} hangs on"
    said, *columns = _METHODS.get(found.method, _METHODS["Morris"])
    reading = f"{label(found.method)}, all inputs moved at once over {found.samples:,} simulated points: {said}"
    rows = [
        {"path": label(last_words(i.path)), "value": float(f"{i.value:.4g}"),
         "low": float(f"{(i.value if i.low is None else i.low):.4g}"),
         "high": float(f"{(i.value if i.high is None else i.high):.4g}"), "text": digits(i.value)}
        for i in most
    ]  # fmt: skip
    kept: theme.Data = {}
    base = alt.Chart(theme.keep(kept, rows), width=theme.WIDTH - _NAMES - 60, height=alt.Step(26))
    y_at = _names(rows)
    room = alt.Scale(domain=[-1, 1]) if found.method == RANKS else alt.Scale()
    x_at = alt.X("value:Q", title=None, scale=room, axis=alt.Axis(tickCount=5, format=",~r"))
    bars = base.mark_bar(color=key.look.colour, fillOpacity=0.75).encode(x=x_at, y=y_at, tooltip=["path:N", "text:N"])
    ends = base.mark_rule(strokeWidth=2, aria=False).encode(x=alt.X("low:Q"), x2="high:Q", y=y_at)
    body = tuple(
        (Cell(label(i.path, 120)), Cell(digits(i.value), span(i.low, i.high), number=True),
         *([Cell("n/a" if i.alone is None else digits(i.alone), number=True)] if len(columns) > 2 else []))
        for i in most
    )  # fmt: skip
    return Chart(title, reading, theme.finish(theme.layered(bars, ends), kept), Table(title, tuple(columns), body))


def _reach(swing: Swing, base: float) -> float:
    return max(abs(swing.least - base), abs(swing.most - base))


def _names(rows: list[dict]) -> alt.Y:
    return alt.Y("path:N", sort=[row["path"] for row in rows], title=None,
                 scale=alt.Scale(paddingInner=0.25), axis=alt.Axis(labelLimit=_NAMES - 10, grid=False))  # fmt: skip


def _drawing(kept: theme.Data, found: Tornado, swings: list[Swing], colour: str) -> theme.Spec:
    kind = kind_of(Figure(found.figure, "all", found.base, found.unit, found.better))

    def scaled(value: float) -> float:
        return float(f"{value * kind.scale:.5g}")

    rows = [
        {"path": label(last_words(s.path)), "least": scaled(s.least), "most": scaled(s.most),
         "base": scaled(found.base), "left": label(s.least_at, 20), "right": label(s.most_at, 20),
         "said": f"{kind.say(s.least)} to {kind.say(s.most)}", "sure": 0.85 if s.certain else 0.25}
        for s in swings
    ]  # fmt: skip
    base = alt.Chart(theme.keep(kept, rows), width=theme.WIDTH - _NAMES - 60, height=alt.Step(30))
    shown = ".1%" if kind.share else f"{kind.before},~r"
    room = alt.Scale(zero=False, nice=False, domain=_room([row[end] for row in rows for end in _ENDS]))
    across = {"title": axis_title(kind), "axis": alt.Axis(tickCount=5, format=shown), "scale": room}
    y_at = _names(rows)
    bars = base.mark_bar(color=colour).encode(
        x=alt.X("least:Q", **across), x2="most:Q", y=y_at,
        fillOpacity=alt.FillOpacity("sure:Q", scale=None, legend=None),
        tooltip=[alt.Tooltip("path:N", title="Input"), alt.Tooltip("said:N", title=kind.label)],
    )  # fmt: skip
    left = base.mark_text(align="right", dx=-5, aria=False).encode(x=alt.X("least:Q", **across), y=y_at, text="left:N")
    right = base.mark_text(align="left", dx=5, aria=False).encode(x=alt.X("most:Q", **across), y=y_at, text="right:N")
    now = base.mark_rule(strokeWidth=1.5, aria=False).encode(x=alt.X("base:Q", **across))
    return theme.layered(bars, left, right, now)


def _room(ends: list[float]) -> list[float]:
    """From the smallest to the largest, and room for words beside both."""
    margin = 0.14 * (max(ends) - min(ends))
    return [float(f"{min(ends) - margin:.5g}"), float(f"{max(ends) + margin:.5g}")]


def _tornado_table(title: str, found: Tornado, swings: list[Swing]) -> Table:
    def at(value: float, given: str) -> Cell:
        shown = cell(Figure(found.figure, "all", value, found.unit, found.better))
        return Cell(shown.text, f"at {label(given)}", number=True)

    body = tuple(
        (Cell(label(s.path, 120)), at(s.least, s.least_at), at(s.most, s.most_at),
         Cell("yes" if s.certain else "no"))
        for s in swings
    )  # fmt: skip
    now = kind_of(Figure(found.figure, "all", found.base, found.unit)).say(found.base)
    return Table(f"{title}; as it stands: {now}", ("Input", "Least", "Most", "More than luck"), body)
