"""fleetsim capacity."""

from __future__ import annotations

from pathlib import Path

import click

from fleetsim.cli.group import say, scenario_argument, set_option, talk
from fleetsim.cli.studies import studied, study_options


@click.command(short_help="Find the cheapest fleet that keeps all limits.")
@scenario_argument
@set_option
@click.option("--only-answer", is_flag=True, help="No runner-up, baseline, headroom and curve of cost over load.")
@study_options
def capacity(
    scenario: str,
    sets: tuple[str, ...],
    only_answer: bool,
    output: Path | None,
    workers: int | None,
    cluster: str | None,
    resume: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Find the cheapest fleet that keeps all limits of the scenario's `capacity:` block.

    Bounds exclude what cannot keep up, simulation decides, and the answer and what is one step smaller are confirmed
    under fresh luck. Prints the fleet, why no smaller one does, the runner-up, the baseline, the cost over the load and
    the front of price, tail latency and quality. With -o the runs are kept, and report.html,
    capacity.json, curve.csv and front.csv written: killed at any moment, the same command with --resume goes on.

    \b
    Examples:
      fleetsim capacity my_scenario.yaml
      fleetsim capacity my_scenario.yaml -o study --resume --json
      fleetsim capacity my_scenario.yaml --set capacity.failures=1 --only-answer
    """
    from fleetsim.cli.capacity_text import capacity_text
    from fleetsim.study.capacity import capacity as search
    from fleetsim.study.capacity.files import as_json_text, save
    from fleetsim.study.findings_of.capacity import study_of
    from fleetsim.study.output import save_beside
    from fleetsim.study.run import load

    loaded = load(scenario, sets)
    asked = ["capacity", str(not only_answer)]
    options = {"output": output, "workers": workers, "cluster": cluster, "resume": resume, "quiet": quiet}
    with studied(loaded, asked, **options) as (runs, tell):
        answer = search(loaded, runs=runs, more=not only_answer, tell=tell)
        tell("runs for the report")
        files = [] if output is None else [*save(answer, output), *save_beside(study_of(answer), output)]
    say(as_json_text(answer) if as_json else capacity_text(answer))
    if files and not quiet:
        talk(f"wrote {', '.join(path.name for path in files)} to {output}")
