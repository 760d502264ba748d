"""Graphs that can never work are refused, with the node and what to do about it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from fleetsim.scenario import schema  # noqa: F401  the families are whole once the language is
from fleetsim.scenario.families import WORKFLOWS
from fleetsim.workflow import walks

ARCHITECTURE = SimpleNamespace(pools={"a": None})


def call(then: str, **more):
    return {"kind": "call", "pool": "a", "next": then, **more}


def select(*to: str):
    return {"kind": "select", "to": list(to), "shares": {name: 1 / len(to) for name in to}}


def fork(join: str, *to: str):
    return {"kind": "fork", "to": list(to), "join": join}


def join(then: str, **more):
    return {"kind": "join", "next": then, **more}


def loop(body: str, leave: str, **more):
    return {"kind": "loop", "body": body, "exit": leave, "times": 3, "most": 3, **more}


def graph(**nodes):
    return WORKFLOWS["graph"].model_validate({"kind": "graph", "nodes": nodes})


def faults(**nodes) -> dict[str, str]:
    return dict(graph(**nodes).all_faults(ARCHITECTURE, ("x",)))


BAD = {
    "a node that is never reached": (
        {"q": call("end"), "lost": call("end"), "end": "end"},
        "nodes.lost",
        "never reached",
    ),
    "a dangling arrow": ({"q": call("ende"), "end": "end"}, "nodes.q.next", "did you mean 'end'"),
    "no end": ({"q": call("again"), "again": loop("q", "q")}, "nodes", "no node of kind end"),
    "a cycle without a loop": ({"q": call("s"), "s": select("q", "end"), "end": "end"}, "nodes.q", "no loop bounds"),
    "a loop whose exit is its body": (
        {"l": loop("q", "r"), "q": call("l"), "r": call("s"), "s": select("l", "end"), "end": "end"},
        "nodes.l.exit",
        "leads back to its own loop",
    ),
    "two loops that let each other start afresh": (
        {"l": loop("q", "m"), "q": call("m"), "m": loop("r", "end"), "r": call("l"), "end": "end"},
        "nodes.m.body",
        "never leads back",
    ),
    "a loop that is none": (
        {"l": loop("q", "end"), "q": call("end"), "end": "end"},
        "nodes.l.body",
        "never leads back",
    ),
    "no call on one way": ({"s": select("q", "end"), "q": call("end"), "end": "end"}, "nodes", "without any call"),
    "a join without a fork": ({"q": call("j"), "j": join("end"), "end": "end"}, "nodes.j", "can never fire"),
    "an end within a fork": (
        {"f": fork("j", "q", "r"), "q": call("j"), "r": call("end"), "j": join("end"), "end": "end"},
        "nodes.end",
        "inside and from outside",
    ),
    "another fork's join": (
        {"f": fork("j", "q"), "q": call("k"), "j": join("end"), "k": join("j"), "end": "end"},
        "nodes.k",
        "is not the join of fork 'f'",
    ),
    "a way into a fork's body": (
        {"s": select("f", "q"), "f": fork("j", "q"), "q": call("j"), "j": join("end"), "end": "end"},
        "nodes.q",
        "inside and from outside",
    ),
    "more needed than there are": (
        {"f": fork("j", "q"), "q": call("j"), "j": join("end", need=2), "end": "end"},
        "nodes.j.need",
        "has 1 threads",
    ),
    "several answers read at once": (
        {"f": fork("j", "q"), "q": call("j", streams=True), "j": join("end"), "end": "end"},
        "nodes.q.streams",
        "several answers at once",
    ),
    "too many threads": (
        {
            "f": fork("j", *["g"] * 9),
            "g": fork("k", *["q"] * 9),
            "q": call("k"),
            "k": join("j"),
            "j": join("end"),
            "end": "end",
        },
        "nodes.g.to",
        "81 threads",
    ),
    "the best where nothing is scored": (
        {
            "q": call("v"),
            "v": {"kind": "verify", "context": 9, "keeps": "best", "passes": "end", "fails": "end"},
            "end": "end",
        },
        "nodes.v.keeps",
        "best goes with `auc`, `detects` or `errors`",
    ),
    "shares that do not add up": (
        {"s": {"kind": "select", "to": ["q"], "shares": {"q": 0.4}}, "q": call("end"), "end": "end"},
        "nodes.s.shares",
        "adds up to 0.4",
    ),
    "two ways to choose": (
        {"s": {"kind": "select", "to": ["q"], "shares": {"q": 1}, "rule": "chance"}, "q": call("end"), "end": "end"},
        "nodes.s",
        "exactly one",
    ),
    "too many rounds": (
        {
            "l": loop("m", "end", times=9000, most=9000),
            "m": loop("q", "l", times=90, most=90),
            "q": call("m"),
            "end": "end",
        },
        "nodes",
        "rounds of its loops",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_it_is_refused(case):
    nodes, path, words = BAD[case]
    found = faults(**nodes)
    assert any(where == path and words in what for where, what in found.items()), found


def test_loops_are_numbered_from_the_outside_and_from_the_front():
    nodes = graph(
        o=loop("i", "s"), i=loop("q", "o"), q=call("i"), s=loop("r", "end"), r=call("s"), end="end"
    ).nodes(("x",))  # fmt: skip
    assert walks.loops_before(nodes) == {"o": 0, "i": 1, "s": 1}
    assert walks.rounds_most(nodes, "o", None) == 3 * (3 + 1) + 3


def test_a_loop_may_be_left_early():
    leave = {"kind": "verify", "within": "1 s", "passes": "o", "fails": "i"}
    assert faults(o=loop("i", "end"), i=loop("q", "o"), q=call("v"), v=leave, end="end") == {}


def test_a_fork_within_a_loop_within_a_fork():
    nodes = {
        "f": fork("j", "l", "q"),
        "l": loop("g", "j"),
        "g": fork("k", "r", "r"),
        "r": call("k"),
        "k": join("l"),
        "q": call("j"),
        "j": join("end"),
        "end": "end",
    }
    assert faults(**nodes) == {}
