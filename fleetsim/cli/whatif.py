"""fleetsim whatif."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fleetsim.cli.group import say, scenario_argument, set_option, talk
from fleetsim.cli.studies import seed_option, studied, study_options, vary_option


@click.command(short_help="Vary paths of a scenario: curves, tornado, break-even points, sensitivity.")
@scenario_argument
@vary_option
@click.option(
    "--design",
    type=click.Choice(["grid", "one-at-a-time", "latin"]),
    default="grid",
    show_default=True,
    help="All combinations; every path alone (a tornado); or a Latin hypercube.",
)
@click.option("--figure", "figures", multiple=True, metavar="FIGURE", help="Such as 'ttft_p99 class chat'. Repeat it.")
@click.option("--break-even", metavar="FIGURE", help="Search where architectures cross in a figure.")
@click.option("--between", nargs=2, metavar="ONE OTHER", help="The two that --break-even is about [every two].")
@click.option("--sensitivity", type=click.Choice(["sobol", "morris"]), help="Rank the paths by their influence.")
@click.option(
    "--samples",
    type=click.IntRange(2, 1_000_000),
    default=64,
    show_default=True,
    help="Points of a hypercube; size of a sensitivity study.",
)
@click.option("--replications", type=click.IntRange(2, 10_000_000), help="Independent runs of every arm.")
@seed_option
@set_option
@study_options
def whatif(
    scenario: str,
    seed: int | None,
    sets: tuple[str, ...],
    output: Path | None,
    workers: int | None,
    cluster: str | None,
    resume: bool,
    as_json: bool,
    quiet: bool,
    **question: Any,
) -> None:
    """Say what becomes of a scenario's figures if this or that were otherwise.

    Varies the paths of --vary and of the scenario's `vary:` block, all arms under the same luck. Prints response curves
    with intervals (grid), what moves a figure most (one-at-a-time) or rank correlations (latin); where architectures
    cross, with an interval; and the influence of every path. With -o the runs are kept, and report.html,
    whatif.json and table.csv, .parquet and .json written: killed at any moment, the same command with --resume goes on.

    \b
    Examples:
      fleetsim whatif quickstart --vary workload.arrivals.rate='2:10 per s:5'
      fleetsim whatif my_scenario.yaml --design one-at-a-time --figure ttft_p99
      fleetsim whatif my_scenario.yaml --vary workload.arrivals.rate='1:20 per s:6' --break-even usd_per_slo_met_task
      fleetsim whatif my_scenario.yaml --sensitivity morris --samples 10 -o study --workers 2
    """
    from fleetsim.cli.whatif_text import whatif_text
    from fleetsim.study.findings_of.whatif import study_of
    from fleetsim.study.output import save_beside
    from fleetsim.study.run import asked
    from fleetsim.study.whatif import whatif as study
    from fleetsim.study.whatif.files import as_json_text, save

    loaded = asked(scenario, "core", question["replications"], seed, sets)
    options = {"output": output, "workers": workers, "cluster": cluster, "resume": resume, "quiet": quiet}
    with studied(loaded, ["whatif", repr(sorted(question.items()))], **options) as (runs, tell):
        tell(f"{question['design']} design")
        found = study(loaded, runs=runs, **question)
        tell("runs for the report")
        files = [] if output is None else [*save(found, output), *save_beside(study_of(found), output)]
    say(as_json_text(found) if as_json else whatif_text(found))
    if files and not quiet:
        talk(f"wrote {', '.join(path.name for path in files)} to {output}")
