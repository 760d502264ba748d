"""A real Dask cluster on loopback: the same bytes as at home, and a killed worker is made up for."""

import os
import signal
import sys

import pytest
from distributed import LocalCluster
from study_points import small_points

from fleetsim.errors import FleetsimError
from fleetsim.study.sweep import run_points
from fleetsim.study.workers import dask_executor

HOST = {"host": "127.0.0.1", "dashboard_address": None, "silence_logs": 50}


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    return small_points(tmp_path_factory.mktemp("points"), 30)


@pytest.fixture(scope="module")
def expected(points):
    return [result.to_bytes() for result in run_points(points, workers=1)]


def test_a_cluster_gives_the_same_bytes(points, expected):
    with (
        LocalCluster(n_workers=1, threads_per_worker=2, processes=False, protocol="tcp", **HOST) as cluster,
        dask_executor(cluster.scheduler_address) as (executor, workers),
    ):
        found = run_points(points, executor=executor, workers=workers)
    assert workers == 2
    assert [result.to_bytes() for result in found] == expected


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
