"""Cost against latency and quality: a point an alternative, with its intervals and the front that none beats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import altair as alt

from fleetsim.metrics.contract import Figure
from fleetsim.report.charts import theme
from fleetsim.report.contract import Cell, Chart, Table
from fleetsim.report.figures import axis_title, cell, kind_of, name_of, said
from fleetsim.report.palette import Key

Panel = tuple[str, str]
"""Figure across, figure upwards."""

READING = (
    "Lines are 95 % intervals; the broken line is the front, on which nothing is better in both figures. "
    "Drag over points to pick their alternatives in every chart of the page; click beside them to let go."
)
_LOG_FROM = 8  # a factor between smallest and largest from which an axis goes by factors
_MOST_KEYS = 16  # a longer legend is no help


@dataclass(frozen=True)
class Spot:
    """One alternative to be drawn. `faint`: it does not meet what is asked for; `of`: what it is one of many of, whose
    look it has and with whom it is picked."""

    key: Key
    figure: Callable[[str], Figure | None]
    faint: bool = False
    chosen: bool = False
    note: str = ""
    of: Key | None = None

    @property
    def shown_as(self) -> Key:
        """What the legend calls it."""
        return self.of or self.key


def pareto(title: str, reading: str, spots: Sequence[Spot], panels: Sequence[Panel]) -> Chart | None:
    """A panel for every pair of figures that two or more of the spots have; None if there is no panel."""
    data: theme.Data = {}
    drawn = []
    for panel in panels:
        rows = _rows(spots, *panel)
        if len(rows) > 1:
            drawn.append((panel, rows))
    if not drawn:
        return None
    columns = 2 if len(drawn) > 1 else 1
    specs = [_panel(spots, data, panel, rows, f"spots{i}", columns) for i, (panel, rows) in enumerate(drawn)]
    brush = {
        "name": "brush",
        "select": {"type": "interval", "resolve": "global", "mark": {"fill": "#7c868f", "stroke": "#7c868f"}},
        "views": [f"spots{i}" for i in range(len(drawn))],
    }
    chart = theme.in_columns(*specs, columns=columns, params=[brush])
    names = list(dict.fromkeys(name for panel, _ in drawn for name in panel))
    keys = _keys(spots) if len(_keys(spots)) <= _MOST_KEYS else ()
    return Chart(title, reading, theme.finish(chart, data), _table(title, spots, names), keys=keys)


def _keys(spots: Sequence[Spot]) -> tuple[Key, ...]:
    return tuple(dict.fromkeys(spot.shown_as for spot in spots))


def on_front(points: Sequence[Sequence[float]]) -> list[bool]:
    """For each point, all numbers better when smaller, whether none is as good in all of them and better in one."""

    def beats(one: Sequence[float], other: Sequence[float]) -> bool:
        return all(a <= b for a, b in zip(one, other, strict=True)) and tuple(one) != tuple(other)

    return [not any(beats(other, point) for other in points) for point in points]


def costs_of(figures: Sequence[Figure]) -> tuple[float, ...]:
    """The values, turned round where more is better."""
    return tuple(-f.value if f.better == "higher" else f.value for f in figures)


def _rows(spots: Sequence[Spot], x: str, y: str) -> list[dict]:
    rows, costs = [], []
    for spot in spots:
        across, up = spot.figure(x), spot.figure(y)
        if across is None or up is None:
            continue
        look = spot.shown_as.look
        row = {
            "arm": spot.shown_as.label,
            "who": spot.key.label,
            "name": theme.short(spot.key.label),
            "note": spot.note,
            "chosen": spot.chosen,
            "fill": 1.0 if look.filled and not spot.faint else 0.0,
            "faint": 0.5 if spot.faint else 1.0,
        }
        for axis, figure in (("x", across), ("y", up)):
            row |= _place(axis, figure)
        rows.append(row)
        costs.append(costs_of((across, up)))
    running = [n for n, row in enumerate(rows) if row["faint"] == 1.0]
    first = on_front([costs[n] for n in running])
    ahead = {n for n, leads in zip(running, first, strict=True) if leads}
    return [row | {"front": n in ahead} for n, row in enumerate(rows)]


def _place(axis: str, figure: Figure) -> dict:
    scale = kind_of(figure).scale
    low = figure.value if figure.low is None else figure.low
    high = figure.value if figure.high is None else figure.high
    numbers = (("", figure.value), ("0", low), ("1", high))
    return {f"{axis}{end}": float(f"{value * scale:.5g}") for end, value in numbers} | {f"{axis}t": said(figure)}


def _axis(rows: list[dict], field: str, figure: Figure) -> dict:
    kind = kind_of(figure)
    ends = [row[f"{field}{end}"] for row in rows for end in (0, 1)]
    smallest, largest = min(ends), max(ends)
    scale = alt.Scale(zero=not kind.share, nice=True)
    if kind.share and smallest == largest:
        scale = alt.Scale(domain=[max(0.0, smallest - 0.05), min(1.0, largest + 0.05)])
    if not kind.share and smallest > 0 and largest / smallest >= _LOG_FROM:
        ends = [float(f"{smallest / 1.4:.2g}"), float(f"{largest * 1.4:.2g}")]
        scale = alt.Scale(type="log", nice=False, domain=ends)
    shown = ".0%" if kind.share and largest - smallest > 0.05 else ".1%" if kind.share else f"{kind.before},~r"
    return {
        "title": f"{axis_title(kind)}{_TOWARDS.get(figure.better, '')}",
        "scale": scale,
        "axis": alt.Axis(format=shown, tickCount=5, labelOverlap=True),
    }


_TOWARDS = {"lower": ", less is better", "higher": ", more is better"}


def _panel(
    spots: Sequence[Spot], kept: theme.Data, panel: Panel, rows: list[dict], name: str, columns: int
) -> theme.Spec:
    keys = _keys(spots)
    x, y = (next(f for spot in spots if (f := spot.figure(figure)) is not None) for figure in panel)
    x_at = alt.X("x:Q", **_axis(rows, "x", x))
    y_at = alt.Y("y:Q", **_axis(rows, "y", y))
    width = theme.WIDTH // columns - (72 if columns > 1 else 200)
    base = alt.Chart(theme.keep(kept, rows), width=width, height=290)
    colour = {"color": theme.colour(keys), "opacity": theme.picked(0.7)}
    across = base.mark_rule(strokeWidth=1.5, aria=False).encode(x=alt.X("x0:Q"), x2="x1:Q", y=y_at, **colour)
    upright = base.mark_rule(strokeWidth=1.5, aria=False).encode(x=x_at, y=alt.Y("y0:Q"), y2="y1:Q", **colour)
    front = base.transform_filter("datum.front").mark_line(
        interpolate="step-after" if x.better == y.better else "linear", strokeDash=[3, 4], strokeWidth=1.2,
        color=theme.INK, opacity=0.6, aria=False,
    ).encode(x=x_at, y=y_at, order=alt.Order("x:Q"))  # fmt: skip
    points = base.mark_point(size=110, strokeWidth=2).encode(
        x=x_at, y=y_at, shape=theme.shape(keys), opacity=theme.picked(),
        fill=theme.colour(keys, alt.Fill), stroke=theme.colour(keys, alt.Stroke),
        fillOpacity=alt.FillOpacity("fill:Q", scale=None, legend=None),
        strokeOpacity=alt.StrokeOpacity("faint:Q", scale=None, legend=None),
        tooltip=[alt.Tooltip("who:N", title="Alternative"), alt.Tooltip("xt:N", title=name_of(panel[0])),
                 alt.Tooltip("yt:N", title=name_of(panel[1])), alt.Tooltip("note:N", title="Note")],
    ).properties(name=name)  # fmt: skip
    layers = [*([front] if any(row["front"] for row in rows) else []), across, upright, points]  # no line, no extent
    if any(row["chosen"] for row in rows):
        text = base.transform_filter("datum.chosen").mark_text(align="left", dx=12, dy=-10, fontWeight=600, aria=False)
        layers.append(text.encode(x=x_at, y=y_at, text="name:N", opacity=theme.picked()))
    return theme.layered(*layers)


def _table(title: str, spots: Sequence[Spot], names: list[str]) -> Table:
    complete = [spot for spot in spots if not spot.faint and all(spot.figure(name) is not None for name in names)]
    best = on_front([costs_of([spot.figure(name) for name in names]) for spot in complete])
    leading = {id(spot) for spot, first in zip(complete, best, strict=True) if first}
    body = tuple(
        (Cell(spot.key.label, small=spot.note, key=spot.key), *(cell(spot.figure(name)) for name in names),
         Cell("yes" if id(spot) in leading else "no"))
        for spot in spots
    )  # fmt: skip
    return Table(title, ("Alternative", *map(name_of, names), "On the front of all these"), body)
