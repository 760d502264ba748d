"""The core's threads: calls by the context, forks, joins, loops, delays and checks, worked out by hand.

All steps last 1000 ns: a call of k tokens on an empty pool takes k us.
"""

from __future__ import annotations

import pytest
from core_runs import sent_and_finished, simulate
from plans import build_plan, build_tasks, call, check, delay, end, fork, join, loop, quality, select, solve, steady

from fleetsim.tables import LANES, REFUSAL_NS, JoinRule, Look, Status, TableKey

WIDE = [steady(), steady(), steady()]
SURE, NEVER = 30.0, -30.0
TWO_MODELS = quality([[SURE], [NEVER]])


def part(next, output_tokens, pool=0, **columns):
    """A call of a thread within a FORK."""
    return call(pool, next, answers=0, output_tokens=output_tokens, **columns)


def right(next, pool=0, output_tokens=1, **columns):
    """A call of model 0, which is always right, if the pool is 0, and of model 1, never, if it is 1."""
    return solve(pool, next, output_tokens=output_tokens, **columns)


def judged(nodes, **settings):
    return build_plan([steady(model=0), steady(model=1), steady()], nodes, quality=TWO_MODELS, **settings)


def test_a_conversation_grows_call_by_call():
    # 10 in, 5 out, kept: 15; 2 added: 17 in, floor(0.5 * 5 + 0.5) = 3 out, not kept; 15 in, cut to 12.
    nodes = [
        call(0, 1, context=1, keeps=1),
        call(0, 2, context=1, added_tokens=2, output_scale=0.5),
        call(0, 3, context=1, prompt_limit=12, output_tokens=1),
        end(),
    ]
    calls = simulate(build_plan([steady()], nodes), build_tasks([0])).calls
    assert calls.prompt_tokens.tolist() == [10, 17, 12]
    assert calls.output_tokens.tolist() == [5, 3, 1]


def test_a_table_of_shares_may_go_by_class():
    nodes = [select([1, 2], [[0.0, 1.0], [1.0, 1.0]], table_key=TableKey.CLASS), call(0, 3), call(1, 3), end()]
    calls = simulate(build_plan(WIDE, nodes), build_tasks([0, 0], class_id=[0, 1])).calls
    assert calls.pool.tolist() == [1, 0]


def test_nested_forks_number_their_lanes_and_come_together_inside_out():
    # Lanes 0 and 1 of the outer fork; lane 1 forks into 2 and 3. All have one token but lane 2: 2000.
    nodes = [fork([1, 2], join=6, role_step=1), part(6, 1), fork([3, 4], join=5, role_step=1)]
    nodes += [part(5, 2, pool=1), part(5, 1, pool=2), join(JoinRule.LAST, 6, need=2, span=1)]
    nodes += [join(JoinRule.LAST, 7, need=2, span=2), call(0, 8, output_tokens=1), end()]
    records = simulate(build_plan(WIDE, nodes), build_tasks([0]))
    assert sent_and_finished(records) == [(1, 0, 0, 1000), (3, 2, 0, 2000), (4, 3, 0, 1000), (7, 2 * LANES, 2000, 3000)]
    assert records.calls.role.tolist() == [0, 1, 2, 0]


def test_threads_of_a_closed_gathering_die_inside_and_out():
    # The outer join fires at 1000 by lane 0. Lane 1 has forked: its threads come back at 2000 and 3000 and die, the
    # first before its second call. The task ended at 1000; its record counts what the late ones cost.
    nodes = [fork([1, 2], join=7), part(7, 1), fork([3, 5], join=6)]
    nodes += [part(4, 2, pool=1), part(6, 1, pool=1), part(6, 3, pool=2), join(JoinRule.LAST, 7, need=1)]
    nodes += [join(JoinRule.LAST, 8, need=1), end()]
    records = simulate(build_plan(WIDE, nodes), build_tasks([0]))
    assert sent_and_finished(records) == [(1, 0, 0, 1000), (3, 2, 0, 2000), (5, 3, 0, 3000)]
    assert records.tasks[["calls", "finish_ns", "first_token_ns", "output_tokens"]].tolist() == [(3, 1000, 1000, 1)]


def test_a_run_that_is_cut_off_knows_what_became_of_ended_tasks():
    nodes = [fork([1, 2], join=3), part(3, 1), part(3, 9, pool=1), join(JoinRule.LAST, 4, need=1), end()]
    records = simulate(build_plan(WIDE, nodes, horizon_ns=3000, stop_ns=3000), build_tasks([0]))
    assert records.tasks[["status", "finish_ns"]].tolist() == [(Status.FINISHED, 1000)]
    assert records.calls.status.tolist() == [Status.FINISHED, Status.IN_FLIGHT]


def test_clients_do_not_wait_for_late_threads():
    nodes = [fork([1, 2], join=3), part(3, 1), part(3, 9, pool=1), join(JoinRule.LAST, 4, need=1), end()]
    plan = build_plan(WIDE, nodes, clients=1, horizon_ns=2500)
    records = simulate(plan, build_tasks([0, 0, 0, 0], think_ns=500))
    assert records.tasks.arrival_ns.tolist() == [0, 1500]


def test_a_vote_that_is_decided_does_not_wait():
    # Lanes 0 and 1 agree at 1000 and 2000 (right); the third, of three, could change nothing.
    nodes = [fork([1, 2, 3], join=4), right(4), right(4, output_tokens=2), right(4, 2, 9)]
    nodes += [join(JoinRule.VOTE, 5, need=3, early=1), end()]
    records = simulate(judged(nodes), build_tasks([0]))
    assert records.tasks[["finish_ns", "right", "flagged"]].tolist() == [(2000, 1, 0)]
    late = simulate(judged([*nodes[:4], join(JoinRule.VOTE, 5, need=3), end()]), build_tasks([0]))
    assert late.tasks.finish_ns.tolist() == [9000]


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [(JoinRule.LAST, 0), (JoinRule.ANY, 1), (JoinRule.ALL, 0), (JoinRule.BEST, 1), (JoinRule.VOTE, 1)],
)
def test_rules_of_a_join(rule, verdict):
    """A right answer of weight 2 comes first, a wrong one last."""
    nodes = [fork([1, 2], join=3), right(3, weight=2.0), right(3, pool=1, output_tokens=2)]
    nodes += [join(rule, 4, need=2, separation=100.0), end()]
    records = simulate(judged(nodes), build_tasks([0, 0, 0]))
    assert records.tasks.right.tolist() == [verdict] * 3
    assert records.calls.right.tolist() == [1, 0] * 3


def test_a_wrong_first_stage_spoils_the_pipeline():
    nodes = [right(1, pool=1), right(2, chain=1), end()]
    assert simulate(judged(nodes), build_tasks([0])).tasks.right.tolist() == [0]
    nodes = [right(1, pool=0), right(2, chain=1), end()]
    assert simulate(judged(nodes), build_tasks([0])).tasks.right.tolist() == [1]


def test_a_cascade_goes_on_where_the_check_fails():
    nodes = [right(1, pool=1), check(Look.ANSWER, 50.0, next=3, other=2, separation=100.0), right(3), end()]
    records = simulate(judged(nodes), build_tasks([0]))
    assert records.calls.node.tolist() == [0, 2]
    assert records.tasks[["right", "flagged", "answer_pool"]].tolist() == [(1, 0, 0)]
    nodes = [right(1), *nodes[1:]]
    assert simulate(judged(nodes), build_tasks([0])).calls.node.tolist() == [0]


def test_checks_of_time_context_and_agreement():
    # Before the call nothing has passed, after it 5000 ns have.
    nodes = [check(Look.ELAPSED, 4999.0, 1, 3), call(0, 2), check(Look.ELAPSED, 4999.0, 1, 3), end()]
    assert simulate(build_plan(WIDE, nodes), build_tasks([0])).tasks.calls.tolist() == [1]
    nodes = [check(Look.CONTEXT, 10.0, 1, 2), call(0, 3), call(1, 3), end()]
    calls = simulate(build_plan(WIDE, nodes), build_tasks([0, 0], prompt_tokens=[10, 11])).calls
    assert calls.pool.tolist() == [0, 1]
    nodes = [fork([1, 2, 3], join=4), right(4), right(4), right(4, pool=1), join(JoinRule.VOTE, 5, need=3)]
    nodes += [check(Look.AGREEMENT, 0.6, 7, 6), right(7, pool=2), end()]
    assert simulate(judged(nodes), build_tasks([0])).tasks.calls.tolist() == [3]
    nodes[5] = check(Look.AGREEMENT, 0.7, 7, 6)
    assert simulate(judged(nodes), build_tasks([0])).tasks.calls.tolist() == [4]


def test_a_loop_within_a_loop_starts_afresh():
    # Two passes of the outer one, each with three of the inner one and one token; then one call behind.
    nodes = [loop(1, 4, limit=2), loop(2, 3, limit=3, depth=1), call(0, 1, output_tokens=1)]
    nodes += [delay([0], 0), call(0, 5, output_tokens=1), end()]
    calls = simulate(build_plan(WIDE, nodes), build_tasks([0])).calls
    assert [(c.node, c.attempt // LANES) for c in calls] == [(2, r) for r in (0, 1, 2, 3, 4, 5)] + [(4, 5)]


def test_passes_are_drawn_and_never_more_than_the_limit():
    nodes = [loop(1, 2, limit=3, times_ns=[1, 2, 5]), call(0, 0, output_tokens=1), end()]
    made = simulate(build_plan(WIDE, nodes), build_tasks([0] * 60)).tasks.calls
    assert set(made.tolist()) == {1, 2, 3}


def test_a_delay_is_waited_out_before_the_next_call():
    nodes = [call(0, 1, output_tokens=1), delay([700], 2), call(0, 3, output_tokens=1), end()]
    records = simulate(build_plan([steady(delay_ns=10)], nodes), build_tasks([0]))
    assert sent_and_finished(records) == [(0, 0, 0, 1010), (2, 0, 1710, 2720)]


def test_a_refusal_in_a_fork_is_a_ballot():
    # The prompt of 10 does not go into the context of pool 1; its refusal is back after REFUSAL_NS.
    pools = [steady(model=0), steady(model=1, context_tokens=10)]
    nodes = [fork([1, 2], join=3), right(3), right(3, pool=1), join(JoinRule.ALL, 4, need=2), end()]
    records = simulate(build_plan(pools, nodes, quality=TWO_MODELS), build_tasks([0]))
    assert records.tasks[["status", "right", "flagged", "finish_ns"]].tolist() == [(Status.FINISHED, 0, 1, REFUSAL_NS)]
    assert records.calls[["status", "model", "right"]].tolist() == [
        (Status.FINISHED, 0, 1),
        (Status.REFUSED_CONTEXT, -1, -1),
    ]


def test_a_refused_call_may_have_a_fallback():
    pools = [steady(context_tokens=10), steady()]
    nodes = [call(0, 2, other=1), call(1, 2, output_tokens=1), end()]
    records = simulate(build_plan(pools, nodes), build_tasks([0]))
    assert sent_and_finished(records) == [(0, 0, 0, -1), (1, 0, REFUSAL_NS, REFUSAL_NS + 1000)]
    assert records.tasks[["status", "answer_pool", "calls"]].tolist() == [(Status.FINISHED, 1, 2)]


@pytest.mark.parametrize(("model", "verdict"), [(0, 0), (-1, -1)])
def test_a_refused_task_is_wrong_where_answers_are_judged(model, verdict):
    plan = build_plan([steady(model=model, outages=[(0, 1)])], [right(1), end()], quality=TWO_MODELS)
    tasks = simulate(plan, build_tasks([0])).tasks
    assert tasks[["status", "right", "flagged"]].tolist() == [(Status.REFUSED_OUTAGE, verdict, 1)]


def test_a_fork_of_many_tasks_at_once_finds_room():
    # 3000 tasks of 8 threads at one instant: more slots than there are at first.
    nodes = [fork([1] * 8, join=2), part(2, 1), join(JoinRule.LAST, 3, need=8), end()]
    records = simulate(build_plan([steady(max_num_seqs=2000)], nodes), build_tasks([0] * 3000))
    assert len(records.calls) == 24_000
    assert (records.tasks.status == Status.FINISHED).all()
