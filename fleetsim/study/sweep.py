"""Many independent points: evaluated over workers, kept in a folder, always in the same order."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fleetsim.study.dispatch import Dispatch, evaluated_here
from fleetsim.study.points import Point, PointResult
from fleetsim.study.workers import Crew, local_crew


@dataclass(frozen=True)
class Standing:
    """How far a study is."""

    done: int
    total: int
    seconds: float  # since it began
    fresh: tuple[tuple[Point, PointResult], ...]  # what has just come in

    @property
    def left_s(self) -> float | None:
        """How much longer, by the pace so far; None before there is any."""
        return self.seconds / self.done * (self.total - self.done) if self.done else None


Progress = Callable[[Standing], None]


def run_points(
    points: Sequence[Point],
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    folder: Path | str | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> list[PointResult]:
    """One result for each point, in the order of the points, the same wherever and however they ran.

    `workers`: processes of this machine, by default one a core; 1 runs here. `executor`: any executor that can pickle
    a function of fleetsim to where fleetsim is installed, with `workers` saying how many it has. Points of one identity
    are evaluated once. `folder` keeps each result as it comes; `resume` goes on with what a folder holds.

    Raises EngineFault if a law is broken, FleetsimError naming the point for which workers are lost again and again.
    """
    numbers: dict[str, list[int]] = {}
    for number, point in enumerate(points):
        numbers.setdefault(point.identity, []).append(number)
    first = [points[same[0]] for same in numbers.values()]
    found: dict[str, PointResult] = {}
    began = time.perf_counter()
    with _crew(workers, executor, len(first)) as crew:
        batches = evaluated_here(first) if crew is None else Dispatch(first, crew)
        for batch in batches:
            found |= {result.identity: result for _, result in batch}
            if progress is not None:
                fresh = tuple((first[number], result) for number, result in batch)
                progress(Standing(len(found), len(first), time.perf_counter() - began, fresh))
    return [found[point.identity] for point in points]


@contextmanager
def _crew(workers: int | None, executor: Executor | None, points: int) -> Iterator[Crew | None]:
    """Who evaluates; None: this process."""
    count = workers or os.cpu_count() or 1
    if executor is not None:
        yield Crew(executor, count)
    elif min(count, points) <= 1:
        yield None
    else:
        with local_crew(min(count, points)) as crew:
            yield crew
