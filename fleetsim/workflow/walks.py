"""Walks over a graph of named nodes: what leads where, what encloses what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fleetsim.workflow.nodes import Call, Delay, Fork, Join, Loop, Nodes, Verify, exits

Arrows = Mapping[str, Iterable[str]]


def arrows(nodes: Nodes) -> dict[str, list[str]]:
    """Node -> the nodes it leads to."""
    return {name: list(dict.fromkeys(exits(node).values())) for name, node in nodes.items()}


def reachable(start: Iterable[str], leads: Arrows, without: Iterable[str] = ()) -> set[str]:
    """All nodes that can be entered from those of `start`, themselves included, none of `without` on the way."""
    closed = set(without)
    found = {name for name in start if name not in closed}
    waiting = list(found)
    while waiting:
        for target in leads[waiting.pop()]:
            if target not in found and target not in closed:
                found.add(target)
                waiting.append(target)
    return found


def dominators(first: str, leads: Arrows) -> dict[str, set[str]]:
    """Node -> those that every way to it from the first goes through, itself included."""
    everything = reachable([first], leads)
    found = {name: {name} for name in everything}
    for name in everything:
        for other in everything - reachable([first], leads, without=[name]):
            found[other].add(name)
    return found


def enclosing_forks(nodes: Nodes) -> tuple[dict[str, tuple[str, ...]], list[tuple[str, str]]]:
    """Node -> the forks it is within, outermost first; and (node, what is wrong) where that is not one answer."""
    first, leads = next(iter(nodes)), arrows(nodes)
    within: dict[str, tuple[str, ...]] = {first: ()}
    wrong: dict[str, str] = {}
    waiting = [first]
    while waiting:
        name = waiting.pop()
        inside = _behind(name, nodes, within[name], wrong)
        for target in leads[name]:
            if target not in within:
                within[target] = inside
                waiting.append(target)
            elif within[target] != inside:
                wrong.setdefault(target, "is entered both from inside and from outside of a fork; make two nodes of it")
    return within, list(wrong.items())


def _behind(name: str, nodes: Nodes, inside: tuple[str, ...], wrong: dict[str, str]) -> tuple[str, ...]:
    """The forks around what a node leads to."""
    node = nodes[name]
    if isinstance(node, Fork):
        return (*inside, name)
    if isinstance(node, Join):
        if not inside:
            wrong.setdefault(name, "can never fire: no fork's threads come here; point a fork's `to` here first")
        elif nodes[inside[-1]].join != name:
            wrong.setdefault(name, f"is not the join of fork {inside[-1]!r}, whose threads come here")
        return inside[:-1]
    return inside


def loops_before(nodes: Nodes) -> dict[str, int]:
    """Loop -> its number: loops within it or behind it have greater ones."""
    order = [name for name, node in nodes.items() if isinstance(node, Loop)]
    forward = without_returns(nodes)
    after = {name: reachable([name], forward) - {name} for name in order}
    numbers: dict[str, int] = {}
    for name in sorted(order, key=lambda loop: sum(loop in after[other] for other in order)):
        numbers[name] = max((numbers[other] + 1 for other in order if name in after[other]), default=0)
    return numbers


def without_returns(nodes: Nodes) -> dict[str, list[str]]:
    """The arrows without those that return to a loop from its body."""
    leads = arrows(nodes)
    around = dominators(next(iter(nodes)), leads)
    return {
        name: [to for to in targets if not (isinstance(nodes[to], Loop) and to in around.get(name, ()))]
        for name, targets in leads.items()
    }


def escalations(nodes: Nodes) -> list[str]:
    """Calls made because an answer failed a check, or was late: the first that answer behind such a place.

    Late is what a delay waits for whose fork goes on with the first of its threads.
    """
    leads = arrows(nodes)
    within = dict(enclosing_forks(nodes)[0])
    starts = [node.fails for node in nodes.values() if isinstance(node, Verify)]
    for name, node in nodes.items():
        fork = nodes[within[name][-1]] if isinstance(node, Delay) and within.get(name) else None
        if fork is not None and (nodes[fork.join].need or len(fork.to)) < len(fork.to):
            starts.append(node.next)
    answering = [name for name, node in nodes.items() if isinstance(node, Call) and node.solves]
    before = reachable(starts, leads, without=answering)
    behind = {to for name in before for to in leads[name]} | set(starts)
    return [name for name in answering if name in behind]


def at_least(nodes: Nodes) -> dict[str, list[str]]:
    """The arrows of shortest ways: a loop is gone through once, and left where its body returns to it."""
    leads, forward = arrows(nodes), without_returns(nodes)

    def behind(loop: str) -> str:
        way_out = nodes[loop].exit
        return way_out if way_out in forward[loop] else behind(way_out)  # out of an inner loop, back to an outer one

    for name, targets in leads.items():
        returned = [behind(to) for to in targets if to not in forward[name]]
        leads[name] = [nodes[name].body] if isinstance(nodes[name], Loop) else [*targets, *returned]
    return leads


def rounds_most(nodes: Nodes, start: str, stop: str | None, forward: Arrows | None = None) -> int:
    """How many rounds of loops a thread can make at most on its way from `start` to `stop` (None: to the end)."""
    forward = forward or without_returns(nodes)
    known: dict[str, int] = {}

    def most(name: str) -> int:
        if name == stop:
            return 0
        if name not in known:
            node = nodes[name]
            behind = max((most(to) for to in forward[name]), default=0)
            if isinstance(node, Loop):
                body = most(node.body)
                behind = node.most * (body + 1) + (most(node.exit) if node.exit in forward[name] else 0)
            elif isinstance(node, Fork):
                behind = max(rounds_most(nodes, to, node.join, forward) for to in node.to) + most(node.join)
            known[name] = behind
        return known[name]

    return most(start)
