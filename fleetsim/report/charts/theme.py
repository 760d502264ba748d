"""What all charts share: type, lines, sizes, the arms' scales, and how a chart becomes its specification.

Lines and letters are drawn in `currentColor`, so that the page's style decides them: light, dark and paper
need no second chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from fleetsim.report.palette import Key
from fleetsim.report.words import label

WIDTH = 980
"""Room for a chart in the page, in CSS pixels; the page scales a chart down where there is less."""

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
INK = "currentColor"

Data = dict[str, list[dict[str, Any]]]
"""The rows of a chart by name."""

PICKED = "picked"
"""Signal of every chart: the labels of the arms that the reader picked in a legend or in any chart of the page."""

Keys = Sequence[Key]

Spec = dict[str, Any]
"""A Vega-Lite specification or a part of one."""


def finish(chart: alt.Chart | Spec, data: Data) -> Spec:
    """The chart's specification with its data, in the page's style."""
    axis = {
        "domain": False, "ticks": False, "gridColor": INK, "gridOpacity": 0.14, "gridWidth": 1,
        "labelColor": INK, "labelFontSize": 11, "labelPadding": 6, "labelLimit": 220,
        "titleColor": INK, "titleFontSize": 11, "titleFontWeight": "normal", "titlePadding": 8,
    }  # fmt: skip
    caption = {"color": INK, "fontSize": 12, "fontWeight": 600, "anchor": "start", "frame": "group", "offset": 8}
    config = {
        "font": FONT, "background": "transparent", "view": {"stroke": None}, "axis": axis, "title": caption,
        "legend": {"labelColor": INK, "titleColor": INK, "labelFontSize": 11, "labelLimit": 260},
        "text": {"color": INK, "fontSize": 11}, "rule": {"color": INK}, "concat": {"spacing": 36},
    }  # fmt: skip
    spec = spec_of(chart)
    params = [{"name": PICKED, "value": []}, *spec.get("params", [])]
    return {"$schema": alt.SCHEMA_URL, **spec, "params": params, "config": config, "datasets": data}


def spec_of(chart: alt.Chart | Spec) -> Spec:
    """The chart's own part of a specification; a test, and not every page, holds charts to the schema."""
    if isinstance(chart, dict):
        return chart
    return {key: value for key, value in chart.to_dict(validate=False).items() if key not in ("$schema", "config")}


def layered(*charts: alt.Chart, **properties: Any) -> Spec:
    """Charts of one size over each other. Put together here because `alt.layer` copies each of them several times."""
    layers = [spec_of(chart) for chart in charts]
    size: Spec = {}
    for layer in layers:
        size |= {side: layer.pop(side) for side in ("width", "height")}
    return {"layer": layers, **size, **properties}


def in_columns(*charts: alt.Chart | Spec, columns: int, **properties: Any) -> Spec:
    """Charts side by side, in rows of so many."""
    return {"concat": [spec_of(chart) for chart in charts], "columns": columns, **properties}


def keep(data: Data, rows: list[dict[str, Any]]) -> alt.NamedData:
    """Put rows, of labels and numbers that were worked out already, among the chart's data, and return their name.

    Data stay out of Altair's hands: it would copy and check every row several times.
    """
    name = f"rows{len(data)}"
    data[name] = rows
    return alt.NamedData(name=name)


def colour(keys: Keys, channel: type = alt.Color) -> Any:
    """Colour (or Fill, Stroke) by `arm`; the page's own legend names it."""
    return channel("arm:N", scale=_scale(keys, [key.look.colour for key in keys]), legend=None)


def shape(keys: Keys) -> alt.Shape:
    """Shape by `arm`."""
    return alt.Shape("arm:N", scale=_scale(keys, [key.look.shape for key in keys]), legend=None)


def dash(keys: Keys) -> alt.StrokeDash:
    """Line dash by `arm`."""
    return alt.StrokeDash("arm:N", scale=_scale(keys, [list(key.look.dash) for key in keys]), legend=None)


def _scale(keys: Keys, looks: list[Any]) -> alt.Scale:
    return alt.Scale(domain=[key.label for key in keys], range=looks)


def picked(shown: float = 1.0) -> Any:
    """Opacity that lets the rows of arms that are not picked step back; all are shown while none is picked."""
    test = f"length({PICKED}) == 0 || indexof({PICKED}, datum.arm) >= 0"
    return alt.condition(test, alt.value(shown), alt.value(0.12 * shown))


def short(text: str) -> str:
    """A label short enough to stand beside a mark."""
    return label(text, 28)
