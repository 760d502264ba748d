"""Many points over workers: order, chunks, lost workers, faults, the table."""

import csv
import json
import math
import os
import signal
import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pyarrow.parquet as pq
import pytest
from small_scenarios import write
from study_points import QUICK, small_points

import fleetsim
from fleetsim.errors import EngineFault, FleetsimError
from fleetsim.study import dispatch
from fleetsim.study.dispatch import TRIES, Dispatch, Failure, PointLost, evaluate_chunk
from fleetsim.study.sweep import run_points
from fleetsim.study.workers import Crew, local_crew

VARY = ["workload.arrivals.rate=10:20 per s:2", "architectures.one.pools.big.replicas=1,2"]


def content(results) -> list[bytes]:
    return [result.to_bytes() for result in results]


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    return small_points(tmp_path_factory.mktemp("points"), 24)


@pytest.fixture(scope="module")
def expected(points):
    return content(run_points(points, workers=1))


class Instant(Executor):
    """Calls at once; `broken` says for which calls a worker is lost."""

    def __init__(self, broken=lambda chunk: False) -> None:
        self.calls, self._broken = [], broken

    def submit(self, function, *given) -> Future:
        self.calls.append([point.replicate for point in given[0]])
        future = Future()
        if self._broken(given[0]):
            future.set_exception(BrokenProcessPool("a worker is gone"))
        else:
            future.set_result(function(*given))
        return future


def test_results_are_in_the_order_of_the_points_wherever_they_ran(points, expected):
    backwards = list(reversed(points))
    assert content(run_points(backwards, executor=Instant())) == expected[::-1]
    with ThreadPoolExecutor(2) as threads:
        assert content(run_points(points, executor=threads, workers=2)) == expected


def test_points_of_one_identity_run_once(points, expected):
    executor = Instant()
    assert content(run_points([*points, *points[:3]], executor=executor)) == expected + expected[:3]
    assert sorted(number for chunk in executor.calls for number in chunk) == list(range(24))


def test_chunks_grow_to_half_a_second_and_end_small(points, monkeypatch):
    def in_a_tenth(chunk):
        return [(found, 0.1) for found, _ in evaluate_chunk(chunk)]

    monkeypatch.setattr(dispatch, "evaluate_chunk", in_a_tenth)
    executor = Instant()
    run_points(points, executor=executor, workers=1)
    sizes = list(map(len, executor.calls))
    assert sizes == [1, 1, 5, 5, 5, 4, 2, 1], "two while nothing is known; half a second; fair shares of the last"


def test_processes_give_the_same_and_a_killed_worker_is_made_up_for(points, expected):
    """Workers are killed as results come in; what they had is run again, and every result is there once."""
    with local_crew(2) as crew:
        killed = []

        def kill(standing) -> None:
            if standing.fresh and len(killed) < 2:
                pid = crew.processes()[0]
                killed.append(pid)
                os.kill(pid, signal.SIGKILL)

        seen = []
        found = run_points(
            points, executor=crew, progress=lambda s: (seen.extend(p.identity for p, _ in s.fresh), kill(s))
        )
    assert len(killed) == 2
    assert content(found) == expected
    assert sorted(seen) == sorted(point.identity for point in points)


def test_the_point_that_takes_workers_down_is_named_and_the_others_are_done(points):
    bad = 5
    executor = Instant(broken=lambda chunk: any(point.replicate == bad for point in chunk))
    done = []
    with pytest.raises(PointLost, match=rf"replicate {bad + 1}: its worker was lost {TRIES} times .*fewer workers"):
        done.extend(number for batch in Dispatch(points, Crew(executor, 1)) for number, _ in batch)
    assert bad not in done
    assert executor.calls.count([bad]) >= TRIES
    assert len(done) == len(set(done))


def test_a_fault_of_a_point_names_it(points, monkeypatch):
    def fails(point):
        if point.replicate == 3:
            raise error
        return real(point)

    real = dispatch.evaluate
    monkeypatch.setattr(dispatch, "evaluate", fails)
    for error, kind in (
        (EngineFault("a law broke"), EngineFault),
        (FleetsimError("no luck"), FleetsimError),
        (KeyError("a bug"), RuntimeError),
    ):
        with pytest.raises(kind, match=r"one, replicate 4: ") as caught:
            run_points(points, executor=Instant())
        assert str(error) in str(caught.value)
    seen = []
    with ThreadPoolExecutor(1) as threads, pytest.raises(RuntimeError, match="a bug"):
        run_points(points, executor=threads, workers=1, progress=lambda s: seen.extend(p for p, _ in s.fresh))
    assert [point.replicate for point in seen] == [0, 1, 2], "what came before it is handed on"
    outcomes = evaluate_chunk(points[2:6])
    assert [type(found) for found, _ in outcomes] == [bytes, Failure], "nothing runs behind a failure"


def test_progress_counts_to_the_end_and_foresees_it(points):
    told = []
    run_points(points, executor=Instant(), progress=told.append)
    assert (told[0].done, told[0].left_s) == (0, None)
    assert [s.done for s in told] == sorted({s.done for s in told})
    assert (told[-1].done, told[-1].total, told[-1].left_s) == (24, 24, 0.0)
    assert told[1].left_s is None, "the first one waited for its worker to start"
    assert told[2].left_s == pytest.approx(told[2].seconds / (told[2].done - told[1].done) * (24 - told[2].done))


def test_our_own_workers_end_with_the_study(points):
    before = threading.active_count()
    with local_crew(2) as crew:
        run_points(points[:4], executor=crew)
        processes = list(crew._executor._processes.values())
    for process in processes:
        process.join(10)
        assert process.exitcode is not None
    assert threading.active_count() <= before + 1


def test_a_sweep_has_a_row_for_every_point_in_three_formats(tmp_path):
    folder = tmp_path / "study"
    done = fleetsim.sweep(write(tmp_path, QUICK), vary=VARY, replications=2, workers=1, folder=folder)
    with (folder / "table.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    parquet, plain = pq.read_table(folder / "table.parquet"), json.loads((folder / "table.json").read_text())
    names = [column["column"] for column in plain["columns"]]
    assert len(rows) == len(done.points) == parquet.num_rows == len(plain["rows"]) == (4 + 2) * 2
    assert list(rows[0]) == parquet.column_names == names
    first = dict(zip(names, plain["rows"][0], strict=True))
    assert first["architecture"] == rows[0]["architecture"] == "one"
    assert first["workload.arrivals.rate"] == rows[0]["workload.arrivals.rate"] == "10 per s"
    assert (first["architectures.one.pools.big.replicas"], rows[0]["architectures.one.pools.big.replicas"]) == (1, "1")
    assert first["ttft_p99 all"] == float(rows[0]["ttft_p99 all"]) == done.results[0].value("ttft_p99")
    assert math.isnan(done.results[0].value("ttft_p999"))
    assert (first["ttft_p999 all"], rows[0]["ttft_p999 all"]) == (None, "")
    assert parquet.schema.field("replicate").type == "int64"
    assert parquet.schema.field("ttft_p99 all").metadata[b"unit"] == b"ms"
    assert dict(zip(names, plain["rows"][-1], strict=True))["architectures.one.pools.big.replicas"] is None
    assert len(done.table().frame()) == len(rows)


def test_the_table_is_the_same_to_the_byte_in_one_go_or_several(tmp_path):
    path = write(tmp_path, QUICK)
    fleetsim.sweep(path, vary=VARY, workers=1, folder=tmp_path / "a")
    with ThreadPoolExecutor(2) as threads:
        fleetsim.sweep(path, vary=VARY, executor=threads, folder=tmp_path / "b")
    for name in ("table.csv", "table.parquet", "table.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_texts_that_a_spreadsheet_would_obey_are_made_harmless(tmp_path):
    done = fleetsim.sweep(write(tmp_path, QUICK), vary=["question='=1+1'"], workers=1, folder=tmp_path / "study")
    lines = (tmp_path / "study/table.csv").read_text().splitlines()
    assert lines[1].startswith("one,'=1+1,0,7,")
    assert done.table().rows[0][1] == "=1+1"
