"""One figure or several as bars, an arm a bar, with intervals and the number written beside it."""

from __future__ import annotations

import altair as alt

from fleetsim.report.charts import theme
from fleetsim.report.contract import Cell, Chart, Table
from fleetsim.report.figures import cell, kind_of, said
from fleetsim.report.view import View
from fleetsim.report.words import NONE

Panel = tuple[str, str, str]
"""Heading, figure, scope."""

_COLUMNS = 3


def bars(view: View, title: str, reading: str, panels: list[Panel], *, up_to: float | None = None) -> Chart | None:
    """A panel for every (heading, figure, scope) that any arm has; bars begin at zero and end at `up_to` if given."""
    have = [panel for panel in panels if any(arm.figure(panel[1], panel[2]) for arm in view.arms)]
    if not have:
        return None
    columns = min(_COLUMNS, len(have))
    names_width = min(200, 14 + 6.2 * max(len(theme.short(text)) for text in view.labels))
    width = int((theme.WIDTH - names_width) / columns) - 80
    data: theme.Data = {}
    drawn = [_panel(view, data, panel, width, i % columns == 0, up_to) for i, panel in enumerate(have)]
    chart = theme.in_columns(*drawn, columns=columns, spacing=30)
    return Chart(title, reading, theme.finish(chart, data), _table(view, title, have))


def _rows(view: View, name: str, scope: str) -> list[dict]:
    data = []
    for arm in view.arms:
        figure = arm.figure(name, scope)
        row = {"arm": arm.label, "text": NONE, "fill": 1.0 if arm.look.filled else 0.15}
        if figure is not None:
            kind = kind_of(figure)
            low = figure.value if figure.low is None else figure.low
            high = figure.value if figure.high is None else figure.high
            numbers = {"value": figure.value, "low": low, "high": high}
            row |= {key: float(f"{number * kind.scale:.5g}") for key, number in numbers.items()}
            row |= {"text": kind.say(figure.value), "all": said(figure)}
        data.append(row)
    return data


def _panel(view: View, kept: theme.Data, panel: Panel, width: int, named: bool, up_to: float | None) -> theme.Spec:
    heading, name, scope = panel
    data = _rows(view, name, scope)
    top = up_to or max((row["high"] for row in data if "high" in row), default=1.0) or 1.0
    y_at = alt.Y("arm:N", sort=None, title=None, scale=alt.Scale(domain=view.labels, paddingInner=0.35),
                 axis=alt.Axis(labelLimit=190) if named else None)  # fmt: skip
    x_at = alt.X("value:Q", title=None, scale=alt.Scale(domain=[0, top], nice=False), axis=None)
    base = alt.Chart(theme.keep(kept, data), width=width, height=alt.Step(26))
    looks = {"fill": theme.colour(view.keys, alt.Fill), "stroke": theme.colour(view.keys, alt.Stroke)}
    looks |= {"fillOpacity": alt.FillOpacity("fill:Q", scale=None, legend=None), "opacity": theme.picked()}
    filled = base.mark_bar(strokeWidth=1.5).encode(
        x=x_at, y=y_at, **looks,
        tooltip=[alt.Tooltip("arm:N", title="Architecture"), alt.Tooltip("all:N", title="Value")],
    )  # fmt: skip
    ends = base.mark_rule(strokeWidth=2, aria=False).encode(x=alt.X("low:Q"), x2="high:Q", y=y_at)
    text = base.mark_text(align="left", dx=6, aria=False).encode(x=alt.value(width), y=y_at, text="text:N")
    return theme.layered(filled, ends, text, title=heading)


def _table(view: View, title: str, panels: list[Panel]) -> Table:
    body = tuple(
        (Cell(arm.label, key=arm.key), *(cell(arm.figure(name, scope)) for _, name, scope in panels))
        for arm in view.arms
    )
    return Table(title, ("Architecture", *(heading for heading, _, _ in panels)), body)
