"""Figures of judged answers, on a run whose figures can be worked out by hand (see metric_runs)."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from metric_runs import MS, by_name, some_calls, some_facts, some_records, some_tasks

from fleetsim.luck import Stream, normal
from fleetsim.metrics import figures
from fleetsim.metrics.judged import difficulty_decile
from fleetsim.metrics.view import View
from fleetsim.normal import normal_cdf
from fleetsim.tables import CALLS, TASK_RECORDS, Status

NEW = {
    "accuracy",
    "wrong_undetected_share",
    "cost_per_correct_usd",
    "joules_per_correct",
    "tokens_per_task",
    "escalation_rate",
    "answer_share",
    "hhi",
    "makespan_mean",
    "critical_path_mean",
    "critical_path_calls",
    "parallelism",
    "accuracy_over_time",
    "slo_over_time",
}


def judged_records():
    """Tasks 0, 1 and 3 right; 2 wrong and flagged; 4, refused, wrong and flagged; 5 in flight; 6 wrong, unnoticed.

    Task 2 asked a second model; its calls took 1 to 100 ms, 51 to 81 ms and 101 to 601 ms after its arrival.
    """
    tasks = some_tasks()
    tasks.right, tasks.flagged = [1, 1, 0, 1, 0, -1, 0], [0, 0, 1, 0, 1, 0, 0]
    tasks.domain = [0, 0, 1, 0, 0, 0, 1]
    tasks.answer_pool = [0, 0, 1, 0, -1, 0, 1]
    calls = some_calls(tasks)
    calls.model = [0, 0, 0, 0, -1, 0, 1]
    more = CALLS.empty(2)
    more.task, more.node, more.model, more.status = 2, [0, 1], [0, 1], Status.FINISHED
    more.prompt_tokens, more.output_tokens = 20, 7
    calls = np.concatenate([calls[:3], more, calls[3:]]).view(np.recarray)
    calls.sent_ns[2:5] = [2_001 * MS, 2_051 * MS, 2_101 * MS]
    calls.finish_ns[2:5] = [2_100 * MS, 2_081 * MS, 2_601 * MS]
    return some_records(tasks=tasks, calls=calls)


@pytest.fixture(scope="module")
def facts():
    shared_ease = ((0.3, 0.3), (0.3, 0.1))
    judged_models, domains = ("small", "large"), ("math", "code")
    return some_facts(judged_models=judged_models, shared_ease=shared_ease, domains=domains, escalating=(1,))


@pytest.fixture(scope="module")
def found(facts):
    return by_name(figures(facts, judged_records())[0])


def test_other_models_side_by_side_are_no_escalation(facts):
    found = by_name(figures(replace(facts, escalating=()), judged_records())[0])
    assert found["escalation_rate", "all"] == 0.0


BY_HAND = {
    # in the window and judged: 1 and 3 right; 2 and 4 wrong and flagged; 6 wrong
    ("accuracy", "all"): 2 / 5,
    ("accuracy", "class chat"): 1 / 2,
    ("accuracy", "class code"): 1 / 3,
    ("accuracy", "domain math"): 2 / 3,
    ("accuracy", "domain code"): 0.0,
    ("wrong_undetected_share", "all"): 1 / 5,
    ("wrong_undetected_share", "domain code"): 1 / 2,
    # 0, 1 and 3 were answered rightly in the window of 10 s; the fleet costs 0.004 USD a second
    ("cost_per_correct_usd", "all"): 0.004 / 0.3,
    # tasks 1 to 6, their tokens; a second model was asked for task 2 alone
    ("tokens_per_task", "all"): (15 + (23 + 27 + 27) + 31 + 999 + 140 + 64) / 6,
    ("escalation_rate", "all"): 1 / 6,
    ("escalation_rate", "class chat"): 1 / 3,
    # answered: 1 and 3 by big, 2 and 6 by small
    ("answer_share", "pool big"): 1 / 2,
    ("answer_share", "pool small"): 1 / 2,
    ("makespan_mean", "all"): (500 + 700 + 400 + 1_500) / 4,
    ("critical_path_mean", "all"): (500 + (99 + 500) + 400 + 1_500) / 4,
    ("critical_path_calls", "all"): (1 + 2 + 1 + 1) / 4,
    # one task arrived in each of the first six seconds of ten, and one in the last
    ("accuracy_over_time", "tenth 1"): 1.0,
    ("accuracy_over_time", "tenth 2"): 0.0,
    ("accuracy_over_time", "tenth 10"): 0.0,
    ("slo_over_time", "tenth 3"): 1.0,
    ("slo_over_time", "tenth 5"): 0.0,
    ("parallelism", "all"): (1 + (99 + 30 + 500) / (99 + 500) + 1 + 1) / 4,
}


@pytest.mark.parametrize(("name", "scope"), BY_HAND, ids="-".join)
def test_figure_by_hand(found, name, scope):
    assert found[name, scope] == pytest.approx(BY_HAND[name, scope], rel=1e-12)


def test_energy_of_a_right_answer_is_that_of_all_tasks_over_the_right_ones(found):
    answered, right = 4, 3
    assert found["joules_per_correct", "all"] == pytest.approx(found["joules_per_task", "all"] * answered / right)


def test_concentration_is_over_models(facts):
    """Pools of one model are one; as given tables they are known by their own names, or by whose answers they give."""
    assert by_name(figures(facts, judged_records())[0])["hhi", "all"] == pytest.approx(1.0)
    apart = replace(facts, pools=tuple(replace(pool, model="given table") for pool in facts.pools))
    assert by_name(figures(apart, judged_records())[0])["hhi", "all"] == pytest.approx(0.5)
    tuned = replace(facts, pools=tuple(replace(p, judged_as=f"tuned {p.name}") for p in facts.pools))
    assert by_name(figures(tuned, judged_records())[0])["hhi", "all"] == pytest.approx(0.5)


def test_what_nobody_judged_has_no_accuracy_over_time(found):
    assert math.isnan(found["accuracy_over_time", "tenth 5"])  # in flight
    assert math.isnan(found["slo_over_time", "tenth 7"])  # nobody came


def test_no_figure_of_answers_without_judged_answers(facts):
    names = {name for name, _ in by_name(figures(some_facts(), some_records())[0])}
    assert not names & NEW
    assert not {name for name, _ in by_name(figures(facts, some_records())[0])} & NEW
    assert {name for name, _ in by_name(figures(facts, judged_records())[0])} >= NEW


class TestDifficulty:
    def tasks(self, count: int) -> np.recarray:
        tasks = TASK_RECORDS.empty(count)
        tasks.task = np.arange(count) + 5
        tasks.arrival_ns = np.linspace(2e9, 10e9, count)
        tasks.domain = np.arange(count) % 2
        tasks.right = 1
        return tasks

    def test_it_is_the_ease_that_all_models_share(self, facts):
        tasks = self.tasks(2_000)
        deciles = difficulty_decile(View(facts, some_records(tasks=tasks)), tasks)
        for place in range(0, 2_000, 97):
            task, (own, part) = int(tasks.task[place]), facts.shared_ease[tasks.domain[place]]
            ease = math.sqrt(own) * normal(facts.seed, int(Stream.EASE_TASK), task, 0, 0)
            ease += math.sqrt(part) * normal(facts.seed, int(Stream.EASE_PART), task, 0, 0)
            assert deciles[place] == math.floor(10 * normal_cdf(-ease / math.sqrt(own + part))) + 1
        assert np.bincount(deciles, minlength=11)[1:] == pytest.approx(np.full(10, 200), abs=3 * math.sqrt(200))

    def test_without_a_shared_ease_there_is_none(self, facts):
        tasks = self.tasks(10)
        for shares in ((), ((0.0, 0.0), (0.3, 0.1))):
            view = View(replace(facts, shared_ease=shares), some_records(tasks=tasks))
            assert difficulty_decile(view, tasks) is None
