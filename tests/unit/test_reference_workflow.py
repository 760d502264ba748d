"""The reference engine's tasks, workflows, networks and simultaneous events against arithmetic by hand."""

import pytest
from plans import build_plan, build_tasks, call, end, linear, loop, pool, select

from fleetsim.engine.reference import simulate
from fleetsim.errors import EngineFault
from fleetsim.luck import Stream, uniform
from fleetsim.tables import LANES, REFUSAL_NS, Status


def fixed(step_ns=1000, **columns):
    """A pool whose steps all last the same."""
    return pool(base_ns=linear(step_ns, 0), **columns)


def test_a_router_sends_each_domain_to_its_specialist():
    # Router: one token of a prompt cut to 4, steps of 500, one seat. Task 0: routed at 500, its answer's tokens at
    # 1500 and 2500. Task 1 arrives at 10, is routed from 500 to 1000, and its specialist's tokens come at 3000 and
    # 5000.
    nodes = [
        call(0, next=1, prompt_limit=4, output_tokens=1, answers=0),
        select([2, 3], [[1.0, 1.0], [0.0, 1.0]]),
        call(1, next=4),
        call(2, next=4),
        end(),
    ]
    plan = build_plan([fixed(500, max_num_seqs=1), fixed(1000), fixed(2000)], nodes)
    outcome = simulate(plan, build_tasks([0, 10], domain=[0, 1], output_tokens=2))
    calls = outcome.calls
    assert list(zip(calls.task, calls.node, calls.pool, calls.replica, strict=True)) == [
        (0, 0, 0, 0),
        (0, 2, 1, 1),
        (1, 0, 0, 0),
        (1, 3, 2, 2),
    ]
    assert calls.prompt_tokens.tolist() == [4, 10, 4, 10]
    assert calls.sent_ns.tolist() == [0, 500, 10, 1000]
    assert calls.finish_ns.tolist() == [500, 2500, 1000, 5000]
    tasks = outcome.tasks
    assert tasks.first_token_ns.tolist() == [1500, 3000]
    assert tasks.finish_ns.tolist() == [2500, 5000]
    assert tasks.answer_pool.tolist() == [1, 2]
    assert tasks.calls.tolist() == [2, 2]
    assert tasks.domain.tolist() == [0, 1]


def test_shares_of_a_select_are_drawn_by_task():
    nodes = [select([1, 2], [[0.3, 1.0]]), call(0, next=3), call(1, next=3), end()]
    outcome = simulate(build_plan([fixed(), fixed()], nodes, seed=9), build_tasks(range(200)))
    drawn = [0 if uniform(9, int(Stream.SELECT), task, 0, 0) < 0.3 else 1 for task in range(200)]
    assert outcome.tasks.answer_pool.tolist() == drawn
    assert 0 < sum(drawn) < 200


def test_a_workflow_that_ends_at_once():
    (task,) = simulate(build_plan(nodes=[end()]), build_tasks([5])).tasks
    assert (task.arrival_ns, task.finish_ns, task.first_token_ns, task.status) == (5, 5, 5, Status.FINISHED)
    assert (task.calls, task.answer_pool, task.output_tokens) == (0, -1, 0)


def test_the_answer_is_the_last_answering_calls():
    # Draft 0 to 1000, answer tokens at 2000 and 3000 (cut from 9 to 2 by the context of 12), check of one token at
    # 4000.
    nodes = [call(0, next=1, output_tokens=1), call(1, next=2, output_tokens=9), call(0, 3, output_tokens=1, answers=0)]
    plan = build_plan([fixed(), fixed(context_tokens=12)], [*nodes, end()])
    (task,) = simulate(plan, build_tasks([0])).tasks
    assert (task.first_token_ns, task.finish_ns) == (2000, 4000)
    assert (task.answer_pool, task.output_tokens, task.status, task.calls) == (1, 2, Status.CUT, 3)


def test_a_refused_call_ends_its_task():
    nodes = [call(0, next=1, output_tokens=1), call(1, next=2), end()]
    outcome = simulate(build_plan([fixed(), fixed(context_tokens=10)], nodes), build_tasks([0]))
    (task,) = outcome.tasks
    assert (task.status, task.finish_ns) == (Status.REFUSED_CONTEXT, 1000 + REFUSAL_NS)
    # The answering call is the last one sent, the refused one: no token of it.
    assert (task.calls, task.answer_pool, task.first_token_ns, task.output_tokens) == (2, 1, -1, 0)


def test_a_node_entered_again_counts_its_rounds():
    nodes = [loop(next=1, other=2, limit=9), call(0, next=0, output_tokens=1), end()]
    outcome = simulate(build_plan([fixed()], nodes, stop_ns=2500), build_tasks([0]))
    assert outcome.calls.attempt.tolist() == [0, LANES, 2 * LANES]
    assert outcome.calls.finish_ns.tolist() == [1000, 2000, -1]


def test_network_delays():
    # Sent 1000, delivered 1100, first token 1100 later at the replica, 50 later at the client; the last token 1010
    # after it.
    nodes = [call(0, next=1), call(0, next=2), end()]
    outcome = simulate(
        build_plan([pool(delay_ns=100, return_delay_ns=50)], nodes), build_tasks([1000], output_tokens=2)
    )
    first, second = outcome.calls
    assert (first.sent_ns, first.queued_ns, first.admitted_ns) == (1000, 1100, 1100)
    assert (first.first_token_ns, first.finish_ns) == (2200, 3210)
    assert (second.sent_ns, second.queued_ns, second.first_token_ns, second.finish_ns) == (3260, 3360, 4460, 5470)
    assert (outcome.tasks[0].first_token_ns, outcome.tasks[0].finish_ns) == (4510, 5520)


def test_closed_loop():
    # Two clients, one seat. Task 0: 0 to 1000, so task 2 arrives at 1000 + 300. Task 1: 1000 to 2000, task 3
    # arrives at 2000. Task 2: 2000 to 3000, task 4 arrives at 3400. Task 3 ends at 4000, past the horizon of 3500.
    # Task 4: 4000 to 5000.
    plan = build_plan([fixed(max_num_seqs=1)], clients=2, horizon_ns=3500)
    rows = build_tasks([0, 0, 77, 77, 77], output_tokens=1, think_ns=[300, 0, 400, 0, 0])
    tasks = simulate(plan, rows).tasks
    assert tasks.arrival_ns.tolist() == [0, 0, 1300, 2000, 3400]
    assert tasks.finish_ns.tolist() == [1000, 2000, 3000, 4000, 5000]
    with pytest.raises(EngineFault, match="closed loop of 2 clients ran out of tasks: it needs task 4"):
        simulate(plan, rows[:4])
    with pytest.raises(EngineFault, match="it needs task 1"):
        simulate(plan, rows[:1])


def test_a_closed_loop_of_refusals_goes_on():
    plan = build_plan([fixed(context_tokens=10)], clients=1, horizon_ns=3 * REFUSAL_NS)
    tasks = simulate(plan, build_tasks([0] * 3)).tasks
    assert tasks.arrival_ns.tolist() == [0, REFUSAL_NS, 2 * REFUSAL_NS]


def test_no_task_arrives_at_the_horizon():
    tasks = simulate(build_plan(horizon_ns=500), build_tasks([0, 499, 500, 501])).tasks
    assert tasks.task.tolist() == [0, 1]


def outstanding_seen(plan_of, tasks):
    """What a balancer sees as (outstanding, kv_blocks) of a single replica, call by call."""
    seen = []

    def watch(signals, turn, luck, knobs):
        seen.append((int(signals[0].outstanding), int(signals[0].kv_blocks)))
        return 0

    simulate(plan_of(watch), tasks)
    return seen


@pytest.mark.parametrize("delay_ns", [0, 100])
def test_a_step_ends_before_a_call_arrives_at_its_instant(delay_ns):
    tasks = build_tasks([0, 1000], output_tokens=1)
    assert outstanding_seen(lambda rule: build_plan([fixed(balancer=rule, delay_ns=delay_ns)]), tasks)[1] == (0, 0)


def test_finished_calls_are_handed_back_one_after_the_other():
    # Two calls of a step finish at 1000 and both make another call at once. The first is delivered while the second
    # is still outstanding, but both have freed their blocks; the second finds the first one's new call waiting (1
    # block).
    nodes = [call(0, next=1, output_tokens=1), call(0, next=2, output_tokens=1), end()]
    seen = outstanding_seen(lambda rule: build_plan([fixed(balancer=rule)], nodes), build_tasks([0, 0]))
    assert seen == [(0, 0), (1, 1), (1, 0), (1, 1)]


def test_an_answer_returns_before_a_task_arrives_at_its_instant():
    # Task 0's first call ends at 1000 and is back at 1100, when its second is queued before task 1, which arrives
    # at 1100.
    nodes = [call(0, next=1, output_tokens=1), call(0, next=2, output_tokens=1), end()]
    plan = build_plan([fixed(max_num_seqs=1, return_delay_ns=100)], nodes)
    calls = simulate(plan, build_tasks([0, 1100])).calls
    assert calls.admitted_ns[:3].tolist() == [0, 1100, 2100]


def test_tasks_of_one_instant_go_in_their_order():
    plan = build_plan([fixed(max_num_seqs=1, delay_ns=30)])
    calls = simulate(plan, build_tasks([0, 0, 0], output_tokens=1)).calls
    assert calls.admitted_ns.tolist() == [30, 1030, 2030]


def test_balancers_turn():
    plan = build_plan([fixed(), fixed(replicas=3, balancer="round_robin")], [call(1, next=1), end()])
    calls = simulate(plan, build_tasks([0] * 5)).calls
    assert calls.replica.tolist() == [1, 2, 3, 1, 2]


@pytest.mark.parametrize("index", [2, -1, float("nan"), float("inf")])
def test_a_balancer_outside_its_pool_stops_the_run(index):
    def stray(signals, turn, luck, knobs):
        return index

    plan = build_plan([fixed(), fixed(replicas=2, balancer=stray)], [call(0, 1), call(1, 2), end()])
    with pytest.raises(EngineFault, match=f"balancer 'stray' of pool 1 chose replica {index} for task 0"):
        simulate(plan, build_tasks([0]))
