"""Many independent points: evaluated over workers, kept in a folder, always in the same order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleetsim.scenario import Loaded
from fleetsim.study.dispatch import Dispatch, evaluated_here
from fleetsim.study.folder import study_folder, study_identity
from fleetsim.study.points import Point, PointResult, point_of
from fleetsim.study.provenance import provenance
from fleetsim.study.run import StudyPlan, planned
from fleetsim.study.table import Table, table
from fleetsim.study.table import save as save_table
from fleetsim.study.workers import Crew, hired


@dataclass(frozen=True)
class Standing:
    """How far a study is."""

    done: int
    total: int
    before: int  # of those done: what a folder held, and the first ones, which waited for the workers to start
    seconds: float  # since then
    fresh: tuple[tuple[Point, PointResult], ...]  # what has just come in
    words: tuple[str, ...] = ()  # what was found wrong in the folder, and what became of it

    @property
    def left_s(self) -> float | None:
        """How much longer, by the pace so far; None before there is any."""
        ran = self.done - self.before
        return self.seconds / ran * (self.total - self.done) if ran else None


Progress = Callable[[Standing], None]


def run_points(
    points: Sequence[Point],
    *,
    workers: int | None = None,
    executor: Executor | Crew | None = None,
    folder: Path | str | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> list[PointResult]:
    """One result for each point, in the order of the points, the same wherever and however they ran.

    `workers`: processes of this machine, by default one a core; 1 runs here. `executor`: any executor that can pickle
    a function of fleetsim to where fleetsim is installed, with `workers` saying how many it has, or a crew (see
    `workers.local_crew`) for whoever runs points again and again. Points of one identity
    are evaluated once. `folder` keeps each result as it comes; `resume` goes on with what a folder holds.

    Raises EngineFault if a law is broken, FleetsimError naming the point for which workers are lost again and again.
    """
    distinct = list({point.identity: point for point in points}.values())
    with study_folder(folder, points, resume=resume) if folder is not None else nullcontext() as place:
        found = {} if place is None else dict(place.kept)
        count = _Count(distinct, found, progress, () if place is None else tuple(place.words))
        rest = [point for point in distinct if point.identity not in found]
        with hired(workers, executor, len(rest)) as crew:
            for batch in evaluated_here(rest) if crew is None else Dispatch(rest, crew):
                if place is not None:
                    place.keep(result for _, result in batch)
                found |= {result.identity: result for _, result in batch}
                count.tell((rest[number], result) for number, result in batch)
    return [found[point.identity] for point in points]


class _Count:
    """Tells how far a study is."""

    def __init__(
        self,
        points: Sequence[Point],
        kept: Mapping[str, PointResult],
        progress: Progress | None,
        words: tuple[str, ...],
    ) -> None:
        self._total, self._done, self._progress = len(points), len(kept), progress
        self._before, self._began = len(kept), time.perf_counter()
        if progress is not None:
            fresh = tuple((point, kept[point.identity]) for point in points if point.identity in kept)
            progress(Standing(self._done, self._total, self._before, 0.0, fresh, words))
        self._first = True

    def tell(self, fresh: Iterable[tuple[Point, PointResult]]) -> None:
        """Some more are done."""
        came = tuple(fresh)
        self._done += len(came)
        if self._first:
            self._before, self._began, self._first = self._done, time.perf_counter(), False
        if self._progress is not None:
            seconds = time.perf_counter() - self._began
            self._progress(Standing(self._done, self._total, self._before, seconds, came))


@dataclass(frozen=True)
class Sweep:
    """A study of independent points, with its results in the same order."""

    plan: StudyPlan
    points: tuple[Point, ...]
    results: tuple[PointResult, ...]

    @property
    def provenance(self) -> dict[str, Any]:
        """Where it comes from; nothing in it depends on where or in how many goes it ran."""
        about = provenance(self.plan.loaded, [], self.plan.engine, verb="sweep")
        files = about["inputs"] | dict(named for point in self.points for named in point.inputs)
        return about | {
            "code": self.points[0].code,
            "study": study_identity(self.points),
            "points": len(self.points),
            "inputs": dict(sorted(files.items())),
            "notes": list(dict.fromkeys(note for result in self.results for note in result.notes)),
        }

    def table(self) -> Table:
        """A row a point."""
        return table(self.points, self.results)

    def save(self, folder: Path | str) -> list[Path]:
        """Write table.csv, table.parquet and table.json; returns their paths."""
        return save_table(self.table(), self.provenance, Path(folder))


def sweep_points(plan: StudyPlan) -> tuple[Point, ...]:
    """Every replicate of every arm as a point: arms in the order of the plan, replicates within them."""
    arms = (
        (point_of(arm.loaded, arm.architecture, arm.variation, engine=plan.engine), arm.replications)
        for arm in plan.arms
    )
    return tuple(point.replicated(k) for point, count in arms for k in range(count))


def sweep(
    scenario: Loaded | StudyPlan | str | Path,
    *,
    vary: Sequence[str] = (),
    replications: int | None = None,
    seed: int | None = None,
    sets: Sequence[str] = (),
    engine: str = "core",
    workers: int | None = None,
    executor: Executor | None = None,
    folder: Path | str | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Sweep:
    """Run every architecture with every variation of a scenario as independent points and keep their figures.

    `vary` are `path=a,b,c` or `path=lo:hi:n`, beside those of the scenario's own block. With `folder` the study can be
    killed and gone on with, and its table is written there. The rest as in `simulate` and `run_points`.
    """
    plan = scenario
    if not isinstance(plan, StudyPlan):
        plan = planned(plan, engine=engine, replications=replications, seed=seed, sets=sets, vary=vary)
    points = sweep_points(plan)
    results = run_points(points, workers=workers, executor=executor, folder=folder, resume=resume, progress=progress)
    done = Sweep(plan, points, tuple(results))
    if folder is not None:
        done.save(folder)
    return done
