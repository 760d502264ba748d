"""Predicting many points: each simulated once for all its metrics, over worker processes if there are some."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, as_completed
from typing import TYPE_CHECKING

from fleetsim.predict.deployment import Profiles
from fleetsim.predict.prediction import Prediction, predict_point
from fleetsim.predict.rows import Point, Row, rows_of
from fleetsim.predict.workers import Calibrations, packed, processes, unpacked

if TYPE_CHECKING:
    import pandas as pd

Progress = Callable[[float], None]
_CHUNKS_A_WORKER = 24


def predict_points(
    points: pd.DataFrame | Iterable[Row],
    *,
    workers: int = 1,
    override: Profiles | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> list[Prediction]:
    """One prediction for each row, in order.

    `points`: a table of the tidy schema (extra columns are ignored) or rows. `override`: hardware and framework
    profiles to take instead of the shipped ones, by key, such as a `model_copy` with another calibration (over
    processes nothing but the calibration may differ). `workers`: processes; 1 runs here. `executor`: processes that
    are already there, for whoever predicts again and again. `progress`: told the share that is done. The same input
    gives the same predictions however it is run.
    """
    rows, override = rows_of(points), dict(override or {})
    groups: dict[Point, list[tuple[str, str]]] = {}
    for row in rows:
        groups.setdefault(row.point, []).append((row.metric, row.unit))
    jobs = sorted(((p, tuple(dict.fromkeys(m))) for p, m in groups.items()), key=lambda job: -_work(job[0]))
    found = _run(jobs, override, workers, executor, progress or (lambda share: None))
    return [found[row.point][row.metric, row.unit] for row in rows]


Job = tuple[Point, tuple[tuple[str, str], ...]]
Found = dict[Point, dict[tuple[str, str], Prediction]]


def _run(jobs: list[Job], override: Profiles, workers: int, executor: Executor | None, tell: Progress) -> Found:
    found: Found = {}
    if executor is None and workers <= 1:
        for done, (point, metrics) in enumerate(jobs, start=1):
            found[point] = predict_point(point, metrics, override)
            tell(done / len(jobs))
        return found
    if executor is None:
        with processes(workers) as own:
            return _run(jobs, override, workers, own, tell)
    parts = _CHUNKS_A_WORKER * max(workers, 1)
    chunks = [chunk for part in range(parts) if (chunk := jobs[part::parts])]
    calibrations = packed(override)
    futures = [executor.submit(_predict_chunk, chunk, calibrations) for chunk in chunks]
    for done, future in enumerate(as_completed(futures), start=1):
        found.update(future.result())
        tell(done / len(futures))
    return found


def _predict_chunk(jobs: Sequence[Job], calibrations: Calibrations) -> Found:
    override = unpacked(calibrations)
    return {point: predict_point(point, metrics, override) for point, metrics in jobs}


def _work(point: Point) -> float:
    """Roughly how long a point takes to simulate, to start the long ones first."""
    return point.num_requests or 100.0
