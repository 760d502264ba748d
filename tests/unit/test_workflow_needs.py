"""How long prompts get, worked out by hand; and what `check` says of it, and of events that no run sees."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fleetsim.errors import InputFaults
from fleetsim.scenario import schema  # noqa: F401  the families are whole once the language is
from fleetsim.scenario.families import WORKFLOWS
from fleetsim.study.run import planned, simulate
from fleetsim.workflow.needs import Need, Span, needs

AGENT = {"kind": "agent", "pool": "a", "agent": {"steps": 10, "growth": "1000 tokens", "output": "100 tokens"}}
TASKS = Span(500, 800), Span(50, 200)
SCENARIO = """
name: long_steps
horizon: 1 min
workload:
  arrivals: {kind: constant, rate: 1 per s}
  classes:
    chat: {prompt: 600 tokens, output: 100 tokens}
architectures:
  one:
    pools: {a: {model: llama-3.1-8b, hardware: h100, max_model_len: 20000}}
    workflow: {kind: agent, pool: a, agent: {steps: 10, growth: 1000 tokens, output: 100 tokens}}
"""


def of(workflow) -> dict[str, Need]:
    return needs(WORKFLOWS[workflow["kind"]].model_validate(workflow).nodes(["any"]), *TASKS)


def call(then, **more):
    return {"kind": "call", "pool": "a", "next": then, **more}


def graph(**nodes) -> dict[str, Need]:
    return of({"kind": "graph", "nodes": nodes})


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "long_steps.yaml"
    path.write_text(SCENARIO)
    return path


def test_a_single_call_needs_prompt_and_answer():
    assert graph(a=call("e"), e="end") == {"a": Need(500, 800, 1000)}
    assert graph(a=call("e", added=10, prompt_limit=600, output_scale=2.0), e="end") == {"a": Need(510, 600, 1000)}


def test_an_agents_steps_add_up():
    found = of(AGENT)
    assert found["begin"] == Need(500, 800, 900)
    assert found["work step"] == Need(500 + 10 * 1100, 800 + 10 * 1100, 800 + 10 * 1100 + 100)
    assert found["answer"] == Need(500 + 100 + 10 * 1100, 800 + 100 + 10 * 1100, 800 + 100 + 10 * 1100 + 200)


def test_steps_that_vary_are_sure_only_as_often_as_all_make_them():
    steps = {"kind": "uniform", "low": 2, "high": 10}
    found = of({**AGENT, "agent": AGENT["agent"] | {"steps": steps}})
    assert found["answer"] == Need(600 + 2 * 1100, 900 + 10 * 1100, 900 + 10 * 1100 + 200)
    assert found["work step"].least_prompt_tokens == 500 + 2 * 1100


def test_what_some_tasks_do_not_do_is_sure_for_none():
    found = graph(
        s={"kind": "select", "to": ["a", "b"], "shares": {"a": 0.5, "b": 0.5}},
        a=call("c", keeps=True),
        b=call("c", keeps=True, added=1000),
        c=call("e", prompt="context"),
        e="end",
    )
    assert found["a"].least_prompt_tokens == found["b"].least_prompt_tokens == 0
    assert found["c"] == Need(550, 2000, 2200)


def test_what_is_gathered_counts_and_a_check_of_the_context_bounds():
    found = graph(
        f={"kind": "fork", "to": ["a", "b"], "join": "j"},
        a=call("j", output="300 tokens"),
        b=call("j", output="400 tokens"),
        j={"kind": "join", "next": "v", "gather": True},
        v={"kind": "verify", "context": "1000 tokens", "passes": "c", "fails": "e"},
        c=call("e", prompt="context"),
        e="end",
    )
    assert (found["c"].most_prompt_tokens, found["c"].least_prompt_tokens) == (1000, 0)


def test_a_check_that_keeps_the_best_may_go_back_to_any_conversation():
    nodes = {
        "l": {"kind": "loop", "times": 3, "body": "a", "exit": "c"},
        "a": call("v", prompt="context", keeps=True),
        "v": {"kind": "verify", "auc": 0.8, "passes": "l", "fails": "l"},
        "c": call("e", prompt="context"),
        "e": "end",
    }
    assert graph(**nodes)["c"] == Need(500 + 3 * 50, 800 + 3 * 200, 800 + 4 * 200)
    nodes["v"]["keeps"] = "best"
    assert graph(**nodes)["c"] == Need(500 + 50, 800 + 3 * 200, 800 + 4 * 200)


def test_sessions_whose_loops_lie_within_each_other_come_to_an_end():
    found = of({"kind": "session", "pools": ["a"], "subjects": 2, "turns": 3, "message": 60})
    assert found["turn on a"] == Need(500 + 6 * 60 + 5 * 50, 800 + 6 * 60 + 5 * 200, 800 + 6 * 260)


def test_steps_that_outgrow_the_context_are_told(file):
    assert planned(file).cautions == ()
    short = planned(file, sets=["architectures.one.pools.a.max_model_len=11750"]).cautions
    assert re.search(r"one\.workflow: call 'answer' may need 11,800 tokens .*pool a has a context of 11,750", short[0])


def test_steps_that_must_outgrow_it_are_refused(file):
    with pytest.raises(InputFaults, match=r"one\.workflow  every task comes to call 'work step' with 11,600 tokens"):
        planned(file, sets=["architectures.one.pools.a.max_model_len=10000"])


def test_a_route_that_no_task_can_be_meant_for_is_told(file):
    routed = "{kind: route, classifier: {pool: a, accuracy: 90 %}, routes: {general: a, hard: a}}"
    (told,) = planned(file, sets=[f"architectures.one.workflow={routed}"]).cautions
    assert "one.workflow.routes.hard: no task is of domain 'hard', so that wrong guesses alone come there" in told


def test_an_outage_that_the_warm_up_swallows_is_told(file):
    outage = "architectures.one.pools.a.outages=[{from: 10 s, to: 20 s}]"
    notes = simulate(file, sets=[outage, "warm_up=15 s"]).provenance["notes"]
    assert any("outages.0: begins at 10 s, within the warm-up of 15 s, which figures leave out" in n for n in notes)
    assert simulate(file, sets=[outage, "warm_up=5 s"]).provenance["notes"] == []


def test_a_max_model_len_beyond_the_models_context_is_told(file):
    told = planned(file, sets=["architectures.one.pools.a.max_model_len=1000000"]).cautions
    assert told == (
        "architectures.one.pools.a.max_model_len: 1,000,000 is more than the model's context: 131,072 tokens are taken",
    )


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (
            "pools.a.outages=[{from: 10 min, to: 11 min}]",
            "outages.0: begins at 10 min, and the run ends at 6 min: it n",
        ),
        ("pools.a.outages=[{from: 90 s, to: 95 s}]", "outages.0: begins at 90 s, and the last task arrives before 1 m"),
        (
            "changes=[{pool: a, at: 2 h, load: 3 s}]",
            "changes.0: begins at 2 h, and the run ends at 6 min: it never hap",
        ),
    ],
)
def test_events_that_no_run_sees_are_told(file, event, words):
    assert words in planned(file, sets=[f"architectures.one.{event}"]).cautions[0]
    assert planned(file, sets=["architectures.one.pools.a.outages=[{from: 30 s, to: 10 min}]"]).cautions == ()
