"""Bands between nodes in columns, their widths amounts: laid out here, for the grammar of charts has no such layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import altair as alt
import numpy as np

from fleetsim.report.charts import theme

BAD, IDLE = "#c2403a", "#7c868f"
_POINTS = 17  # of a band's edge
_GAP, _BAR, _HEIGHT, _LABELS = 24.0, 7.0, 190, 120


@dataclass
class Node:
    """A node in a column, and what to write beside it."""

    name: str
    column: int
    said: str = ""
    top: float = field(default=0.0, init=False)
    size: float = field(default=0.0, init=False)


@dataclass(frozen=True)
class Band:
    """So much from one node to another, in a colour; `said` is shown when it is pointed at."""

    source: Node
    target: Node
    amount: float
    colour: str
    said: str


def sankey(kept: theme.Data, nodes: Sequence[Node], bands: Sequence[Band], *, width: int, title: str, arm: str) -> dict:
    """The drawing of what flows; rows name the `arm` they are of."""
    bands = [band for band in bands if band.amount > 0]
    nodes = [node for node in nodes if any(node in (band.source, band.target) for band in bands)]
    scale = _place(nodes, bands)
    room = width - _LABELS
    columns = max(node.column for node in nodes)
    xs = {column: column / max(columns, 1) * (room - _BAR) for column in range(columns + 1)}
    edges = {"x": alt.Scale(domain=[0, width], nice=False), "y": alt.Scale(domain=[_HEIGHT, 0], nice=False)}
    ribbons = [row | {"arm": arm} for row in _ribbons(bands, xs, scale)]
    x_at, y_at = (alt.X("x:Q", axis=None, scale=edges["x"]), alt.Y("y:Q", axis=None, scale=edges["y"]))
    size = {"width": width, "height": _HEIGHT}
    flow = alt.Chart(theme.keep(kept, ribbons), **size).mark_area(interpolate="monotone").encode(
        x=x_at, y=y_at, y2="y1:Q", detail="band:N", color=alt.Color("colour:N", scale=None, legend=None),
        fillOpacity=alt.value(0.34), tooltip=alt.Tooltip("said:N", title="Flow"), opacity=theme.picked(),
    )  # fmt: skip
    boxes = [
        {"arm": arm, "x": xs[n.column], "x1": xs[n.column] + _BAR, "y": round(n.top, 1),
         "y1": round(n.top + max(n.size, 1.0), 1), "mid": round(n.top + n.size / 2, 1), "name": theme.short(n.name),
         "said": n.said}
        for n in nodes
    ]  # fmt: skip
    base = alt.Chart(theme.keep(kept, boxes), **size)
    bars = base.mark_rect(fill=theme.INK, aria=False).encode(x=x_at, x2="x1:Q", y=y_at, y2="y1:Q")
    middle = alt.Y("mid:Q", axis=None, scale=edges["y"])
    names = base.mark_text(align="left", dx=5, dy=-6, fontWeight=600, aria=False)
    amounts = base.mark_text(align="left", dx=5, dy=7, aria=False)
    written = [
        mark.encode(x=alt.X("x1:Q", axis=None), y=middle, text=t)
        for mark, t in ((names, "name:N"), (amounts, "said:N"))
    ]
    return theme.layered(flow, bars, *written, title=title)


def _place(nodes: Sequence[Node], bands: Sequence[Band]) -> float:
    """Give every node its top and size in pixels; returns pixels per unit of amount."""
    amount = {id(n): max(sum(b.amount for b in bands if b.source is n), sum(b.amount for b in bands if b.target is n))
              for n in nodes}  # fmt: skip
    columns: dict[int, list[Node]] = {}
    for node in nodes:
        columns.setdefault(node.column, []).append(node)
    scale = min(
        (_HEIGHT - _GAP * (len(column) - 1)) / sum(amount[id(n)] for n in column) for column in columns.values()
    )
    for column in columns.values():
        used = scale * sum(amount[id(n)] for n in column) + _GAP * (len(column) - 1)
        top = (_HEIGHT - used) / 2
        for node in column:
            node.top, node.size = top, scale * amount[id(node)]
            top += max(node.size, 0.0) + _GAP
    return scale


def _ribbons(bands: Sequence[Band], xs: dict[int, float], scale: float) -> list[dict]:
    leaving: dict[int, float] = {}
    entering: dict[int, float] = {}
    starts, stops = {}, {}
    for band in sorted(bands, key=lambda b: (b.source.top, b.target.top)):
        starts[id(band)] = band.source.top + leaving.get(id(band.source), 0.0)
        leaving[id(band.source)] = leaving.get(id(band.source), 0.0) + band.amount * scale
    for band in sorted(bands, key=lambda b: (b.target.top, b.source.top)):
        stops[id(band)] = band.target.top + entering.get(id(band.target), 0.0)
        entering[id(band.target)] = entering.get(id(band.target), 0.0) + band.amount * scale
    rows = []
    for number, band in enumerate(bands):
        left, right = xs[band.source.column] + _BAR, xs[band.target.column]
        way = np.linspace(0, 1, _POINTS)
        tops = starts[id(band)] + (stops[id(band)] - starts[id(band)]) * way**2 * (3 - 2 * way)
        for share, top in zip(way, tops, strict=True):
            rows.append({
                "band": number, "x": round(left + (right - left) * float(share), 1), "y": round(float(top), 1),
                "y1": round(float(top) + max(band.amount * scale, 0.6), 1), "colour": band.colour, "said": band.said,
            })  # fmt: skip
    return rows
