"""The workflow as it was gone through: its nodes in the order of their calls, with how often each way was taken."""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt
import numpy as np

from fleetsim.report.charts import theme
from fleetsim.report.contract import Cell, Chart, Table
from fleetsim.report.paths import ANSWER, TASK, Step, steps
from fleetsim.report.view import ArmView
from fleetsim.report.words import digits, percent

_BOX, _TALL, _ROW, _LANE = 150, 36, 58, 26
_FEWEST = 0.001  # a way that fewer of the tasks take is left to the table
_CURVE = 13


@dataclass(frozen=True)
class _Node:
    name: str
    said: str
    x: float
    y: float


def graph(arm: ArmView) -> Chart | None:
    """The graph of one arm's first run; None where every task makes one call only of one node."""
    ways, calls = steps(arm)
    if len(calls) < 2:
        return None
    tasks = sum(way.count for way in ways if way.source == TASK)
    names = _names(arm, calls)
    shown = [way for way in ways if way.count >= _FEWEST * tasks]
    layers = _layers(shown)
    nodes = _placed(layers, names, calls, tasks)
    kept: theme.Data = {}
    below = _LANE * sum(layers[way.source] >= layers[way.target] for way in shown)
    height = max(n.y for n in nodes.values()) + _TALL / 2 + 6 + below
    drawing = _drawing(kept, arm, nodes, _lines(shown, nodes, layers, tasks), height)
    table = _table(ways, names, tasks)
    return Chart("Workflow", "", theme.finish(drawing, kept), table, of=arm.key)


def _names(arm: ArmView, calls: dict[int, np.recarray]) -> dict[int, str]:
    """What a node is called: its pool, with the number of the node where several ask the same pool."""
    pools = {node: arm.pool_labels[int(np.bincount(rows.pool).argmax())] for node, rows in calls.items()}
    found = {
        node: pool if list(pools.values()).count(pool) == 1 else f"{pool} (node {node})"
        for node, pool in pools.items()
    }  # fmt: skip
    return found | {TASK: "task", ANSWER: "answer"}


def _layers(ways: list[Step]) -> dict[int, int]:
    """Column of every node: one more than the furthest that leads to it, ways back left aside."""
    ends = {way.source for way in ways} | {way.target for way in ways}
    layers = {TASK: 0}
    waiting = [TASK]
    while waiting:  # breadth first: a way to a node already seen is a way back or one between neighbours
        node = waiting.pop(0)
        for way in sorted((w for w in ways if w.source == node), key=lambda w: -w.count):
            if way.target not in layers and way.target != ANSWER:
                layers[way.target] = layers[node] + 1
                waiting.append(way.target)
    layers |= {node: 1 for node in ends - set(layers)}
    return layers | {ANSWER: max(layers.values()) + 1}


def _placed(
    layers: dict[int, int], names: dict[int, str], calls: dict[int, np.recarray], tasks: int
) -> dict[int, _Node]:
    columns: dict[int, list[int]] = {}
    for node in sorted(layers):
        columns.setdefault(layers[node], []).append(node)
    tallest, last = max(map(len, columns.values())), max(columns)
    room = (theme.WIDTH - _BOX) / max(last, 1)
    placed = {}
    for column, members in columns.items():
        for i, node in enumerate(members):
            y = (i + 0.5 + (tallest - len(members)) / 2) * _ROW
            rows = calls.get(node)
            said = "" if rows is None else f"{digits(len(rows) / tasks)} calls a task"
            placed[node] = _Node(names[node], said, _BOX / 2 + column * room, y)
    return placed


def _lines(ways: list[Step], nodes: dict[int, _Node], layers: dict[int, int], tasks: int) -> list[dict]:
    rows, lane = [], max(n.y for n in nodes.values()) + _TALL / 2
    for number, way in enumerate(sorted(ways, key=lambda w: -w.count)):
        one, other = nodes[way.source], nodes[way.target]
        along = np.linspace(0, 1, _CURVE)
        if layers[way.source] < layers[way.target]:
            start, stop = one.x + _BOX / 2, other.x - _BOX / 2
            xs, ys = start + (stop - start) * along, one.y + (other.y - one.y) * along**2 * (3 - 2 * along)
        else:  # a way back swings below
            lane += _LANE
            xs = one.x + (other.x - one.x) * along + (0 if one is not other else 40) * np.sin(2 * np.pi * along)
            ys = np.where(along < 0.5, one.y, other.y) + (lane - min(one.y, other.y)) * np.sin(np.pi * along)
        share = way.count / tasks
        text = f"{percent(share)}" if share <= 1 else f"{digits(share)} times a task"
        said = f"{one.name} to {other.name}: {text if share > 1 else text + ' of tasks'}"
        for i, (x, y) in enumerate(zip(xs, ys, strict=True)):
            rows.append({"way": number, "i": i, "x": round(float(x), 1), "y": round(float(y), 1),
                         "width": round(1 + 7 * min(share, 1.0), 1), "said": said,
                         "text": text if i == _CURVE // 2 else ""})  # fmt: skip
    return rows


def _drawing(kept: theme.Data, arm: ArmView, nodes: dict[int, _Node], lines: list[dict], height: float) -> theme.Spec:
    size = {"width": theme.WIDTH, "height": round(height)}
    x_at = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, theme.WIDTH], nice=False))
    y_at = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[round(height), 0], nice=False))
    for row in lines:
        row["arm"] = arm.label
    ways = alt.Chart(theme.keep(kept, lines), **size)
    drawn = ways.mark_trail(color=arm.look.colour, aria=False).encode(
        x=x_at, y=y_at, detail="way:N", order="i:Q", tooltip=alt.Tooltip("said:N", title="Way"),
        size=alt.Size("width:Q", scale=None, legend=None), opacity=theme.picked(0.5),
    )  # fmt: skip
    said = ways.transform_filter("datum.text != ''").mark_text(dy=-9, aria=False).encode(x=x_at, y=y_at, text="text:N")
    rows = [
        {"arm": arm.label, "x0": n.x - _BOX / 2, "x": n.x, "x1": n.x + _BOX / 2, "y0": n.y - _TALL / 2, "y": n.y,
         "y1": n.y + _TALL / 2, "up": n.y - (7 if n.said else 0), "down": n.y + 8, "name": theme.short(n.name),
         "said": n.said}
        for n in nodes.values()
    ]  # fmt: skip
    base = alt.Chart(theme.keep(kept, rows), **size)
    boxes = base.mark_rect(cornerRadius=5, fillOpacity=0.14, strokeWidth=1.2, fill=arm.look.colour,
                           stroke=arm.look.colour, aria=False).encode(
        x=alt.X("x0:Q", axis=None), x2="x1:Q", y=alt.Y("y0:Q", axis=None), y2="y1:Q")  # fmt: skip
    names = base.mark_text(fontWeight=600, aria=False).encode(x=x_at, y=alt.Y("up:Q", axis=None), text="name:N")
    amounts = base.mark_text(aria=False).encode(x=x_at, y=alt.Y("down:Q", axis=None), text="said:N")
    return theme.layered(drawn, said, boxes, names, amounts)


def _table(ways: list[Step], names: dict[int, str], tasks: int) -> Table:
    body = tuple(
        (Cell(names[way.source]), Cell(names[way.target]), Cell(digits(float(way.count)), number=True),
         Cell(digits(way.count / tasks), number=True))
        for way in sorted(ways, key=lambda w: (w.source != TASK, w.target == ANSWER, -w.count))
    )  # fmt: skip
    return Table("Ways through the workflow", ("From", "To", "Times", "Times a task"), body)
