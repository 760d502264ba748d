"""The reference engine's timeline and what it says of work still in flight."""

import numpy as np
import pytest
from plans import build_plan, build_tasks, pool

from fleetsim.engine.reference import simulate
from fleetsim.tables import CALLS, RUNS, SAMPLES, TASK_RECORDS, Status

COUNTERS = ("prefill_ns", "decode_ns", "steps", "prefill_tokens", "output_tokens")


def two_in_turn(**knobs):
    """One seat. Call 0 (10 in, 3 out): prefill to 1100, then 2110 and 3120. Call 1 (40 in, 1 out): 3120 to 4520."""
    plan = build_plan([pool(max_num_seqs=1)], sample_every_ns=1000, **knobs)
    return simulate(plan, build_tasks([0, 500], prompt_tokens=[10, 40], output_tokens=[3, 1]))


def test_samples():
    outcome = two_in_turn(horizon_ns=5000)
    states = [(s.time_ns, s.waiting, s.running, s.kv_blocks) for s in outcome.samples]
    assert states == [(0, 0, 1, 1), (1000, 1, 1, 1), (2000, 1, 1, 1), (3000, 1, 1, 1), (4000, 0, 1, 3), (5000, 0, 0, 0)]
    assert [tuple(s[name] for name in COUNTERS) for s in outcome.samples] == [
        (0, 0, 0, 0, 0),
        (1000, 0, 0, 0, 0),
        (1100, 900, 1, 10, 1),
        (1100, 1900, 2, 10, 2),
        (1980, 2020, 3, 10, 3),  # 1100 + 4000 - 3120
        (2500, 2020, 4, 50, 4),
    ]
    assert outcome.final.tolist() == outcome.samples[-1:].tolist()  # the last sample is the last event


def test_a_step_that_starts_at_the_instant_of_a_sample_is_seen():
    outcome = simulate(build_plan(sample_every_ns=100, horizon_ns=200), build_tasks([100]))
    assert outcome.samples.running.tolist() == [0, 1, 1]
    assert outcome.samples.prefill_ns.tolist() == [0, 0, 100]


def test_the_last_row_is_at_the_last_event():
    final = two_in_turn(horizon_ns=4000).final[0]
    assert (final.time_ns, *(final[name] for name in COUNTERS)) == (4520, 2500, 2020, 4, 50, 4)


def test_every_replica_has_its_rows():
    plan = build_plan([pool(replicas=2), pool()], sample_every_ns=50, horizon_ns=100)
    outcome = simulate(plan, build_tasks([]))
    pairs = [(0, 0), (0, 1), (0, 2), (50, 0), (50, 1), (50, 2), (100, 0), (100, 1), (100, 2)]
    assert list(zip(outcome.samples.time_ns, outcome.samples.replica, strict=True)) == pairs
    assert outcome.final.replica.tolist() == [0, 1, 2]
    assert (len(outcome.calls), len(outcome.tasks), len(outcome.runs)) == (0, 0, 0)


def test_a_run_that_is_stopped():
    # At 4100 call 1 is 980 ns into its prefill.
    outcome = two_in_turn(horizon_ns=4000, stop_ns=4100)
    final = outcome.final[0]
    assert (final.time_ns, *(final[name] for name in COUNTERS)) == (4100, 1100 + 980, 2020, 3, 10, 3)
    call, task = outcome.calls[1], outcome.tasks[1]
    assert (call.status, call.replica, call.queued_ns, call.admitted_ns) == (Status.IN_FLIGHT, 0, 500, 3120)
    assert (call.first_token_ns, call.finish_ns) == (-1, -1)
    assert (task.status, task.first_token_ns, task.finish_ns, task.output_tokens) == (Status.IN_FLIGHT, -1, -1, 1)


@pytest.mark.parametrize(("stop_ns", "steps"), [(2109, []), (2110, [1]), (3119, [1]), (3120, [2])])
def test_a_run_of_steps_cut_off_keeps_the_steps_completed(stop_ns, steps):
    outcome = two_in_turn(horizon_ns=2000, stop_ns=stop_ns)
    assert outcome.runs.steps.tolist() == steps
    assert outcome.tasks.first_token_ns.tolist() == [1100, -1]
    assert outcome.final.time_ns.tolist() == [stop_ns]


def test_a_call_on_its_way_when_the_run_stops():
    plan = build_plan([pool(delay_ns=1000, return_delay_ns=1000)], horizon_ns=500, stop_ns=2200)
    outcome = simulate(plan, build_tasks([0, 400], output_tokens=1))
    # Delivered at 1000 and 1400. Call 0's token is ready at 2100 and known to arrive at 3100; call 1 is in prefill.
    assert outcome.calls.status.tolist() == [Status.FINISHED, Status.IN_FLIGHT]
    assert outcome.tasks.status.tolist() == [Status.IN_FLIGHT, Status.IN_FLIGHT]
    assert outcome.tasks.first_token_ns.tolist() == [3100, -1]
    outcome = simulate(build_plan([pool(delay_ns=1000)], horizon_ns=500, stop_ns=600), build_tasks([0]))
    (call,), (task,) = outcome.calls, outcome.tasks
    assert (call.sent_ns, call.queued_ns, call.replica, call.output_tokens) == (0, -1, -1, 5)
    assert (task.calls, task.answer_pool, task.output_tokens, task.status) == (1, 0, 0, Status.IN_FLIGHT)


def test_tables_have_their_columns():
    outcome = two_in_turn(horizon_ns=4000)
    for rows, table in zip(outcome, (CALLS, TASK_RECORDS, RUNS, SAMPLES, SAMPLES), strict=True):
        assert isinstance(rows, np.recarray)
        assert rows.dtype.fields == table.dtype.fields


def test_the_same_run_twice_is_the_same():
    first, second = two_in_turn(horizon_ns=4000), two_in_turn(horizon_ns=4000)
    assert [rows.tobytes() for rows in first] == [rows.tobytes() for rows in second]
