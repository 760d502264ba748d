"""Every law holds for records made by hand, and each is caught when one number is wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fleetsim.engine.laws import assert_laws
from fleetsim.errors import EngineFault
from fleetsim.plan import Plan
from fleetsim.records import Records
from fleetsim.records.run_log import RunLog
from fleetsim.tables import CALLS, KNOBS, NODES, POOLS, RUNS, SAMPLES, TASK_RECORDS, RunKind, Status

FIRST_NS, STEP_NS = 100, 10


def a_plan(clients: int = 0) -> Plan:
    """Two pools: one replica with 10 KV blocks, and two replicas; batches of at most two."""
    pools = POOLS.empty(2)
    pools.first_replica, pools.replicas = [0, 1], [1, 2]
    pools.kv_blocks, pools.max_num_seqs, pools.block_tokens = 10, 2, 16
    pools.decode_pool = pools.model = -1
    return Plan(
        seed=1,
        horizon_ns=1_000,
        stop_ns=2_000,
        sample_every_ns=500,
        clients=clients,
        pools=pools,
        nodes=NODES.empty(1),
        base_ns=np.ones(2),
        balancers=(),
        knobs=np.zeros((2, KNOBS)),
    )


def some_calls() -> np.recarray:
    """Finished at replicas 0 and 2 (which still had 20 tokens), refused, in flight after a token, and on its way."""
    calls = CALLS.empty(5)
    calls[0] = (0, 0, 0, 0, 0, -1, 50, 3, 0, 0, Status.FINISHED, 3, 0, 1, 0, 5, 5, 105, -1, 125)
    calls[1] = (0, 1, 0, 1, 2, -1, 60, 2, 20, 1, Status.CUT, -1, 0, -1, 130, 135, 140, 240, -1, 300)
    calls[2] = (1, 0, 0, 0, -1, -1, 9_000, 4, 0, 0, Status.REFUSED_KV, -1, 0, -1, 200, 205, -1, -1, -1, -1)
    calls[3] = (2, 0, 0, 0, 0, -1, 10, 500, 0, 0, Status.IN_FLIGHT, -1, 0, -1, 300, 305, 305, 405, -1, -1)
    calls[4] = (3, 0, 0, 1, -1, -1, 10, 5, 0, 0, Status.IN_FLIGHT, -1, 0, -1, 999, -1, -1, -1, -1, -1)
    return calls


def some_tasks() -> np.recarray:
    tasks = TASK_RECORDS.empty(4)
    tasks[0] = (0, 0, 0, 1, 2, 1, 50, 2, Status.CUT, 1, 0, 0, 250, 310)
    tasks[1] = (1, 0, 0, 0, 1, 0, 9_000, 0, Status.REFUSED_KV, 0, 1, 200, -1, 1_205)
    tasks[2] = (2, 1, 0, 0, 1, 0, 10, 500, Status.IN_FLIGHT, -1, 0, 300, 410, -1)
    tasks[3] = (3, 1, 0, 1, 1, 0, 10, 0, Status.IN_FLIGHT, -1, 0, 999, -1, -1)
    return tasks


def some_samples() -> tuple[np.recarray, np.recarray]:
    samples, final = SAMPLES.empty(9), SAMPLES.empty(3)
    samples.time_ns, samples.replica = np.repeat([0, 500, 1_000], 3), np.tile([0, 1, 2], 3)
    final.time_ns, final.replica = 2_000, [0, 1, 2]
    for row in (samples[3], samples[6], final[0]):
        row.running, row.kv_blocks, row.prefill_ns, row.decode_ns, row.steps = 1, 1, 200, 100, 12
        row.prefill_tokens, row.output_tokens = 60, 14
    for row in (samples[5], samples[8], final[2]):
        row.prefill_ns, row.decode_ns, row.steps, row.prefill_tokens, row.output_tokens = 160, 10, 2, 41, 2
        row.preemptions = 1
    return samples, final


def some_records() -> Records:
    runs = RUNS.empty(3)
    runs[0] = (105, STEP_NS, 0.0, 0, 2, 1, RunKind.STEPS)
    runs[1] = (240, 60.0, 0.0, 2, 1, 1, RunKind.RESUMED)
    runs[2] = (405, STEP_NS, 0.0, 0, 10, 1, RunKind.STEPS)  # the eleventh token of the call in flight
    log = RunLog()
    log.add(runs)
    samples, final = some_samples()
    return Records(some_calls(), some_tasks(), log, samples, final)


def test_records_that_obey_every_law():
    assert_laws(a_plan(), some_records())


def test_an_empty_run_obeys_every_law():
    records = some_records()
    samples, final = records.samples[:3], SAMPLES.empty(3)
    final.replica = [0, 1, 2]
    assert_laws(a_plan(), Records(CALLS.empty(0), TASK_RECORDS.empty(0), RunLog(), samples, final))


BROKEN = {
    ("tasks", 2, "task", 7): "task ids are unique and dense: row 2 of tasks: task 7",
    ("tasks", 1, "task", 0): "task ids are unique and dense: row 1 of tasks: task 0",
    ("tasks", 2, "status", Status.FINISHED): "refused . in flight: row 2 of tasks: task 2, status 1",
    ("tasks", 0, "status", 9): "tasks arrived = finished",
    ("tasks", 3, "arrival_ns", 1_000): r"tasks arrive in \[0, horizon\): row 3",
    ("tasks", 0, "first_token_ns", -1): "arrival <= first token <= finish: row 0",
    ("tasks", 0, "finish_ns", 249): "arrival <= first token <= finish: row 0",
    ("tasks", 2, "first_token_ns", 299): "arrival <= first token <= finish: row 2",
    ("calls", 1, "node", 0): "calls are unique and belong to tasks: row 1 of calls: task 0, node 0, attempt 0",
    ("calls", 4, "task", 4): "calls are unique and belong to tasks: row 4 of calls: task 4",
    ("calls", 2, "sent_ns", 199): "arrival <= sent: row 2 of calls: task 1",
    ("tasks", 0, "calls", 1): "a task's calls are as many as it made: row 0 of tasks: task 0, calls 1",
    ("calls", 0, "queued_ns", -1): "sent <= queued <= admitted <= first token <= finish: row 0",
    ("calls", 0, "admitted_ns", 4): "sent <= queued <= admitted <= first token <= finish: row 0",
    ("calls", 1, "first_token_ns", 139): "sent <= queued <= admitted <= first token <= finish: row 1",
    ("calls", 1, "finish_ns", 239): "sent <= queued <= admitted <= first token <= finish: row 1",
    ("calls", 3, "status", Status.FINISHED): "a call's status says how far it got: row 3",
    ("calls", 2, "admitted_ns", 205): "a call's status says how far it got: row 2",
    ("calls", 1, "replica", 0): "a delivered call is at a replica of its pool: row 1",
    ("calls", 2, "replica", 0): "a delivered call is at a replica of its pool: row 2",
    ("samples", 4, "replica", 0): "every replica is sampled at every time: row 4",
    ("samples", 7, "time_ns", 500): "time never goes back: row 7 of samples: time_ns 500, replica 1",
    ("final", 1, "time_ns", 999): "time never goes back: row 1 of final",
    ("samples", 3, "steps", 13): "counters never decrease: row 6 of samples: time_ns 1000, replica 0, steps 12",
    ("final", 0, "decode_ns", 99): "counters never decrease: row 0 of final: time_ns 2000, replica 0, decode_ns 99",
    ("samples", 3, "kv_blocks", 11): "0 <= KV blocks held <= KV blocks: row 3 of samples: .* kv_blocks 11",
    ("samples", 3, "running", 3): "0 <= running <= max_num_seqs: row 3",
    ("samples", 3, "waiting", -1): "0 <= waiting: row 3",
    ("samples", 4, "waiting", 1): "nobody is idle while work waits: row 4 of samples: time_ns 500, replica 1",
    ("samples", 0, "prefill_ns", 1): "busy time <= elapsed time: row 0",
    ("final", 0, "output_tokens", 504): "tokens of finished calls <= tokens produced: row 0 of final",
    ("calls", 0, "output_tokens", 15): "tokens of finished calls <= tokens produced: row 0 of final",
    ("calls", 0, "prompt_tokens", 61): "prompts of finished calls <= prompt tokens computed: row 0 of final",
    ("final", 1, "running", 1): "calls in flight are in a queue or a batch: row 1 of final",
    ("calls", 2, "sent_ns", 1_206): "no call is sent after its task's end: row 2 of calls: task 1",
    ("tasks", 0, "preemptions", 0): "a task's calls were preempted as often as it says: row 0 of tasks: task 0",
    ("calls", 0, "model", -1): "only a call that a model got is judged: row 0 .* model -1, right 1",
    ("calls", 2, "model", 3): "only a call that a model got is judged: row 2 .* replica -1, model 3",
    ("calls", 1, "cached_tokens", 18): "prompts of finished calls <= prompt tokens computed: row 2 of final",
    ("final", 2, "preemptions", 2): "replicas preempted as often as calls were: row 2 of final",
    ("final", 0, "output_tokens", 15): "has a gap before it: 17 tokens, 3 first ones, 13 gaps",
}


@pytest.mark.parametrize(("broken", "words"), BROKEN.items(), ids=[f"{t}-{r}-{c}-{v}" for t, r, c, v in BROKEN])
def test_one_wrong_number_is_caught_and_named(broken, words):
    table, row, column, value = broken
    records = some_records()
    getattr(records, table)[column][row] = value
    with pytest.raises(EngineFault, match=words):
        assert_laws(a_plan(), records)


def test_a_replica_without_its_last_sample_is_caught():
    records = some_records()
    with pytest.raises(EngineFault, match="every replica is sampled"):
        assert_laws(a_plan(), replace(records, final=records.final[:2]))


def test_a_closed_loop_may_leave_gaps_behind_each_client_only():
    records = some_records()
    records.tasks.task = [0, 1, 2, 4]  # clients 0 and 1: three tasks and one
    records.calls.task = [0, 0, 1, 2, 4]
    assert_laws(a_plan(clients=2), records)
    records.tasks.task = [0, 1, 2, 5]
    records.calls.task = [0, 0, 1, 2, 5]
    with pytest.raises(EngineFault, match="row 3 of tasks: task 5"):
        assert_laws(a_plan(clients=2), records)
