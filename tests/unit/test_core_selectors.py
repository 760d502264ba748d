"""Selectors in the core: what they see, what they remember, and what happens if they err."""

from __future__ import annotations

import numpy as np
import pytest
from core_runs import simulate
from plans import build_plan, build_tasks, call, end, quality, select, solve, steady

from fleetsim.compiled import typed_kernel
from fleetsim.errors import EngineFault
from fleetsim.policies.balancers import SIGNATURE, Balancer
from fleetsim.policies.selectors import SELECTOR_SIGNATURE, SELECTORS, Selector
from fleetsim.quality.answers import ease, estimate
from fleetsim.tables import KNOBS, OPTIONS

SURE, NEVER = 30.0, -30.0


def options(*rows):
    table = OPTIONS.empty(len(rows))
    for place, row in enumerate(rows):
        table[place] = row
    return table


def chooser(rule, *, ability=((SURE,), (NEVER,)), memory=1, knobs=(), told=None, **columns):
    """Two pools of models 0 and 1, and a SELECT between them by a rule; option 0 costs 2 dollars, option 1 costs 1."""
    row = np.zeros((1, KNOBS))
    row[0, : len(knobs)] = knobs
    domains = len(ability[0])
    return build_plan(
        [steady(model=0), steady(model=1)],
        [select([1, 2], selector=0, **columns), solve(0, 3, output_tokens=1), solve(1, 3, output_tokens=1), end()],
        quality=quality(ability),
        domains=domains,
        options=options((0, 0, 2.0, 0.5, 0, memory), (1, 1, 1.0, 0.7, memory, memory)),
        option_ability=np.ravel(told if told is not None else ability),
        memory_rows=2 * memory,
        selectors=(rule,),
        selector_knobs=row,
    )


def rule_of(function, **more):
    return Selector("rule", typed_kernel(SELECTOR_SIGNATURE)(function), "", **more)


def test_a_bound_sees_who_would_be_right_and_others_do_not():
    assert set(simulate(chooser(SELECTORS["oracle"]), build_tasks([0] * 9)).calls.pool.tolist()) == {0}

    def nosy(options, luck, knobs):
        return 1 if options[0].right == -1.0 else 0

    assert set(simulate(chooser(rule_of(nosy)), build_tasks([0] * 9)).calls.pool.tolist()) == {1}


def test_what_is_known_of_the_options_and_of_the_pools():
    def careful(options, luck, knobs):
        known = options[0].cost_usd == 2.0 and options[1].seconds == 0.7 and options[0].reports == 0.0
        if not known:
            return 7
        return 0 if options[0].load <= options[1].load else 1

    calls = simulate(chooser(rule_of(careful)), build_tasks([0, 0, 0, 0])).calls
    assert calls.pool.tolist() == [0, 1, 0, 1]


def test_a_wrong_branch_stops_the_run():
    def lost(options, luck, knobs):
        return len(options)

    with pytest.raises(EngineFault, match="selector of node 0 sent task 0 to branch 2; the node has 2"):
        simulate(chooser(rule_of(lost)), build_tasks([0]))


def test_an_infinite_branch_stops_the_run():
    def endless(options, luck, knobs):
        return 1.0 / options[0].load

    with pytest.raises(EngineFault, match=r"selector of node 0 sent task 0 to branch -?\d{19}"):
        simulate(chooser(rule_of(endless)), build_tasks([0]))


@pytest.mark.parametrize("by", [1, -1])
def test_an_infinite_replica_stops_the_run(by):
    def endless(signals, turn, luck, knobs):
        return knobs[0] / signals[0].outstanding

    balancer = Balancer("endless", typed_kernel(SIGNATURE)(endless), "", knobs={"by": by})
    plan = build_plan([steady(), steady(replicas=2, balancer=balancer)], [call(1, 1), end()])
    with pytest.raises(EngineFault, match=r"balancer of pool 1 sent task 0 to replica -?\d{19}; the pool has 2"):
        simulate(plan, build_tasks([0]))


def test_signals_are_as_informed_as_they_say():
    # Fully informed: the signal is the ease itself, and the estimate is next to certain.
    plan = chooser(SELECTORS["chance"], ability=((0.3,), (0.3,)), informed=1.0)
    easy = [ease(plan.quality, 1, task, 0, 0, 0, 0) for task in range(40)]
    certain = [estimate(plan.quality, 0, 0.3, e, 1.0) > 0.5 for e in easy]

    def trusting(options, luck, knobs):
        return 0 if options[0].quality > 0.5 else 1

    calls = simulate(chooser(rule_of(trusting), ability=((0.3,), (0.3,)), informed=1.0), build_tasks([0] * 40)).calls
    assert [p == 0 for p in calls.pool] == certain
    taken = calls[calls.pool == 0]
    assert (taken.right == 1).all()


def test_reports_come_back_when_tasks_end():
    # Takes what has been reported least: each task ends before the next, so 0, 1, 0, 1.
    def fair(options, luck, knobs):
        return 0 if options[0].reports <= options[1].reports else 1

    apart = [0, 10_000, 20_000, 30_000]
    calls = simulate(chooser(rule_of(fair), learns=1, discount=1.0), build_tasks(apart)).calls
    assert calls.pool.tolist() == [0, 1, 0, 1]
    # At one instant nothing has been reported yet.
    calls = simulate(chooser(rule_of(fair), learns=1, discount=1.0), build_tasks([0] * 4)).calls
    assert calls.pool.tolist() == [0] * 4


def test_rewards_are_less_by_the_cost_and_may_be_the_wrong_way_round():
    # Option 0 is right: 1 - 0.1 * 2 = 0.8; wrongly reported: 0 - 0.2. Half is forgotten at each report.
    def heeding(options, luck, knobs):
        reward = options[0].reward
        if abs(reward - knobs[0]) < 1e-12:
            return 1
        return 0

    apart = [0, 10_000, 20_000]
    learning = {"learns": 1, "discount": 0.5, "cost_weight": 0.1}
    calls = simulate(chooser(rule_of(heeding), knobs=(0.8,), **learning), build_tasks(apart)).calls
    assert calls.pool.tolist() == [0, 1, 0]
    calls = simulate(chooser(rule_of(heeding), knobs=(-0.2,), feedback_error=1.0, **learning), build_tasks(apart)).calls
    assert calls.pool.tolist() == [0, 1, 0]


def test_memory_may_be_kept_apart_by_domain():
    def fair(options, luck, knobs):
        return 0 if options[0].reports <= options[1].reports else 1

    two = ((SURE, SURE), (NEVER, NEVER))
    apart = build_tasks([0, 10_000, 20_000], domain=[0, 1, 0])
    together = simulate(chooser(rule_of(fair), ability=two, learns=1, discount=1.0), apart).calls
    assert together.pool.tolist() == [0, 1, 0]
    calls = simulate(chooser(rule_of(fair), ability=two, memory=2, learns=1, discount=1.0), apart).calls
    assert calls.pool.tolist() == [0, 0, 1]
