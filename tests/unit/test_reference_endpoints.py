"""Rented endpoints of the reference engine: times, limits, failures and books, worked out by hand."""

import pytest
from plans import build_plan, build_tasks, call, end, endpoint, quality, runs_of, select, solve, steady

from fleetsim.engine.reference import simulate
from fleetsim.luck import Stream, uniform
from fleetsim.tables import REFUSAL_NS, Status

COLUMNS = ("running", "waiting", "open", "prefill_tokens", "output_tokens", "steps", "prefill_ns", "kv_blocks")


def run(rented, tasks, nodes=None, **settings):
    """The outcome of tasks at one endpoint."""
    return simulate(build_plan([rented], nodes, **settings), tasks)


def test_times():
    # Sent 100, there 130, first token 500 later, four more every 20; back 7 later.
    rented = endpoint([500], [20], delay_ns=30, return_delay_ns=7)
    outcome = run(rented, build_tasks([100]))
    (row,), (task,) = outcome.calls, outcome.tasks
    assert (row.sent_ns, row.queued_ns, row.admitted_ns) == (100, 130, 130)
    assert (row.first_token_ns, row.finish_ns, row.replica, row.status) == (630, 710, 0, Status.FINISHED)
    assert (task.first_token_ns, task.finish_ns, task.answer_pool) == (637, 717, 0)
    assert runs_of(outcome) == [(630, 20.0, 0.0, 4, 1)]


def test_an_answer_of_one_token_has_no_gaps():
    outcome = run(endpoint([500], [20]), build_tasks([0], output_tokens=1))
    assert (outcome.calls.finish_ns.tolist(), runs_of(outcome)) == ([500], [])


def test_an_answer_takes_a_nanosecond_at_least():
    outcome = run(endpoint([0], [0]), build_tasks([0]))
    assert (outcome.calls.first_token_ns.tolist(), outcome.calls.finish_ns.tolist()) == ([0], [1])


def test_times_are_drawn():
    ttft, tpot = [100, 200, 300], [5, 7]
    calls = run(endpoint(ttft, tpot), build_tasks(range(20))).calls
    for c in calls:
        wait_ns = ttft[int(uniform(1, int(Stream.ENDPOINT_TTFT), c.task, 0, 0) * 3)]
        gap_ns = tpot[int(uniform(1, int(Stream.ENDPOINT_TPOT), c.task, 0, 0) * 2)]
        assert (c.first_token_ns, c.finish_ns) == (c.task + wait_ns, c.task + wait_ns + 4 * gap_ns)
    assert len(set((calls.first_token_ns - calls.queued_ns).tolist())) == 3


def test_the_first_token_is_known_when_the_last_is_there():
    outcome = run(endpoint([500], [20]), build_tasks([0]), stop_ns=579)
    (row,), (task,) = outcome.calls, outcome.tasks
    assert (row.first_token_ns, row.finish_ns, task.first_token_ns, row.replica) == (-1, -1, -1, 0)
    assert (outcome.final[0].running, runs_of(outcome)) == (1, [])


def test_books():
    # 10 in, 5 out: first at 500, last at 580. Seen at 0, 500 and 1000.
    outcome = run(endpoint([500], [20]), build_tasks([0]), sample_every_ns=500, horizon_ns=1000)
    seen = [tuple(int(sample[name]) for name in COLUMNS) for sample in outcome.samples]
    assert seen == [(1, 0, 1, 0, 0, 0, 0, 0), (1, 0, 1, 0, 0, 0, 0, 0), (0, 0, 1, 10, 5, 0, 0, 0)]


def test_failures_go_first():
    # A third fails, too long or not; of the others the prompt of 30 does not fit.
    rented = endpoint([500], [20], error_share=0.33, context_tokens=30)
    outcome = run(rented, build_tasks([0] * 30, prompt_tokens=[10, 30] * 15))
    expected = [
        Status.REFUSED_ERROR
        if uniform(1, int(Stream.ENDPOINT_ERROR), task, 0, 0) < 0.33
        else (Status.FINISHED, Status.REFUSED_CONTEXT)[task % 2]
        for task in range(30)
    ]
    assert outcome.calls.status.tolist() == expected
    assert set(expected) == {Status.REFUSED_ERROR, Status.FINISHED, Status.REFUSED_CONTEXT}


def test_an_outage_goes_before_failures():
    rented = endpoint([500], [20], error_share=1.0, outages=[(0, 10)])
    outcome = run(rented, build_tasks([0, 10]))
    assert outcome.calls.status.tolist() == [Status.REFUSED_OUTAGE, Status.REFUSED_ERROR]
    assert outcome.tasks.finish_ns.tolist() == [REFUSAL_NS, 10 + REFUSAL_NS]


def test_answers_are_cut_at_the_context():
    outcome = run(endpoint([500], [20], context_tokens=13), build_tasks([0]))
    (row,) = outcome.calls
    assert (row.output_tokens, row.status, row.finish_ns) == (3, Status.CUT, 540)


def test_a_limit_of_requests():
    # Two at once, one more every 1000: 0 and 0 are taken, 0 is not; at 999 the level is 0.999, at 1000 it is 1.
    rented = endpoint([10], [0], requests_per_ns=0.001, requests_most=2.0)
    status = run(rented, build_tasks([0, 0, 0, 999, 1000, 1000])).calls.status
    done, refused = Status.FINISHED, Status.REFUSED_RATE
    assert status.tolist() == [done, done, refused, refused, done, refused]


def test_a_limit_of_tokens():
    # 40 at once, one every 8 ns. 15 and 15 are taken, 10 are left: 15 are not to be had, 6 are; 4 left. At 88 it is 15.
    rented = endpoint([10], [0], tokens_per_ns=0.125, tokens_most=40.0)
    tasks = build_tasks([0, 0, 0, 0, 80, 88], prompt_tokens=[10, 10, 10, 1, 10, 10])
    calls = run(rented, tasks).calls
    done, refused = Status.FINISHED, Status.REFUSED_RATE
    assert calls.status.tolist() == [done, done, refused, done, refused, done]


def test_a_call_larger_than_the_limit_takes_all_of_it():
    # 105 tokens of at most 40: it is taken when the limit is full, and empties it. It is full again at 320.
    rented = endpoint([10], [0], tokens_per_ns=0.125, tokens_most=40.0)
    calls = run(rented, build_tasks([0, 319, 320], prompt_tokens=100)).calls
    assert calls.status.tolist() == [Status.FINISHED, Status.REFUSED_RATE, Status.FINISHED]


def test_a_refusal_takes_no_tokens():
    # Tokens for one call and a third: 15 of 20 are taken, 15 are refused, 5 (prompt 1, answer 4) are taken.
    # What is left then is nothing: not even a call of 1 + 1.
    rented = endpoint([10], [0], tokens_per_ns=1e-9, tokens_most=20.0)
    tasks = build_tasks([0] * 4, prompt_tokens=[10, 10, 1, 1], output_tokens=[5, 5, 4, 1])
    calls = run(rented, tasks).calls
    done, refused = Status.FINISHED, Status.REFUSED_RATE
    assert calls.status.tolist() == [done, refused, done, refused]


def test_a_refusal_for_tokens_takes_no_request():
    # Two requests, and tokens for one large call or two small ones.
    limits = {"requests_per_ns": 1e-9, "requests_most": 2.0, "tokens_per_ns": 1e-9, "tokens_most": 20.0}
    tasks = build_tasks([0] * 4, prompt_tokens=[5, 10, 5, 1], output_tokens=[5, 5, 5, 1])
    done, refused = Status.FINISHED, Status.REFUSED_RATE
    assert run(endpoint([10], [0], **limits), tasks).calls.status.tolist() == [done, refused, done, refused]


def test_a_refusal_leaves_no_trace_of_a_judgement():
    rented = endpoint([10], [0], model=0, context_tokens=12, requests_per_ns=1e-9, requests_most=1.0)
    judged = quality([[40.0]])
    outcome = run(rented, build_tasks([0, 0]), [solve(0, 1), end()], quality=judged)
    first, second = outcome.calls
    assert (first.model, first.right, first.output_tokens, first.status) == (0, 1, 2, Status.CUT)
    assert (second.model, second.right, second.output_tokens, second.replica) == (-1, -1, 5, -1)
    assert second.admitted_ns == -1
    assert outcome.tasks.right.tolist() == [1, 0]


@pytest.mark.parametrize(("ttft_ns", "admitted_ns"), [(999, [999, 1999]), (1000, [2000, 1000])])
def test_a_step_ends_before_an_endpoint_answers_at_its_instant(ttft_ns, admitted_ns):
    # Task 0 is answered by the endpoint, task 1 by a replica at 1000. Then both make a call of the one seat of pool 2.
    nodes = [select([1, 2], [[1.0, 1.0], [0.0, 1.0]]), call(0, 3), call(1, 3), call(2, 4), end()]
    pools = [endpoint([ttft_ns], [0]), steady(), steady(max_num_seqs=1)]
    outcome = simulate(build_plan(pools, nodes), build_tasks([0, 0], domain=[0, 1], output_tokens=1))
    assert outcome.calls[outcome.calls.node == 3].admitted_ns.tolist() == admitted_ns
