"""fleetsim run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleetsim.cli.figures import figures_option, write_figures
from fleetsim.cli.group import say, scenario_argument, set_option, talk
from fleetsim.cli.progress import progress_bar
from fleetsim.cli.studies import engine_option, seed_option
from fleetsim.errors import NotWritten

if TYPE_CHECKING:
    from fleetsim.study.run import StudyPlan


@click.command()
@scenario_argument
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder for the results [out/NAME].")
@engine_option
@click.option("--replications", type=click.IntRange(1, 10_000_000), help="Independent runs, for intervals.")
@seed_option
@set_option
@click.option("-q", "--quiet", is_flag=True, help="Print the results only.")
@click.option("--no-report", is_flag=True, help="Write no report.html.")
@figures_option
def run(
    scenario: str,
    output: Path | None,
    engine: str,
    replications: int | None,
    seed: int | None,
    sets: tuple[str, ...],
    quiet: bool,
    no_report: bool,
    formats: tuple[str, ...],
) -> None:
    """Simulate every architecture of a scenario and compare them.

    SCENARIO is a file, or the name of a shipped scenario (`fleetsim list scenarios`). Prints a comparison and writes
    summary.json, calls.parquet, tasks.parquet, timeline.parquet and report.html. The same scenario and seed give the
    same bytes.

    \b
    Examples:
      fleetsim run quickstart
      fleetsim run scenarios/quickstart.yaml --replications 5 -o results
      fleetsim run quickstart --set workload.arrivals.rate='8 per s' --set 'horizon=30 min'
    """
    from fleetsim.cli.comparison import comparison
    from fleetsim.study.output import output_folder, save
    from fleetsim.study.run import prepare

    plan = prepare(scenario, engine=engine, replications=replications, seed=seed, sets=sets)
    with output_folder(output or default_folder(plan.loaded.scenario.name)) as folder:
        _announce(plan, quiet)
        with progress_bar(quiet) as progress:
            study = plan.run(progress)
        text = comparison(study)
        try:
            files = save(study, folder, report=not no_report)
            pictures = write_figures(study, folder, formats)
        except NotWritten:
            say(text)  # an hour of simulation is not lost to a full disk
            raise
    say(text)
    if not quiet:
        talk(f"wrote {', '.join(path.name for path in files)} to {folder}")
        if pictures:
            talk(f"wrote {len(pictures)} file{'s' * (len(pictures) != 1)} to {pictures[0].parent}")


def default_folder(name: str) -> Path:
    """out/NAME, for a scenario's name that may hold characters that mean something to a file system."""
    return Path("out") / re.sub(r"[^\w.\-]+", "_", name)


def _announce(plan: StudyPlan, quiet: bool) -> None:
    """Say what is about to happen, before it takes time."""
    from fleetsim.compiled import is_cached

    if quiet:
        return
    if plan.engine == "core" and not is_cached():
        talk("compiling the core, once for this version: about a minute ...")
    runs, arms = plan.runs, len(plan.arms)
    talk(f"simulating {arms} arm{'s' * (arms != 1)}, {runs} run{'s' * (runs != 1)} ...")
