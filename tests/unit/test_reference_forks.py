"""FORK and JOIN of the reference engine: who waits for whom, and when, worked out by hand.

All steps last 1000 ns: an answer of k tokens takes k us if nothing is in its way.
"""

from plans import build_plan, build_tasks, call, check, delay, end, fork, join, loop, steady

from fleetsim.engine.reference import simulate
from fleetsim.tables import LANES, REFUSAL_NS, JoinRule, Look, Status


def calls_of(outcome):
    """(node, attempt, sent, finish) of every call."""
    return [(c.node, c.attempt, c.sent_ns, c.finish_ns) for c in outcome.calls]


def side(next, output_tokens, pool=0, **columns):
    """A call within a FORK."""
    return call(pool, next, answers=0, output_tokens=output_tokens, **columns)


def test_a_join_waits_for_all():
    # Lanes 0 and 1 of 1 and 3 tokens, on a pool each: 1000 and 3000. The answer follows, 2 tokens: 5000.
    nodes = [fork([1, 2], join=3), side(3, 1, pool=0), side(3, 3, pool=1), join(JoinRule.LAST, 4, need=2)]
    outcome = simulate(build_plan([steady(), steady()], [*nodes, call(0, 5, output_tokens=2), end()]), build_tasks([0]))
    assert calls_of(outcome) == [(1, 0, 0, 1000), (2, 1, 0, 3000), (4, 0, 3000, 5000)]
    (task,) = outcome.tasks
    assert (task.calls, task.first_token_ns, task.finish_ns, task.status) == (3, 4000, 5000, Status.FINISHED)


def test_a_join_of_one_goes_on_with_the_first_and_the_other_costs_what_it_costs():
    # The same fork with need 1: the first is back at 1000 and is the answer. The other goes on to 3000.
    nodes = [fork([1, 2], join=3), side(3, 1, pool=0), side(3, 3, pool=1), join(JoinRule.LAST, 4, need=1), end()]
    outcome = simulate(build_plan([steady(), steady()], nodes), build_tasks([0]))
    assert calls_of(outcome) == [(1, 0, 0, 1000), (2, 1, 0, 3000)]
    (task,) = outcome.tasks
    # Nobody read along: the whole answer is there at once.
    assert (task.first_token_ns, task.finish_ns, task.answer_pool, task.output_tokens) == (1000, 1000, 0, 1)
    assert outcome.calls.status.tolist() == [Status.FINISHED] * 2
    assert outcome.final.output_tokens.tolist() == [1, 3]


def test_a_thread_too_late_makes_no_further_call():
    # Lane 1 would make a second call at 3000, but its gathering closed at 1000.
    nodes = [fork([1, 2], join=4), side(4, 1, pool=0), side(3, 3, pool=1), side(4, 1, pool=1)]
    nodes += [join(JoinRule.LAST, 5, need=1), end()]
    outcome = simulate(build_plan([steady(), steady()], nodes), build_tasks([0]))
    assert calls_of(outcome) == [(1, 0, 0, 1000), (2, 1, 0, 3000)]
    assert outcome.tasks.calls.tolist() == [2]


def test_all_that_follows_from_a_thread_happens_before_the_next_enters():
    # One seat. Lane 0 is sent first and lane 1 second, lane 2 goes to the join at once and closes it: task ends at 0.
    # Lane 3 comes to life and dies. The calls of lanes 0 and 1 cost what they cost.
    nodes = [fork([1, 1, 2, 1], join=2), side(2, 1), join(JoinRule.LAST, 3, need=1), end()]
    outcome = simulate(build_plan([steady(max_num_seqs=1)], nodes), build_tasks([0]))
    assert calls_of(outcome) == [(1, 0, 0, 1000), (1, 1, 0, 2000)]
    (task,) = outcome.tasks
    assert (task.finish_ns, task.first_token_ns, task.answer_pool, task.calls) == (0, 0, -1, 2)


def test_lanes_of_nested_forks():
    # Outer lanes 0 and 1, each with 3 inner ones: 0, 1, 2 and 3, 4, 5. The inner joins wait for two, the outer for
    # both. One seat: calls end at 1000, 2000 and so on in the order of their sending. Outer lane 0 is joined at 2000,
    # outer lane 1 at 5000, where lane 0's call behind its join (sent at 2000, at 7000) is still to come.
    nodes = [
        fork([1, 4], join=6),
        fork([2, 2, 2], join=3),
        side(3, 1),
        join(JoinRule.LAST, 8, need=2),
        fork([5, 5, 5], join=7),
        side(7, 1),
        join(JoinRule.LAST, 9, need=2),
        join(JoinRule.LAST, 6, need=2),
        side(6, 1),
        end(),
    ]
    outcome = simulate(build_plan([steady(max_num_seqs=1)], nodes), build_tasks([0]))
    assert calls_of(outcome) == [
        (2, 0, 0, 1000),
        (2, 1, 0, 2000),
        (2, 2, 0, 3000),
        (5, 3, 0, 4000),
        (5, 4, 0, 5000),
        (5, 5, 0, 6000),
        (8, 0, 2000, 7000),
    ]
    assert outcome.tasks.finish_ns.tolist() == [7000]


def test_a_thread_dies_with_an_outer_gathering():
    # Outer lane 0 forks into 0 and 1 (2 and 4 tokens), outer lane 1 (lane 1, 3 tokens on its own pool) closes the outer
    # gathering at 3000. The inner join would have two at 4000, and a call behind it: none is made.
    nodes = [
        fork([1, 5], join=6),
        fork([2, 3], join=4),
        side(4, 2),
        side(4, 4),
        join(JoinRule.LAST, 7, need=2),
        side(6, 3, pool=1),
        join(JoinRule.LAST, 8, need=1),
        side(6, 1),
        end(),
    ]
    outcome = simulate(build_plan([steady(), steady()], nodes), build_tasks([0]))
    assert calls_of(outcome) == [(2, 0, 0, 2000), (3, 1, 0, 4000), (5, 1, 0, 3000)]
    assert outcome.tasks.finish_ns.tolist() == [3000]


def test_a_loop_within_a_fork_and_the_rounds_behind_it():
    # Both lanes go round twice: 1 token a pass, attempts 0 and LANES, 1 and LANES + 1, together to 1000 and 2000. The
    # join counts 1 round for that; the call behind it is attempt LANES.
    nodes = [fork([1, 1], join=3), loop(next=2, other=3, limit=2), side(1, 1), join(JoinRule.LAST, 4, need=2, span=1)]
    outcome = simulate(build_plan([steady()], [*nodes, call(0, 5, output_tokens=1), end()]), build_tasks([0]))
    assert calls_of(outcome) == [
        (2, 0, 0, 1000),
        (2, 1, 0, 1000),
        (2, LANES, 1000, 2000),
        (2, LANES + 1, 1000, 2000),
        (4, LANES, 2000, 3000),
    ]


def test_a_fork_within_a_loop():
    # Two passes of two lanes; the second pass is a round further.
    nodes = [loop(next=1, other=4, limit=2), fork([2, 2], join=3), side(3, 1), join(JoinRule.LAST, 0, need=2), end()]
    outcome = simulate(build_plan([steady()], nodes), build_tasks([0]))
    assert [row[1:] for row in calls_of(outcome)] == [
        (0, 0, 1000),
        (1, 0, 1000),
        (LANES, 1000, 2000),
        (LANES + 1, 1000, 2000),
    ]


def test_answers_are_gathered_into_the_context():
    # The context is 10; answers of 2 and 5 tokens make it 17. The third thread is not waited for.
    nodes = [fork([1, 2, 3], join=4), side(4, 2), side(4, 5), side(4, 9), join(JoinRule.LAST, 5, need=2, gather=1)]
    nodes += [call(0, 6, context=1, added_tokens=3), end()]
    outcome = simulate(build_plan([steady()], nodes), build_tasks([0]))
    assert outcome.calls.prompt_tokens.tolist() == [10, 10, 10, 10 + 2 + 5 + 3]


def test_a_refusal_in_a_fork_is_an_answer_to_its_join():
    # Lane 0 is refused at 0, which is known at REFUSAL_NS; lane 1 has 1 token at 1000. Waiting for one, then for both.
    for need, finish_ns, pool in ((1, 1000, 1), (2, REFUSAL_NS, -1)):
        nodes = [fork([1, 2], join=3), side(3, 1), side(3, 1, pool=1), join(JoinRule.LAST, 4, need=need), end()]
        outcome = simulate(build_plan([steady(context_tokens=10), steady()], nodes), build_tasks([0]))
        (task,) = outcome.tasks
        assert (task.finish_ns, task.answer_pool, task.status) == (finish_ns, pool, Status.FINISHED)
        # A thread refused is flagged; the answer of the other is not.
        assert (task.right, task.flagged) == (-1, int(need == 2))
        assert outcome.calls.status.tolist() == [Status.REFUSED_CONTEXT, Status.FINISHED]


def test_a_refused_call_with_another_way():
    # Refused at 0, known at REFUSAL_NS: on to a pool that takes it, for 2 tokens.
    nodes = [call(0, 2, other=1), call(1, 2, output_tokens=2), end()]
    outcome = simulate(build_plan([steady(context_tokens=10), steady()], nodes), build_tasks([0]))
    assert calls_of(outcome) == [(0, 0, 0, -1), (1, 0, REFUSAL_NS, REFUSAL_NS + 2000)]
    (task,) = outcome.tasks
    assert (task.status, task.finish_ns, task.answer_pool) == (Status.FINISHED, REFUSAL_NS + 2000, 1)


def test_an_outage_refuses_what_is_delivered_in_it():
    # Out of order from 100 to 200: the calls of 99 and 200 are taken.
    plan = build_plan([steady(outages=[(100, 200)])])
    outcome = simulate(plan, build_tasks([99, 100, 199, 200], output_tokens=1))
    done, refused = Status.FINISHED, Status.REFUSED_OUTAGE
    assert outcome.calls.status.tolist() == [done, refused, refused, done]
    assert outcome.tasks.finish_ns.tolist() == [1099, REFUSAL_NS + 100, REFUSAL_NS + 199, 2099]


def test_a_delay_lets_time_pass():
    nodes = [call(0, 1, output_tokens=1), delay([700], next=2), call(0, 3, output_tokens=1), end()]
    outcome = simulate(build_plan([steady()], nodes), build_tasks([0]))
    assert calls_of(outcome) == [(0, 0, 0, 1000), (2, 0, 1700, 2700)]


def test_a_delay_of_nothing_is_no_event():
    # Both tasks are delayed at 0, by nothing: task 0's call is delivered before task 1 arrives.
    plan = build_plan([steady(max_num_seqs=1)], [delay([0], next=1), call(0, 2, output_tokens=1), end()])
    assert simulate(plan, build_tasks([0, 0])).calls.admitted_ns.tolist() == [0, 1000]


def test_a_delay_is_over_before_a_task_arrives_at_its_instant():
    plan = build_plan([steady(max_num_seqs=1)], [check(Look.ELAPSED, 0, 1, 2), delay([500], 2), call(0, 3), end()])
    # All tasks are as old as 0 when they arrive: both are delayed. The one of 0 goes on at 500 and is served first.
    outcome = simulate(plan, build_tasks([0, 500], output_tokens=1))
    assert outcome.calls.sent_ns.tolist() == [500, 1000]


def test_loops_within_a_loop_and_behind_it():
    # Two outer passes of two inner ones: rounds 0, 1, 2, 3. Then a loop behind of 2 passes: rounds 3 and 4, by a node
    # of its own.
    nodes = [
        loop(next=1, other=3, limit=2, depth=0),
        loop(next=2, other=0, limit=2, depth=1),
        call(0, 1, output_tokens=1),
        loop(next=4, other=5, limit=2, depth=1),
        call(0, 3, output_tokens=1),
        end(),
    ]
    outcome = simulate(build_plan([steady()], nodes), build_tasks([0]))
    assert [(c.node, c.attempt // LANES) for c in outcome.calls] == [(2, 0), (2, 1), (2, 2), (2, 3), (4, 3), (4, 4)]
    assert outcome.tasks.finish_ns.tolist() == [6000]


def test_a_loop_left_early_starts_afresh():
    # The inner loop is left by its check as soon as 1500 ns have passed, during the second of 3 passes; in the second
    # outer pass, later than that, it is left after its first. Rounds: inner 0, 1; outer adds one: 2.
    nodes = [
        loop(next=1, other=4, limit=2, depth=0),
        loop(next=2, other=0, limit=3, depth=1),
        call(0, 3, output_tokens=1),
        check(Look.ELAPSED, 1500, next=1, other=0),
        end(),
    ]
    outcome = simulate(build_plan([steady()], nodes), build_tasks([0]))
    assert outcome.calls.attempt.tolist() == [0, LANES, 2 * LANES]


def test_sizes_of_calls():
    # A conversation: 10 + 4 kept; the next sends 14 + 6 = 20 and asks for 1.5 * 5 = 7.5, so 8; the third sends the
    # context, cut to 12; the fourth one token at least, and gets one at least.
    nodes = [
        call(0, 1, output_tokens=4, keeps=1),
        call(0, 2, context=1, added_tokens=6, output_scale=1.5, keeps=1),
        call(0, 3, context=1, prompt_limit=12),
        call(0, 4, prompt_tokens=3, added_tokens=-9, output_scale=0.01),
        check(Look.CONTEXT, 27, next=5, other=6),
        call(0, 7, output_tokens=1),
        call(0, 7, context=1, output_tokens=2),
        end(),
    ]
    calls = simulate(build_plan([steady()], nodes), build_tasks([0])).calls
    sizes = list(zip(calls.node.tolist(), calls.prompt_tokens.tolist(), calls.output_tokens.tolist(), strict=True))
    assert sizes == [(0, 10, 4), (1, 20, 8), (2, 12, 5), (3, 1, 1), (6, 28, 2)]


def test_answers_cut_at_the_context_are_kept_as_they_are():
    # 10 + 2 fill the context of 12; the conversation is 12 long.
    nodes = [call(0, 1, keeps=1), call(1, 2, context=1, output_tokens=1), end()]
    outcome = simulate(build_plan([steady(context_tokens=12), steady()], nodes), build_tasks([0]))
    assert outcome.calls.prompt_tokens.tolist() == [10, 12]
    assert outcome.tasks.status.tolist() == [Status.FINISHED]  # the last answering call was not cut
