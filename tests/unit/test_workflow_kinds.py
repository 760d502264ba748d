"""Every workflow kind makes a sound graph that becomes tables, and says what does not go together."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from workflow_cases import CASES

from fleetsim.scenario import schema  # noqa: F401  the families are whole once the language is
from fleetsim.scenario.families import WORKFLOWS
from fleetsim.tables import NodeKind
from fleetsim.workflow.compiling import compiled
from fleetsim.workflow.room import PoolRoom, Room
from fleetsim.workflow.walks import escalations

ARCHITECTURE = SimpleNamespace(pools={pool: SimpleNamespace(model="mixtral-8x7b") for pool in "abc"})
DOMAINS = ("x", "y")
ROOM = Room(
    {pool: PoolRoom(number, 4096, number, 1e-6, 1e-5, 1e-5, 1e-2) for number, pool in enumerate("abc")},
    DOMAINS,
    ("x", "y"),
    500.0,
    200.0,
    np.zeros((3, 2)),
)


def workflow(kind: str, **changes):
    return WORKFLOWS[kind].model_validate({"kind": kind, **CASES[kind], **changes})


def faults(kind: str, **changes) -> dict[str, str]:
    return dict(workflow(kind, **changes).all_faults(ARCHITECTURE, DOMAINS))


def test_every_kind_has_a_case():
    assert set(CASES) == set(WORKFLOWS)


@pytest.mark.parametrize("kind", CASES)
def test_the_graph_is_sound_and_becomes_tables(kind):
    assert faults(kind) == {}
    tables = compiled(workflow(kind).nodes(DOMAINS), ROOM)
    kinds = set(tables.nodes.kind.tolist())
    assert {NodeKind.CALL, NodeKind.END} <= kinds
    assert len(tables.names) == len(tables.nodes)
    ends = np.concatenate([tables.nodes.next, tables.nodes.other, tables.targets])
    assert ends.min() >= -1
    assert ends.max() < len(tables.nodes)
    assert len(tables.choices.ability) == len(tables.choices.options) * len(DOMAINS)


@pytest.mark.parametrize("kind", CASES)
def test_an_unknown_pool_is_named_with_the_nearest(kind):
    text = repr(CASES[kind]).replace("'b'", "'bb'").replace("'a'", "'aa'")
    changed = WORKFLOWS[kind].model_validate({"kind": kind, **eval(text)})
    assert any("no pool" in what for _, what in changed.all_faults(ARCHITECTURE, DOMAINS))


@pytest.mark.parametrize(
    ("kind", "changes", "path", "words"),
    [
        ("cascade", {"verifier": None}, "", "needs either"),
        ("cascade", {"verifier": {"auc": 0.8, "errors": 0.1}}, "verifier", "exactly one"),
        ("cascade", {"verifier": {}}, "verifier", "looks at nothing"),
        ("ensemble", {"pools": {"a": 65}, "weights": {}}, "", "65 threads side by side; at most 64"),
        ("ensemble", {"pick": "best"}, "auc", "needs it"),
        ("ensemble", {"need": 9}, "", "has 5 threads"),
        ("route", {"pick": "best"}, "auc", "needs it"),
        ("novelty_split", {"shares": {"x": 0.9}}, "shares", "no share for domain 'y'"),
        ("agent", {"verifier": None}, "retries", "goes with `verifier`"),
        ("market", {"rule": "best_knwon"}, "", "did you mean 'best_known'"),
        ("market", {"rule": {"kind": "ucb1", "with": 1}}, "", "did you mean 'width'"),
        ("pipeline", {"stages": {"one": {"pool": "a", "share": 0.5}}}, "stages", "at least one must be for every task"),
    ],
)
def test_what_does_not_go_together_is_said(kind, changes, path, words):
    found = faults(kind, **changes)
    assert any(where == path and words in what for where, what in found.items()), found


def test_only_a_mixture_of_experts_is_moe():
    dense = SimpleNamespace(pools={"a": SimpleNamespace(model="llama-3.1-8b")})
    assert "kind: single" in dict(workflow("moe").all_faults(dense, DOMAINS))["pool"]


def test_expected_costs_of_a_branch_are_those_of_its_first_call():
    tables = compiled(workflow("market").nodes(DOMAINS), ROOM)
    options = tables.choices.table()
    assert options.pool.tolist() == [0, 1, 2]
    assert options.cost_usd[0] == pytest.approx(500 * 1e-6 + 200 * 1e-5)
    assert options.seconds[0] == pytest.approx(500 * 1e-5 + 200 * 1e-2)
    assert options.memory.tolist() == [0, 2, 4]


def test_workers_who_begin_again_know_of_the_failure():
    nodes = workflow("boss", part_probit=0.5, feedback_probit=0.4).nodes(DOMAINS)
    assert nodes["deal b result"].probit == 0.5
    assert nodes["deal again b result"].probit == pytest.approx(0.9)


def test_a_market_learns_as_it_is_told():
    knobs = {"feedback_error": 0.1, "cost_weight": 30.0, "discount": 0.99}
    choose = workflow("market", **knobs).nodes(DOMAINS)["choose"]
    assert {name: getattr(choose, name) for name in knobs} == knobs


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        ("cascade", {"pools": ["a", "b", "c"]}, ["try 2", "last"]),
        ("edge_first", {}, ["escalate", "ask the cloud"]),
        ("ensemble", {}, []),
        ("mixture_of_agents", {}, []),
        ("session", {}, []),
        ("route", {}, []),
    ],
)
def test_escalations_are_what_failed_checks_and_delays_lead_to(kind, changes, expected):
    found = escalations(workflow(kind, **changes).nodes(DOMAINS))
    assert found == expected
