"""What commands of studies share: who simulates, where results are kept, and that it is said how far things are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleetsim.cli.group import talk
from fleetsim.cli.progress import progress_bar

if TYPE_CHECKING:
    from fleetsim.scenario import Loaded
    from fleetsim.study.kept import Runs
    from fleetsim.study.points import Point, PointResult


_OUTPUT = click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder to keep runs and results in.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")

vary_option = click.option(
    "--vary", multiple=True, metavar="PATH=VALUES", help="What to try: path=a,b,c or path=lo:hi:n. Repeat it."
)
seed_option = click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="All luck follows from it.")
engine_option = click.option(
    "--engine", type=click.Choice(["core", "reference"]), default="core", show_default=True, help="Both give the same."
)


def crew_options(command: Callable) -> Callable:
    """The options --workers, --cluster, --resume and -q."""
    options = [
        click.option("--workers", type=click.IntRange(1, 4096), help="Worker processes [one a core]."),
        click.option("--cluster", metavar="ADDRESS", help="Run on a Dask cluster instead: tcp://host:8786."),
        click.option("--resume", is_flag=True, help="Go on with what the folder holds of this study."),
        click.option("-q", "--quiet", is_flag=True, help="Print the results only."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def study_options(command: Callable) -> Callable:
    """Those of `crew_options`, -o and --json."""
    return _OUTPUT(crew_options(_JSON(command)))


def one_crew(workers: int | None, cluster: str | None) -> None:
    """Workers are of this machine or of a cluster. Raises UsageError if both are asked for."""
    if cluster and workers:
        raise click.UsageError("a cluster has its own workers; leave out --workers or --cluster")


@contextmanager
def studied(
    loaded: Loaded,
    asked: Sequence[str],
    *,
    output: Path | None,
    workers: int | None,
    cluster: str | None,
    resume: bool,
    quiet: bool,
) -> Iterator[tuple[Runs, Callable[..., None]]]:
    """Who simulates the points of a study, kept in `output` if there is one; and whom to tell what is being done, and
    which share of the whole is, where that is known."""
    one_crew(workers, cluster)
    if resume and output is None:
        raise click.UsageError("there is nothing to go on with; name the study's folder with -o")
    from fleetsim.compiled import is_cached
    from fleetsim.study.arms import cautions_of
    from fleetsim.study.folder import nothing_to_resume
    from fleetsim.study.kept import kept_runs

    warn(cautions_of(loaded), quiet)
    if not quiet and not is_cached():
        talk("compiling the core, once for this version: about a minute ...")
    with progress_bar(quiet) as bar, _crew(workers, cluster) as run:
        doing, made = [("", 0.0)], [0]

        def runs(points: Sequence[Point]) -> list[PointResult]:
            if bar is not None:
                bar(f"{made[0]:,} runs; {len(points):,} of {doing[0][0]}", doing[0][1])
            results = run(points)
            made[0] += len(points)
            return results

        keeper = nullcontext(runs) if output is None else kept_runs(output, loaded, asked, resume, runs)
        with keeper as kept:
            if resume and not kept.kept:
                talk(nothing_to_resume(output))
            yield kept, lambda text, share=0.0: doing.__setitem__(0, (text, share))


def warn(cautions: Sequence[str], quiet: bool) -> None:
    """Say what may not be meant in a scenario, before it is simulated."""
    for caution in () if quiet else cautions:
        talk(f"! {caution}")


@contextmanager
def _crew(workers: int | None, cluster: str | None) -> Iterator[Runs]:
    """Who simulates: workers that stay for the whole study, those of a cluster, or this process."""
    from functools import partial

    from fleetsim.study.sweep import run_points
    from fleetsim.study.workers import dask_executor, local_crew

    if cluster is not None:
        with dask_executor(cluster) as (executor, size):
            yield partial(run_points, executor=executor, workers=size)
    elif (workers or _cores()) == 1:
        yield partial(run_points, workers=1)
    else:
        with local_crew(workers or _cores()) as crew:
            yield partial(run_points, executor=crew)


def _cores() -> int:
    import os

    return os.cpu_count() or 1
