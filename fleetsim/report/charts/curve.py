"""A figure against one quantity: a line an arm with its interval, the limit, and where arms are equal."""

from __future__ import annotations

import altair as alt

from fleetsim.findings import Curve, Line
from fleetsim.report.charts import theme
from fleetsim.report.contract import Cell, Chart, Table
from fleetsim.report.figures import axis_title, cell, kind_of, name_of
from fleetsim.report.named import figure_at, last_words
from fleetsim.report.view import View, distinct
from fleetsim.report.words import digits, label, plainly

_LOG_FROM = 30  # a factor between smallest and largest from which an axis goes by factors
_MOST_ROWS = 40  # of the table
_SIZE = {"width": theme.WIDTH - 130, "height": 290}


def curve(view: View, found: Curve) -> Chart | None:
    """The chart of one curve; None if it has no points."""
    lines = [line for line in found.lines if line.points]
    if not lines:
        return None
    kept: theme.Data = {}
    keys = tuple(view.key(line.arm) for line in lines)
    title = f"{name_of(found.figure)} against {label(last_words(found.x_path))}"
    spec = theme.finish(_drawing(view, kept, found, lines), kept)
    return Chart(title, _reading(found), spec, _table(view, title, found, lines), keys=keys)


def _reading(found: Curve) -> str:
    sure = any(point.low is not None for line in found.lines for point in line.points)
    said = f"{'Lines' if found.x_names else 'Bands'} are 95 % intervals. " if sure else ""
    if found.limit is not None:
        said += "The level broken line is the limit. "
    if found.here is not None:
        said += "The upright broken line is the scenario as it stands. "
    if found.crossings:
        said += "Upright lines with a number mark where two are equal. "
    return said.strip()


def _drawing(view: View, kept: theme.Data, found: Curve, lines: list[Line]) -> theme.Spec:
    rows = [row for line in lines for row in _rows(view, found, line)]
    keys = tuple(view.key(line.arm) for line in lines)
    kind = kind_of(figure_at(found, lines[0].points[0]))
    name = label(last_words(found.x_path))
    unit = f" ({label(found.x_unit)})" if found.x_unit else ""
    across = {"title": f"{name}{unit}", "scale": _scale([row["x"] for row in rows], False),
              "axis": alt.Axis(format=",~r", tickCount=8, labelOverlap=True, grid=False)}  # fmt: skip
    if found.x_names:
        return _by_name(kept, found, rows, keys, name)
    shown = ".0%" if kind.share else f"{kind.before},~r"
    ends = [row[end] for row in rows for end in ("low", "high")]
    if found.limit is not None:
        ends.append(found.limit * kind.scale)
    up = {"title": axis_title(kind), "scale": _scale(ends, not kind.share),
          "axis": alt.Axis(format=shown, tickCount=6, labelOverlap=True)}  # fmt: skip
    x_at, y_at = alt.X("x:Q", **across), alt.Y("value:Q", **up)
    base = alt.Chart(theme.keep(kept, rows), **_SIZE)
    looks = {"color": theme.colour(keys), "opacity": theme.picked()}
    band = base.mark_area(fillOpacity=0.16, aria=False).encode(x=x_at, y=alt.Y("low:Q", **up), y2="high:Q", **looks)
    line = base.mark_line(strokeWidth=2, aria=False).encode(x=x_at, y=y_at, strokeDash=theme.dash(keys), **looks)
    points = base.mark_point(size=34, filled=True).encode(
        x=x_at, y=y_at, shape=theme.shape(keys), **looks,
        tooltip=[alt.Tooltip("arm:N", title="Alternative"), alt.Tooltip("x:Q", title=name),
                 alt.Tooltip("said:N", title=kind.label)],
    )  # fmt: skip
    return theme.layered(band, line, points, *_rules(kept, found, kind.scale, (across, up)))


def _rows(view: View, found: Curve, line: Line) -> list[dict]:
    rows = []
    for point in line.points:
        figure = figure_at(found, point)
        kind = kind_of(figure)
        low = point.value if point.low is None else point.low
        high = point.value if point.high is None else point.high
        numbers = {"x": point.x, "value": point.value * kind.scale, "low": low * kind.scale, "high": high * kind.scale}
        rows.append(
            {"arm": view.key(line.arm).label, "said": kind.say_both(figure)}
            | {name: float(f"{number:.5g}") for name, number in numbers.items()}
        )
    return [row for row in rows if row["value"] == row["value"]]  # nan: the figure is not defined there


def _scale(values: list[float], from_zero: bool) -> alt.Scale:
    positive = min(values) > 0
    if positive and max(values) / min(values) >= _LOG_FROM:
        return alt.Scale(type="log", nice=False)
    return alt.Scale(zero=from_zero, nice=True)


def _by_name(kept: theme.Data, found: Curve, rows: list[dict], keys: theme.Keys, name: str) -> theme.Spec:
    """Values that are no numbers stand in their order, without lines between them."""
    names = distinct(list(found.x_names))
    for row in rows:
        row["at"] = names[int(row["x"])]
    base = alt.Chart(theme.keep(kept, rows), **_SIZE)
    kind = kind_of(figure_at(found, found.lines[0].points[0]))
    looks = {"color": theme.colour(keys), "opacity": theme.picked(),
             "xOffset": alt.XOffset("arm:N", sort=None, scale=alt.Scale(paddingOuter=0.6))}  # fmt: skip
    x_at = alt.X("at:N", sort=list(names), title=name, axis=alt.Axis(labelAngle=0, labelLimit=150, grid=False))
    up = {"title": axis_title(kind), "scale": alt.Scale(zero=not kind.share)}
    ends = base.mark_rule(strokeWidth=2, aria=False).encode(x=x_at, y=alt.Y("low:Q", **up), y2="high:Q", **looks)
    points = base.mark_point(size=70, filled=True).encode(
        x=x_at, y=alt.Y("value:Q", **up), shape=theme.shape(keys), **looks,
        tooltip=[alt.Tooltip("arm:N", title="Alternative"), alt.Tooltip("at:N", title=name),
                 alt.Tooltip("said:N", title=kind.label)],
    )  # fmt: skip
    return theme.layered(ends, points)


def _rules(kept: theme.Data, found: Curve, scale: float, axes: tuple[dict, dict]) -> list[alt.Chart]:
    """The limit, the scenario as it stands, and where lines cross, each with its word."""
    across, up = axes
    here = [] if found.here is None else [{"x": found.here, "text": "as it stands"}]
    drawn = _upright(kept, here, across, [4, 4])
    drawn += _upright(kept, [{"x": c.x, "text": f"equal at {digits(c.x)}"} for c in found.crossings], across, [1, 0])
    if found.limit is not None:
        level = [{"y": float(f"{found.limit * scale:.5g}")}]
        rule = alt.Chart(theme.keep(kept, level), **_SIZE).mark_rule(strokeDash=[4, 4], opacity=0.7, aria=False)
        drawn.append(rule.encode(y=alt.Y("y:Q", **up)))
    return drawn


def _upright(kept: theme.Data, rows: list[dict], across: dict, dash: list[int]) -> list[alt.Chart]:
    if not rows:
        return []
    base = alt.Chart(theme.keep(kept, rows), **_SIZE)
    x_at = alt.X("x:Q", **across)
    rule = base.mark_rule(strokeWidth=1, opacity=0.7, strokeDash=dash, aria=False).encode(x=x_at)
    text = base.mark_text(align="left", dx=4, dy=8 if dash == [1, 0] else 22, aria=False)
    return [rule, text.encode(x=x_at, y=alt.value(0), text="text:N")]


def _table(view: View, title: str, found: Curve, lines: list[Line]) -> Table:
    xs = sorted({point.x for line in lines for point in line.points})
    shown = xs[:: max(1, -(-len(xs) // _MOST_ROWS))]
    at = [{point.x: figure_at(found, point) for point in line.points} for line in lines]
    body = tuple((Cell(_input(found, x)), *(cell(of.get(x)) for of in at)) for x in shown)
    return Table(title, (label(last_words(found.x_path)), *(view.key(line.arm).label for line in lines)), body)


def _input(found: Curve, x: float) -> str:
    """A value of the quantity as a table shows it."""
    if found.x_names:
        return label(found.x_names[int(x)])
    return f"{plainly(x)} {label(found.x_unit)}" if found.x_unit else plainly(x)
