"""fleetsim sweep."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleetsim.cli.group import INTERRUPTED, say, scenario_argument, set_option, talk
from fleetsim.cli.progress import points_progress
from fleetsim.cli.run import default_folder
from fleetsim.cli.studies import crew_options, engine_option, one_crew, seed_option, vary_option, warn
from fleetsim.cli.text import NONE, grid, three, wrapped

if TYPE_CHECKING:
    from fleetsim.study.sweep import Sweep

_SHOWN = 20


@click.command(short_help="Run every variation of a scenario over many workers.")
@scenario_argument
@vary_option
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder of the study [out/NAME-sweep].")
@click.option("--replications", type=click.IntRange(1, 10_000_000), help="Independent runs of every variation.")
@seed_option
@set_option
@engine_option
@click.option("--best", metavar="FIGURE", help="What to rank by, such as 'ttft_p99 class chat'.")
@crew_options
def sweep(
    scenario: str,
    vary: tuple[str, ...],
    output: Path | None,
    replications: int | None,
    seed: int | None,
    sets: tuple[str, ...],
    engine: str,
    workers: int | None,
    cluster: str | None,
    resume: bool,
    best: str | None,
    quiet: bool,
) -> None:
    """Run every variation of a scenario as independent points, over worker processes or a cluster.

    Tries every combination of the scenario's `vary:` block and of --vary with every architecture. Prints the arms in
    order of one figure and writes table.csv, table.parquet and table.json, a row a point. Each point is kept as it is
    done: killed at any moment, the same command with --resume goes on, and the tables are the same to the byte.

    \b
    Examples:
      fleetsim sweep quickstart --vary workload.arrivals.rate='2:10 per s:5' --replications 10
      fleetsim sweep my_scenario.yaml -o study --resume
      fleetsim sweep my_scenario.yaml -o study --cluster tcp://head:8786
    """
    from fleetsim.study.leaders import Leaders
    from fleetsim.study.run import planned
    from fleetsim.study.sweep import sweep as run_sweep

    one_crew(workers, cluster)
    plan = planned(scenario, engine=engine, replications=replications, seed=seed, sets=sets, vary=vary)
    warn(plan.cautions, quiet)
    name = default_folder(plan.loaded.scenario.name)
    folder = output or name.with_name(f"{name.name}-sweep")
    leaders = Leaders(best)
    try:
        with _executor(cluster) as (executor, size), points_progress(quiet, leaders) as progress:
            done = run_sweep(
                plan, workers=size or workers, executor=executor, folder=folder, resume=resume, progress=progress
            )
    except KeyboardInterrupt:
        talk(f"\ninterrupted; what is done is in {folder}: the same command with --resume goes on")
        click.get_current_context().exit(INTERRUPTED)
    say(_summary(done, best))
    if not quiet:
        talk(f"wrote table.csv, table.parquet and table.json to {folder}")


@contextmanager
def _executor(cluster: str | None) -> Iterator[tuple[Executor | None, int | None]]:
    """The executor of a cluster and how many workers it has; None and None without a cluster."""
    if cluster is None:
        yield None, None
        return
    from fleetsim.study.workers import dask_executor

    with dask_executor(cluster) as found:
        yield found


def _summary(done: Sweep, best: str | None) -> str:
    """The question, what was run, and the arms in order of the figure."""
    from fleetsim.study.leaders import Leaders

    scenario, leaders = done.plan.loaded.scenario, Leaders(best)
    for point, result in zip(done.points, done.results, strict=True):  # in their order, not in that of their coming
        leaders.add(point, result)
    ranked, heading = leaders.ranked(), leaders.heading
    counts = sorted({leader.runs for leader in ranked})
    runs = " to ".join(f"{count:,}" for count in dict.fromkeys((counts[0], counts[-1])))
    said = [
        f"{len(done.points):,} points: {len(ranked):,} arms of {runs} replications",
        f"seed {scenario.seed}",
        f"{done.plan.engine} engine",
    ]
    title = f"{scenario.name}: {scenario.question}" if scenario.question else scenario.name
    unit = f" in {heading.unit}" if heading.unit else ""
    body = [["arm", heading.key + unit, "95 % from", "to", "runs"]]
    for leader in ranked[:_SHOWN]:
        e = leader.estimate
        ends = [NONE if end is None else three(end) for end in (e.low, e.high)]
        body.append([leader.arm, three(e.value), *ends, f"{leader.runs:,}"])
    blocks = [wrapped(title), wrapped(", ".join(said)), grid(body, right=range(1, 5))]
    if len(ranked) > _SHOWN:
        blocks.append(f"and {len(ranked) - _SHOWN:,} arms more: see table.csv")
    same = [leader.arm for leader in ranked if leader.same]
    if same:
        of = "every arm" if len(same) == len(ranked) else ", ".join(same)
        blocks.append(wrapped(f"- the replications of {of} are one and the same run, for all see the same tasks and "
                              "nothing else is random: no interval over them can be given"))  # fmt: skip
    return "\n\n".join(blocks)
