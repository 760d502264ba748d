"""Rented endpoints in the core: their times, limits and refusals, worked out by hand."""

from __future__ import annotations

from core_runs import sent_and_finished, simulate
from plans import build_plan, build_tasks, call, end, pool, quality, solve

from fleetsim.luck import Stream, uniform
from fleetsim.tables import REFUSAL_NS, Status

NODES = [call(0, 1), end()]
SECOND = 10**9


def rented(ttft_ns=(1000,), tpot_ns=(10,), **columns):
    """An endpoint with its quantiles of times."""
    return pool(endpoint=1, **columns) | {"ttft_ns": list(ttft_ns), "tpot_ns": list(tpot_ns)}


def test_an_answer_takes_what_its_quantiles_say():
    # 5 tokens: the first at 7 + 1000, four more every 10; 3 ns back.
    records = simulate(build_plan([rented(delay_ns=7, return_delay_ns=3)], NODES), build_tasks([0]))
    (one,) = records.calls
    assert (one.queued_ns, one.admitted_ns, one.first_token_ns, one.finish_ns) == (7, 7, 1007, 1047)
    assert records.tasks[["first_token_ns", "finish_ns"]].tolist() == [(1010, 1050)]
    assert [(r.start_ns, r.first_ns, r.steps, r.decoding) for r in records.runs.rows] == [(1007, 10.0, 4, 1)]
    assert records.final[["running", "prefill_tokens", "output_tokens", "steps"]].tolist() == [(0, 10, 5, 0)]


def test_quantiles_are_drawn_for_each_call():
    ttft_ns, tpot_ns = [100, 200, 300], [1, 2]
    records = simulate(build_plan([rented(ttft_ns, tpot_ns)], NODES), build_tasks([0] * 20))
    for one in records.calls:
        u, v = (uniform(1, int(s), int(one.task), 0, 0) for s in (Stream.ENDPOINT_TTFT, Stream.ENDPOINT_TPOT))
        assert one.first_token_ns == ttft_ns[int(u * 3)]
        assert one.finish_ns == one.first_token_ns + 4 * tpot_ns[int(v * 2)]


def test_an_answer_takes_a_nanosecond_at_least():
    records = simulate(build_plan([rented([0], [0])], NODES), build_tasks([5]))
    assert records.calls[["first_token_ns", "finish_ns"]].tolist() == [(5, 6)]


def test_requests_beyond_the_limit_are_refused_and_take_nothing():
    # Two at once, one more a second: the third is refused, at 1 s there is one again.
    limited = rented(requests_per_ns=1 / SECOND, requests_most=2.0)
    plan = build_plan([limited], NODES, horizon_ns=2 * SECOND)
    records = simulate(plan, build_tasks([0, 0, 0, SECOND, SECOND]))
    assert (records.calls.status == Status.REFUSED_RATE).tolist() == [False, False, True, False, True]
    refused = records.tasks[2]
    assert (refused.status, refused.finish_ns, refused.first_token_ns) == (Status.REFUSED_RATE, REFUSAL_NS, -1)


def test_tokens_beyond_the_limit_are_refused():
    # 15 tokens a call, 40 at once, one a ns: two go; the third at 5 ns finds 10 + 5 and takes them all.
    limited = rented(tokens_per_ns=1.0, tokens_most=40.0)
    records = simulate(build_plan([limited], NODES), build_tasks([0, 0, 4, 5]))
    assert (records.calls.status == Status.REFUSED_RATE).tolist() == [False, False, True, False]


def test_a_call_larger_than_all_tokens_at_once_waits_for_a_full_level_only():
    limited = rented(tokens_per_ns=1.0, tokens_most=12.0)
    records = simulate(build_plan([limited], NODES), build_tasks([0, 11, 12]))
    assert (records.calls.status == Status.REFUSED_RATE).tolist() == [False, True, False]


def test_calls_fail_by_the_share_of_errors_and_long_prompts_do_not_fit():
    assert simulate(build_plan([rented(error_share=1.0)], NODES), build_tasks([0])).calls.status == Status.REFUSED_ERROR
    narrow = rented(context_tokens=12)
    records = simulate(build_plan([narrow], NODES), build_tasks([0, 0], prompt_tokens=[10, 12]))
    assert records.calls.status.tolist() == [Status.CUT, Status.REFUSED_CONTEXT]
    assert records.calls.output_tokens.tolist() == [2, 5]


def test_a_refusal_by_rate_is_not_judged():
    nodes = [solve(0, 1), end()]
    limited = rented(model=0, requests_per_ns=1e-12, requests_most=1.0)
    records = simulate(build_plan([limited], nodes, quality=quality([[30.0]])), build_tasks([0, 0]))
    assert records.calls[["right", "model", "replica"]].tolist() == [(1, 0, 0), (-1, -1, -1)]
    assert records.tasks.right.tolist() == [1, 0]


def test_what_is_under_way_at_the_end():
    plan = build_plan([rented([5000])], NODES, horizon_ns=2000, stop_ns=2000)
    records = simulate(plan, build_tasks([0]))
    assert records.calls[["status", "admitted_ns", "first_token_ns"]].tolist() == [(Status.IN_FLIGHT, 0, -1)]
    assert records.final.running.tolist() == [1]


def test_an_endpoint_beside_a_pool():
    nodes = [call(0, 1), call(1, 2, output_tokens=1), end()]
    records = simulate(build_plan([rented(), pool()], nodes), build_tasks([0]))
    assert sent_and_finished(records) == [(0, 0, 0, 1040), (1, 0, 1040, 1040 + 1000 + 10 * 10)]
