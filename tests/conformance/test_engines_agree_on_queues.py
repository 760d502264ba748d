"""The core equals the reference where much waits, whatever the queue's order, and where tasks search."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from agreement import engines_agree
from random_queues import random_queues
from random_searches import random_search

from fleetsim.engine.run import run as run_engine
from fleetsim.study.verify import first_difference
from fleetsim.tables import Asked, JoinRule, Learns, Look, NodeKind, RunKind, Scheduler

QUEUES, SEARCHES, BLOCK = 300, 60, 20


@pytest.mark.parametrize("first", range(0, QUEUES, BLOCK))
def test_engines_agree_on_queues(first):
    engines_agree("queues", random_queues, range(first, first + BLOCK))


@pytest.mark.parametrize("first", range(0, SEARCHES, BLOCK))
def test_engines_agree_on_searches(first):
    engines_agree("search", random_search, range(first, first + BLOCK))


def test_the_queues_reach_what_matters():
    """Of each way to be asked: preemption, prefill and decode pools, kept conversations, changes, several replicas."""
    seen = Counter()
    for number in range(QUEUES):
        plan, tasks = random_queues(number)
        calls = run_engine(plan, tasks).calls
        first = plan.pools[0]
        asked = Asked(first.order_asked).name
        seen[f"{asked} {Scheduler(first.scheduler).name}"] += 1
        seen[f"{asked} preempted"] += int(calls.preemptions[calls.pool == 0].sum())
        seen[f"{asked} kept"] += int((calls.cached_tokens > 0).sum())
        seen[f"{asked} changed"] += len(plan.changes) > 0
        seen[f"{asked} replicas"] += first.replicas > 1
        seen[f"{asked} closed loop"] += plan.clients > 0
        for pool in plan.pools[plan.pools.decode_pool >= 0]:
            behind = plan.pools[pool.decode_pool]
            imports = (calls.transferred_ns >= 0) & (calls.pool == pool.decode_pool)
            seen[f"{Asked(behind.order_asked).name} imported"] += int(imports.sum())
            seen[f"{Asked(behind.order_asked).name} imported, preempted"] += int(calls.preemptions[imports].sum())
    what = [way.name for way in Scheduler] + ["preempted", "kept", "changed", "replicas", "closed loop"]
    what += ["imported", "imported, preempted"]
    assert not [f"{asked.name} {each}" for asked in Asked for each in what if not seen[f"{asked.name} {each}"]]


def goes_back(plan, tasks, records):
    """Whether it matters that a check keeps the best: other calls are made without."""
    nodes = plan.nodes.copy()
    nodes.keeps_best = 0
    return first_difference(records, run_engine(replace(plan, nodes=nodes), tasks)) is not None


def test_the_searches_reach_what_matters():
    """Choices that a task remembers share rows of memory, stand before forks, and err; calls of all kinds are made."""
    seen = Counter()
    for number in range(SEARCHES):
        plan, tasks = random_search(number)
        records = run_engine(plan, tasks)
        own = plan.nodes[(plan.nodes.kind == NodeKind.SELECT) & (plan.nodes.learns == Learns.OWN_TASK)]
        rows = [{option.memory for option in plan.options[n.first_option :][: n.branches]} for n in own]
        seen["rows together"] += any(a & b for i, a in enumerate(rows) for b in rows[:i])
        seen["errors"] += bool((own.feedback_error > 0).any())
        seen["verifiers"] += bool(((plan.nodes.kind == NodeKind.VERIFY) & (plan.nodes.look == Look.ANSWER)).any())
        seen["better ones before"] += goes_back(plan, tasks, records)
        seen["forks"] += bool((plan.nodes.kind == NodeKind.FORK).any())
        seen.update(JoinRule(rule).name for rule in plan.nodes[plan.nodes.kind == NodeKind.JOIN].rule)
        seen["preempted"] += int(records.calls.preemptions.sum())
        seen["gaps"] += int((records.runs.rows.kind == RunKind.RESUMED).sum())
        seen["rented"] += bool((plan.pools.endpoint[records.calls.pool] == 1).any())
        seen["rounds"] = max(seen["rounds"], int(records.calls.attempt.max()) // 64)
    wanted = {"better ones before", "rows together", "errors", "verifiers", "forks", "preempted", "gaps", "rented"}
    assert not {name for name in wanted | {rule.name for rule in JoinRule} if not seen[name]}
    assert seen["rounds"] >= 5
