"""What makes a graph of nodes sound: all that is named exists, all can be reached, and every task comes to an end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fleetsim.registry import unknown
from fleetsim.tables import ATTEMPTS_MOST, LANES, NODES_MOST
from fleetsim.workflow import risks, walks
from fleetsim.workflow.entries import entry_faults
from fleetsim.workflow.nodes import Call, End, Fork, Join, Loop, Nodes, exits

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture

LOOPS_MOST = 3
"""How many loops may lie within or behind each other."""

Fault = tuple[str, str]
"""(path below the nodes, what is wrong)."""


def faults(nodes: Nodes, architecture: Architecture, domains: tuple[str, ...]) -> Iterator[Fault]:
    """All that is wrong with a graph; its shape is looked at only where every name it uses exists."""
    named = [*_unknown_names(nodes, architecture)]
    yield from named
    for name, node in nodes.items():
        yield from ((f"{name}.{key}", what) for key, what in entry_faults(node, domains))
    if len(nodes) >= NODES_MOST:
        yield "", f"has {len(nodes)} nodes; at most {NODES_MOST - 1}"
    elif not named:
        yield from _shape(nodes)


def _unknown_names(nodes: Nodes, architecture: Architecture) -> Iterator[Fault]:
    for name, node in nodes.items():
        for key, target in exits(node).items():
            if target not in nodes:
                yield f"{name}.{key}", unknown("node", target, nodes)
        if isinstance(node, Call) and node.pool not in architecture.pools:
            yield f"{name}.pool", unknown("pool", node.pool, architecture.pools)
        if isinstance(node, Fork) and not isinstance(nodes.get(node.join), Join):
            joins = [other for other, there in nodes.items() if isinstance(there, Join)]
            what = "has no node of kind join; write one" if not joins else unknown("join", node.join, joins)
            yield f"{name}.join", what


def _shape(nodes: Nodes) -> Iterator[Fault]:
    first, leads = next(iter(nodes)), walks.arrows(nodes)
    reached = walks.reachable([first], leads)
    lost = [name for name in nodes if name not in reached]
    yield from (
        (name, f"is never reached from the first node {first!r}; lead something to it, or leave it out")
        for name in lost
    )
    if not any(isinstance(nodes[name], End) for name in reached):
        yield "", "never ends: no node of kind end can be reached; write one"
        return
    endless = [*_endless(nodes, leads, reached)]
    yield from endless
    if lost or endless:
        return
    calls = [name for name, node in nodes.items() if isinstance(node, Call)]
    if any(isinstance(nodes[name], End) for name in walks.reachable([first], walks.at_least(nodes), without=calls)):
        yield "", "can come to its end without any call; every way must make one"
    within, wrong = walks.enclosing_forks(nodes)
    yield from wrong
    if not wrong:
        yield from _forks(nodes, within)
        yield from _bounds(nodes)
        yield from risks.faults(nodes)


def _endless(nodes: Nodes, leads: walks.Arrows, reached: set[str]) -> Iterator[Fault]:
    """Cycles that no loop bounds, and loops that are none."""
    around = walks.dominators(next(iter(nodes)), leads)
    forward = walks.without_returns(nodes)
    for name in nodes:
        if name in reached and name in walks.reachable(forward[name], forward):
            yield (
                name,
                "is on a cycle that no loop bounds; let the way back lead to a node of kind loop, and its `body` here",
            )
    for name, node in nodes.items():
        if not isinstance(node, Loop) or name not in reached:
            continue
        own = [other for other in nodes if name not in around.get(other, ())]
        if name not in {
            to for inner in walks.reachable([node.body], leads, without=[*own, name]) for to in leads[inner]
        }:
            yield f"{name}.body", "never leads back to its loop; let its last node lead to the loop"
        if name in {to for inner in walks.reachable([node.exit], leads, without=[*own, name]) for to in leads[inner]}:
            yield f"{name}.exit", "leads back to its own loop, which would never end; lead it elsewhere"


def _forks(nodes: Nodes, within: dict[str, tuple[str, ...]]) -> Iterator[Fault]:
    widths = {name: len(node.to) for name, node in nodes.items() if isinstance(node, Fork)}
    for name, node in nodes.items():
        if isinstance(node, End) and within[name]:
            yield name, f"ends the task within fork {within[name][-1]!r}; its threads must come to their join"
        if isinstance(node, Call) and node.streams and within[name]:
            yield f"{name}.streams", f"is within fork {within[name][-1]!r}: nobody can read several answers at once"
        if isinstance(node, Fork):
            lanes = widths[name]
            for outer in within[name]:
                lanes *= widths[outer]
            if lanes > LANES:
                yield f"{name}.to", f"makes {lanes} threads side by side; at most {LANES}"
            need = nodes[node.join].need
            if need is not None and need > widths[name]:
                yield f"{node.join}.need", f"is {need}, but fork {name!r} has {widths[name]} threads"


def _bounds(nodes: Nodes) -> Iterator[Fault]:
    for name, number in walks.loops_before(nodes).items():
        if number >= LOOPS_MOST:
            yield name, f"is the fourth loop within or behind others; at most {LOOPS_MOST}"
    rounds = walks.rounds_most(nodes, next(iter(nodes)), None)
    if rounds >= ATTEMPTS_MOST // LANES:
        yield "", f"could make {rounds} rounds of its loops; at most {ATTEMPTS_MOST // LANES - 1}: lower their `most`"
