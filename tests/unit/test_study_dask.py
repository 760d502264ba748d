"""A real Dask cluster on loopback: the same bytes as at home, and a killed worker is made up for."""

import os
import signal
import sys

import pytest
from click.testing import CliRunner
from distributed import LocalCluster
from small_scenarios import write
from study_points import QUICK, small_points

from fleetsim.cli import commands
from fleetsim.errors import FleetsimError
from fleetsim.study.sweep import run_points
from fleetsim.study.table import FILES
from fleetsim.study.workers import dask_executor

HOST = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0", "silence_logs": 50}


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    return small_points(tmp_path_factory.mktemp("points"), 30)


@pytest.fixture(scope="module")
def expected(points):
    return [result.to_bytes() for result in run_points(points, workers=1)]


@pytest.fixture(scope="module")
def address():
    """A cluster in this process, of one worker with two threads."""
    with LocalCluster(n_workers=1, threads_per_worker=2, processes=False, protocol="tcp", **HOST) as cluster:
        yield cluster.scheduler_address


def test_a_cluster_gives_the_same_bytes(address, points, expected):
    with dask_executor(address) as (executor, workers):
        found = run_points(points, executor=executor, workers=workers)
    assert workers == 2
    assert [result.to_bytes() for result in found] == expected


def test_the_command_writes_the_same_tables_by_a_cluster_and_at_home(address, tmp_path):
    words = ["sweep", str(write(tmp_path, QUICK)), "--vary", "seed=1,2,3", "-q", "-o"]
    home = CliRunner().invoke(commands, [*words, str(tmp_path / "home"), "--workers", "1"])
    away = CliRunner().invoke(commands, [*words, str(tmp_path / "away"), "--cluster", address])
    assert (home.exit_code, away.exit_code) == (0, 0), away.output
    assert away.stdout == home.stdout
    for name in FILES:
        assert (tmp_path / "away" / name).read_bytes() == (tmp_path / "home" / name).read_bytes()


ARMS = """\
architectures:
  slow: {pools: {p: {steps: {base: 6 ms}, price: $1 per h}}, workflow: {kind: single, pool: p}}
  fast: {pools: {p: {steps: {base: 5 ms}, price: $2 per h}}, workflow: {kind: single, pool: p}}
capacity:
  variables: {architectures.slow.pools.p.replicas: "1:6", architectures.fast.pools.p.replicas: "1:6"}
  constraints: [{figure: e2e_p99, at_most: 400 ms}]
  loads: []
"""
VARY = ("--vary", "workload.arrivals.rate=10:20 per s:3", "--figure", "e2e_mean")


@pytest.mark.parametrize(
    ("words", "result"),
    [
        (("compare", "--budget", "4"), "comparison.json"),
        (("whatif", *VARY), "whatif.json"),
        (("capacity", "--only-answer"), "capacity.json"),
        (("search", *VARY, "--trials", "4"), "search.json"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_studies_that_decide_as_they_go_say_the_same_by_a_cluster(address, tmp_path, words, result):
    verb, *options = words
    path = write(tmp_path, QUICK[: QUICK.index("architectures:")] + ARMS)
    said, written = [], []
    for place, how in (("home", ["--workers", "1"]), ("away", ["--cluster", address])):
        done = CliRunner().invoke(commands, [verb, str(path), *options, "-q", "-o", str(tmp_path / place), *how])
        assert done.exit_code == 0, done.output
        said.append(done.stdout)
        written.append((tmp_path / place / result).read_bytes())
    assert said[0] == said[1]
    assert written[0] == written[1]


def test_a_killed_worker_of_a_cluster_is_made_up_for(points, expected):
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, **HOST) as cluster:
        killed = []

        def kill(standing) -> None:
            if standing.fresh and not killed:
                killed.append(next(iter(cluster.workers.values())).pid)
                os.kill(killed[0], signal.SIGKILL)

        with dask_executor(cluster.scheduler_address) as (executor, workers):
            found = run_points(points, executor=executor, workers=workers, progress=kill)
    assert killed
    assert [result.to_bytes() for result in found] == expected


def test_a_cluster_that_is_not_there_is_told():
    connecting = dask_executor("tcp://127.0.0.1:9", patience_s=0.5)
    with pytest.raises(FleetsimError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"), connecting:
        pytest.fail("connected")


def test_a_missing_dask_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(FleetsimError, match=r"pip install 'fleetsim\[dask\]'"), dask_executor("tcp://127.0.0.1:9"):
        pytest.fail("connected")
