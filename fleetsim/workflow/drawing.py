"""A workflow as text, and as a picture."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from fleetsim.scenario.fields import Model
from fleetsim.workflow import walks
from fleetsim.workflow.nodes import Call, Delay, Fork, Join, Loop, Nodes, Select, Verify, exits

_WIDTH, _HEIGHT, _GAP, _MARGIN, _LETTERS = 200, 44, 36, 20, 30
_COLOURS = {"call": "#cfe3ff", "end": "#d7f0d2", "verify": "#ffe3c2", "select": "#ffe3c2"}
_STYLE = (
    "text{font:12px sans-serif;fill:#1b1f24;text-anchor:middle}.what{font-size:10px;fill:#57606a}"
    "rect{stroke:#57606a}line{stroke:#57606a;stroke-width:1.2;marker-end:url(#tip)}.back{stroke-dasharray:4 3}"
)


def as_text(nodes: Nodes) -> Iterator[tuple[str, str, str]]:
    """(node, what it does, where it leads) for every node, in the order in which tasks reach them."""
    for name in _in_order(nodes):
        ways = dict.fromkeys(_way(key, to) for key, to in exits(nodes[name]).items())
        yield name, _does(nodes[name]), ", ".join(ways)


def as_svg(nodes: Nodes, title: str) -> str:
    """A self-contained picture: nodes in layers from top to bottom, ways back to a loop dashed."""
    places = _places(nodes)
    forward = walks.without_returns(nodes)
    width = max(x for x, _ in places.values()) + _WIDTH + _MARGIN
    height = max(y for _, y in places.values()) + _HEIGHT + _MARGIN
    lines = [
        _line(places[name], places[to], "" if to in forward[name] else "back")
        for name in nodes
        for to in dict.fromkeys(exits(nodes[name]).values())
    ]
    boxes = [_box(name, node, *places[name]) for name, node in nodes.items()]
    tip = '<marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">'
    defs = f'<defs>{tip}<path d="M0 0L8 4L0 8z" fill="#57606a"/></marker></defs>'
    return "\n".join([head, f"<title>{escape(title)}</title><style>{_STYLE}</style>", defs, *lines, *boxes, "</svg>\n"])


def _does(node: Model) -> str:
    """What a node does, in a few words."""
    match node:
        case Call():
            return f"call {node.pool}"
        case Fork():
            return f"fork, {len(node.to)} threads"
        case Join():
            return f"join, {node.rule}" + ("" if node.need is None else f" of {node.need}")
        case Select():
            return f"select by {node.rule.kind}" if node.rule is not None else "select by shares"
        case Verify():
            return "verify" + (", keeps the best" if node.keeps == "best" else "") + _passed(node)
        case Delay():
            return "delay"
        case Loop():
            return f"loop, {node.most} times at most"
    return node.kind


def _passed(node: Verify) -> str:
    """What a calibrated verifier lets pass."""
    if node.risk is None:
        return ""
    what = f"risk {node.risk:g} by {node.calibrated_on} labelled tasks"
    return f", {what}" if node.threshold is None else f", score {node.threshold:.3f} and above: {what}"


def _way(key: str, to: str) -> str:
    words = {"if_refused": "if refused", "passes": "passes", "fails": "fails", "body": "again", "exit": "then"}
    return f"{words[key]}: {to}" if key in words else to


def _in_order(nodes: Nodes) -> list[str]:
    """The nodes by their layer, then as written."""
    layers = _layers(nodes)
    return sorted(nodes, key=layers.__getitem__)


def _layers(nodes: Nodes) -> dict[str, int]:
    """How many nodes lie before each on the longest way to it that goes back nowhere."""
    forward = walks.without_returns(nodes)
    layers = dict.fromkeys(nodes, 0)
    for _ in nodes:  # a way has at most as many arrows as there are nodes
        for name, targets in forward.items():
            for to in targets:
                layers[to] = max(layers[to], layers[name] + 1)
    return layers


def _places(nodes: Nodes) -> dict[str, tuple[int, int]]:
    layers, taken, places = _layers(nodes), {}, {}
    for name in nodes:
        column = taken.get(layers[name], 0)
        taken[layers[name]] = column + 1
        places[name] = (_MARGIN + column * (_WIDTH + _GAP), _MARGIN + layers[name] * (_HEIGHT + _GAP))
    return places


def _line(start: tuple[int, int], end: tuple[int, int], kind: str) -> str:
    down = end[1] > start[1]
    y1, y2 = (start[1] + _HEIGHT, end[1]) if down else (start[1], end[1] + _HEIGHT)
    return f'<line class="{kind}" x1="{start[0] + _WIDTH // 2}" y1="{y1}" x2="{end[0] + _WIDTH // 2}" y2="{y2}"/>'


def _box(name: str, node: Model, x: int, y: int) -> str:
    shown = name if len(name) <= _LETTERS else name[: _LETTERS - 1] + "…"
    middle, colour = x + _WIDTH // 2, _COLOURS.get(node.kind, "#eef0f2")
    return (
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="6" fill="{colour}"/>'
        f'<text x="{middle}" y="{y + 19}">{escape(shown)}</text>'
        f'<text class="what" x="{middle}" y="{y + 34}">{escape(_does(node))}</text>'
    )
