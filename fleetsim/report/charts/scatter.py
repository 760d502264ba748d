"""Cost against latency: a point an architecture, with its intervals."""

from __future__ import annotations

import altair as alt

from fleetsim.report.charts import theme
from fleetsim.report.contract import Cell, Chart, Table
from fleetsim.report.figures import cell, kind_of, name_of, said
from fleetsim.report.view import View

PANELS = (("ttft_p99", "usd_per_slo_met_task"), ("e2e_p99", "usd_per_million_output_tokens"))
_LOG_FROM = 8  # a factor between smallest and largest from which an axis goes by factors
_NAMED = 8  # so many points can be named beside the mark


def scatter(view: View) -> Chart | None:
    """The chart of both panels; None if no arm has both figures of one."""
    data: theme.Data = {}
    panels = [panel for panel in (_panel(view, data, x, y) for x, y in PANELS) if panel is not None]
    if not panels:
        return None
    reading = (
        "Further left is faster, lower is cheaper: the best place is the lower left corner. Lines are 95 % intervals."
    )
    chart = theme.in_columns(*panels, columns=2)
    return Chart(
        "Cost against the slowest one in a hundred", reading, theme.finish(chart, data), _table(view), legend=True
    )


def _rows(view: View, x: str, y: str) -> list[dict]:
    data = []
    for arm in view.arms:
        fast, cheap = arm.figure(x), arm.figure(y)
        if fast is None or cheap is None:
            continue
        row = {"arm": arm.label, "name": theme.short(arm.label), "fill": 1.0 if arm.look.filled else 0.0}
        for axis, figure in (("x", fast), ("y", cheap)):
            scale = kind_of(figure).scale
            scaled = [figure.value, figure.low, figure.high]
            value, low, high = (None if v is None else float(f"{v * scale:.5g}") for v in scaled)
            row |= {axis: value, f"{axis}0": value if low is None else low, f"{axis}1": value if high is None else high}
            row[f"{axis}t"] = said(figure)
        data.append(row)
    return data


def _axis(data: list[dict], field: str, dollars: bool) -> dict:
    ends = [row[f"{field}{end}"] for row in data for end in (0, 1)]
    smallest, largest = min(ends), max(ends)
    by_factors = smallest > 0 and largest / smallest >= _LOG_FROM
    scale = alt.Scale(zero=True, nice=True)
    if by_factors:
        scale = alt.Scale(
            type="log", nice=False, domain=[float(f"{smallest / 1.4:.2g}"), float(f"{largest * 1.4:.2g}")]
        )
    axis = alt.Axis(format="$,~r" if dollars else ",~r", tickCount=5, labelOverlap=True)
    return {"scale": scale, "axis": axis}


def _panel(view: View, kept: theme.Data, x: str, y: str) -> theme.Spec | None:
    data = _rows(view, x, y)
    if not data:
        return None
    x_at = alt.X("x:Q", title=f"{name_of(x)} (seconds)", **_axis(data, "x", False))
    y_at = alt.Y("y:Q", title=name_of(y), **_axis(data, "y", True))
    base = alt.Chart(theme.keep(kept, data), width=theme.WIDTH // 2 - 72, height=290)
    colour = theme.arm_colour(view)
    across = base.mark_rule(strokeWidth=1.5, opacity=0.7, aria=False).encode(
        x=alt.X("x0:Q"), x2="x1:Q", y=y_at, color=colour
    )
    upright = base.mark_rule(strokeWidth=1.5, opacity=0.7, aria=False).encode(
        x=x_at, y=alt.Y("y0:Q"), y2="y1:Q", color=colour
    )
    points = base.mark_point(size=110, strokeWidth=2, opacity=1).encode(
        x=x_at, y=y_at, shape=theme.arm_shape(view),
        fill=theme.arm_colour(view, alt.Fill), stroke=theme.arm_colour(view, alt.Stroke),
        fillOpacity=alt.FillOpacity("fill:Q", scale=None, legend=None),
        tooltip=[alt.Tooltip("arm:N", title="Architecture"), alt.Tooltip("xt:N", title=name_of(x)),
                 alt.Tooltip("yt:N", title=name_of(y))],
    )  # fmt: skip
    layers = [across, upright, points]
    if len(data) <= _NAMED:
        layers.append(base.mark_text(align="left", dx=10, dy=-9, aria=False).encode(x=x_at, y=y_at, text="name:N"))
    return theme.layered(*layers)


def _table(view: View) -> Table:
    names = [name for panel in PANELS for name in panel]
    body = tuple((Cell(arm.label, arm=arm.index), *(cell(arm.figure(name)) for name in names)) for arm in view.arms)
    return Table("Cost and latency", ("Architecture", *map(name_of, names)), body)
