"""Gathering, sorting, saving and loading of records."""

import json

import numpy as np
import pytest

from fleetsim.records import Recorder, Records
from fleetsim.records.segments import SEGMENT_ROWS, Segments, forget
from fleetsim.tables import CALLS, RUNS, SAMPLES, TASK_RECORDS


def shuffled_calls(count: int, seed: int = 0) -> np.recarray:
    """Calls of `count` tasks with two nodes each, nearly in the order of their tasks."""
    calls = CALLS.empty(2 * count)
    calls.task, calls.node = np.repeat(np.arange(count), 2), np.tile([0, 3], count)
    calls.sent_ns = np.arange(2 * count) * 7
    late = np.arange(2 * count) + np.random.default_rng(seed).integers(0, 50, 2 * count)
    return calls[np.argsort(late, kind="stable")]


def recorded(memory_bytes: int, count: int = 150_000) -> Records:
    recorder = Recorder(memory_bytes=memory_bytes)
    calls = shuffled_calls(count)
    for start in range(0, len(calls), 50_000):
        recorder.add(calls=calls[start : start + 50_000])
    tasks = TASK_RECORDS.empty(3)
    tasks.task = [2, 0, 1]
    recorder.add(tasks=tasks, runs=RUNS.empty(0))
    samples = SAMPLES.empty(4)
    samples.time_ns, samples.replica = [0, 0, 5, 5], [0, 1, 0, 1]
    recorder.add(samples=samples[:2])
    recorder.add(samples=samples[2:])
    return recorder.finish()


@pytest.mark.parametrize("memory_bytes", [1 << 30, 1])
def test_calls_and_tasks_are_sorted_in_memory_and_from_a_file(memory_bytes):
    records = recorded(memory_bytes)
    expected = shuffled_calls(150_000)
    expected = expected[np.lexsort((expected.node, expected.task))]
    assert np.array_equal(records.calls, expected)
    assert records.tasks.task.tolist() == [0, 1, 2]
    forget(records.calls)
    assert np.array_equal(records.calls, expected)


def test_the_last_sample_of_each_replica_is_the_final_one():
    records = recorded(1 << 30, count=10)
    assert records.samples.time_ns.tolist() == [0, 0]
    assert records.final.time_ns.tolist() == [5, 5]
    assert records.final.replica.tolist() == [0, 1]


def test_blocks_may_be_reused_by_the_caller():
    recorder, block = Recorder(), TASK_RECORDS.empty(1)
    for task in range(3):
        block.task = task
        recorder.add(tasks=block)
    assert recorder.finish().tasks.task.tolist() == [0, 1, 2]


def test_a_block_of_another_table_is_refused():
    with pytest.raises(ValueError, match="columns"):
        Recorder().add(calls=TASK_RECORDS.empty(1))


def test_sorting_uses_every_key():
    segments, rows = Segments(CALLS, segment_rows=4), CALLS.empty(8)
    rows.task, rows.node, rows.attempt = [1, 1, 0, 0, 1, 1, 0, 0], [1, 0, 1, 0, 1, 0, 1, 0], [1, 1, 1, 1, 0, 0, 0, 0]
    segments.append(rows)
    assert len(segments) == 8
    table = segments.take("task", "node", "attempt")
    assert [(r.task, r.node, r.attempt) for r in table] == [(t, n, a) for t in (0, 1) for n in (0, 1) for a in (0, 1)]


def test_an_unsorted_table_keeps_its_order_across_segments():
    segments, rows = Segments(SAMPLES), SAMPLES.empty(SEGMENT_ROWS + 10)
    rows.steps = np.arange(len(rows))[::-1]
    segments.append(rows)
    assert np.array_equal(segments.take(), rows)


@pytest.mark.parametrize("run_rows", [1_000, 8])
def test_what_is_saved_is_loaded(tmp_path, run_rows):
    recorder = Recorder(run_rows=run_rows)
    runs = RUNS.empty(50)
    runs.first_ns, runs.steps, runs.decoding = 1e6 + np.arange(50) * 1e5, 3, 2
    runs.growth_ns, runs.replica = 10.0, np.arange(50) % 3
    samples = SAMPLES.empty(3)
    samples.replica = [0, 1, 2]
    tasks = TASK_RECORDS.empty(5)
    tasks.task = np.arange(5)
    recorder.add(calls=shuffled_calls(20), tasks=tasks, runs=runs, samples=samples)
    records = recorder.finish(final=samples)
    records.save(tmp_path / "out")
    again = Records.load(tmp_path / "out")
    for table in ("calls", "tasks", "samples", "final"):
        assert np.array_equal(getattr(records, table), getattr(again, table))
    assert np.array_equal(records.runs.rows, again.runs.rows)
    assert again.runs.exact == records.runs.exact == (run_rows == 1_000)
    assert again.runs.count() == records.runs.count() == 300
    assert again.runs.mean() == records.runs.mean()
    assert np.array_equal(
        again.runs.quantiles([0.1, 0.9], replicas=[1]), records.runs.quantiles([0.1, 0.9], replicas=[1])
    )


def test_files_say_what_their_columns_mean(tmp_path):
    import pyarrow.parquet as pq

    recorded(1 << 30, count=3).save(tmp_path)
    about = json.loads(pq.read_schema(tmp_path / "tasks.parquet").metadata[b"fleetsim"])
    assert about["table"] == "tasks"
    assert about["columns"]["first_token_ns"] == "when the first token of the answer reached the client"
