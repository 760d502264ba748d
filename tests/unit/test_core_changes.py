"""Changes of replicas in the core, and the conversations that they keep, worked out by hand.

All steps last 1000 ns unless a change says otherwise; a block holds 4 tokens.
"""

from __future__ import annotations

import numpy as np
from core_runs import sent_and_finished, simulate
from plans import build_plan, build_tasks, call, end, fork, join, linear, loop, pool, quality, solve, steady

from fleetsim.compiled import typed_kernel
from fleetsim.policies.balancers import SIGNATURE, Balancer
from fleetsim.tables import CHANGES, REFUSAL_NS, VERSIONS, JoinRule, Status

ONE_CALL = [call(0, 1), end()]


def changes(*rows):
    table = CHANGES.empty(len(rows))
    for place, row in enumerate(rows):
        table[place] = (*row, 0)[:6]  # forgets nothing unless it says so
    return table


def version(**columns):
    table = VERSIONS.empty(1)
    for name in VERSIONS.dtype.names:
        table[name] = columns.get(name, 0)
    return table


def changed(*rows, pools=None, nodes=None, become=None, **settings):
    return build_plan(
        pools or [steady()],
        nodes or ONE_CALL,
        versions=become if become is not None else version(),
        changes=changes(*rows),
        **settings,
    )


def test_a_change_in_place_holds_from_the_next_step_on():
    # Steps read nothing at first; from 2500 on each reads its context at 100 ns a token. The step from 2000 ends at
    # 3000; the next ones read 13 and 14 tokens.
    plan = changed((2500, 0, 0, 1, 0), become=version(model=-1, alpha_ns=100.0))
    records = simulate(plan, build_tasks([0]))
    assert records.calls.finish_ns.tolist() == [3000 + 2300 + 2400]
    runs = [(r.start_ns, r.first_ns, r.growth_ns, r.steps) for r in records.runs.rows]
    assert runs == [(1000, 1000.0, 0.0, 2), (3000, 2300.0, 100.0, 2)]


def test_a_change_at_the_very_end_of_a_step_comes_before_it():
    plan = changed((3000, 0, 0, 1, 0), become=version(model=-1, alpha_ns=100.0))
    assert simulate(plan, build_tasks([0])).calls.finish_ns.tolist() == [3000 + 2300 + 2400]


def test_a_closed_replica_finishes_what_it_has_loads_and_opens():
    # Closed at 2500, empty at 5000, open at 5700. What comes meanwhile is refused; at 5700 itself it is open first.
    records = simulate(changed((2500, 0, -1, 0, 700)), build_tasks([0, 2500, 5699, 5700]))
    assert records.calls.status.tolist() == [
        Status.FINISHED,
        Status.REFUSED_CLOSED,
        Status.REFUSED_CLOSED,
        Status.FINISHED,
    ]
    assert records.tasks.finish_ns.tolist() == [5000, 2500 + REFUSAL_NS, 5699 + REFUSAL_NS, 10_700]


def test_calls_go_to_the_replicas_that_are_open():
    plan = changed((500, 1, -1, 0, 10**6), pools=[steady(replicas=3)])
    records = simulate(plan, build_tasks([0, 1, 2, 1000, 1001, 1002]))
    # In turn: 0, 1, 2; then 0 and 2 are open and the turn is 3 modulo 2.
    assert records.calls.replica.tolist() == [0, 1, 2, 2, 0, 2]


def test_samples_tell_who_is_open_and_changes_may_be_the_last_events():
    plan = changed((2500, 0, -1, 0, 700), horizon_ns=4000, sample_every_ns=1000, stop_ns=10**6)
    records = simulate(plan, build_tasks([]))
    assert records.samples.open.tolist() == [1, 1, 1, 0, 1]
    assert records.final.time_ns.tolist() == [4000]
    late = simulate(changed((9000, 0, -1, 0, 700), horizon_ns=4000, sample_every_ns=1000), build_tasks([]))
    assert late.final.time_ns.tolist() == [9700]


def test_a_row_for_a_closed_replica_is_left_out():
    plan = changed((0, 0, -1, 0, 500), (200, 0, 0, 1, 0), (500, 0, 0, 1, 0), become=version(model=-1, alpha_ns=100.0))
    assert simulate(plan, build_tasks([600])).calls.finish_ns.tolist() == [5600]


def test_a_change_may_bring_another_model():
    nodes = [solve(0, 1, output_tokens=1), end()]
    judged = {"nodes": nodes, "pools": [steady(model=0)], "quality": quality([[30.0], [-30.0]])}
    records = simulate(changed((5000, 0, 0, 1, 0), become=version(model=1), **judged), build_tasks([0, 5000]))
    assert records.calls[["model", "right"]].tolist() == [(0, 1), (1, 0)]


TWO_TURNS = [call(0, 1, context=1, keeps=1), call(0, 2, context=1, added_tokens=3), end()]
BY_TOKENS = linear(0, 100)


def keeping(nodes=TWO_TURNS, **columns):
    columns = {"base_ns": BY_TOKENS, "block_tokens": 4, "caches": 1} | columns
    return build_plan([pool(**columns)], nodes)


def test_a_kept_conversation_is_not_computed_again():
    # 10 in, 5 out: 14 entries, 3 full blocks. The second call has 18 in, of which 12 are there: 6 are computed.
    records = simulate(keeping(), build_tasks([0]))
    assert records.calls.cached_tokens.tolist() == [0, 12]
    first, second = records.calls
    assert second.first_token_ns - first.finish_ns == 600
    assert records.final.prefill_tokens.tolist() == [10 + 6]
    assert records.final.kv_blocks.tolist() == [0]


def test_without_caches_it_is():
    assert simulate(keeping(caches=0), build_tasks([0])).calls.cached_tokens.tolist() == [0, 0]


def test_the_last_token_of_a_prompt_is_always_computed():
    # 11 in, 2 out: 12 entries, 3 blocks; 12 in again (cut): only two blocks of it count, for one token is computed.
    nodes = [call(0, 1, context=1, keeps=1), call(0, 2, context=1, prompt_limit=12), end()]
    records = simulate(keeping(nodes), build_tasks([0], prompt_tokens=11, output_tokens=2))
    assert records.calls.cached_tokens.tolist() == [0, 8]


def test_the_oldest_conversations_go_when_blocks_are_needed():
    # Eight blocks. Two tasks leave 3 blocks each at the same time, and come back at once: the first takes its entry,
    # needs 5 blocks, and leaves 3 free, which the other entry has: it stays, and is taken in the step after.
    tasks = build_tasks([0, 0])
    roomy = simulate(keeping(kv_blocks=100), tasks)
    assert roomy.calls.cached_tokens.tolist() == [0, 12, 0, 12]
    # With 7 blocks the first one's 5 leave 2 free: the other entry is gone.
    narrow = simulate(keeping(kv_blocks=7, max_num_seqs=1), tasks)
    assert narrow.calls.cached_tokens.tolist() == [0, 12, 0, 0]


def test_lanes_have_conversations_of_their_own():
    # Lane 1 is longer: 10 + 9 - 1 entries are 4 blocks.
    nodes = [fork([1, 2], join=5), call(0, 3, answers=0, context=1, keeps=1)]
    nodes += [call(0, 4, answers=0, context=1, keeps=1, output_tokens=9)]
    nodes += [call(0, 5, answers=0, context=1, added_tokens=8), call(0, 5, answers=0, context=1, added_tokens=8)]
    nodes += [join(JoinRule.LAST, 6, need=2), end()]
    calls = simulate(keeping(nodes), build_tasks([0])).calls
    assert calls.cached_tokens.tolist() == [0, 0, 12, 16]


def test_a_conversation_is_found_where_it_was_left():
    nodes = [loop(1, 2, limit=3), call(0, 0, context=1, keeps=1), end()]
    records = simulate(build_plan([steady(replicas=2, caches=1)], nodes), build_tasks([0]))
    # In turn 0, 1, 0: the third call finds the entry of the first, of 14 entries, at replica 0.
    assert records.calls.replica.tolist() == [0, 1, 0]
    assert records.calls.cached_tokens.tolist() == [0, 0, 12]


def test_a_balancer_sees_who_keeps_the_conversation():
    @typed_kernel(SIGNATURE)
    def faithful(signals, turn, luck, knobs):
        for i in range(len(signals)):
            if signals[i].cached_tokens > 0:
                return i
        return turn

    nodes = [loop(1, 2, limit=3), call(0, 0, context=1, keeps=1), end()]
    steadfast = steady(replicas=2, caches=1, balancer=Balancer("faithful", faithful, ""))
    records = simulate(build_plan([steadfast], nodes), build_tasks([0, 1]))
    assert records.calls.replica.tolist() == [0, 0, 0, 1, 1, 1]


def test_nothing_is_kept_of_tasks_that_are_no_more():
    # A thousand tasks one after the other, each of them leaving entries.
    records = simulate(keeping(kv_blocks=50), build_tasks(np.arange(1000) * 10_000))
    assert (records.calls.cached_tokens.reshape(-1, 2) == [0, 12]).all()
    assert sent_and_finished(records)[0][:3] == (0, 0, 0)
