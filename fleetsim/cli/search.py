"""fleetsim search."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fleetsim.cli.group import say, scenario_argument, set_option, talk
from fleetsim.cli.studies import seed_option, studied, study_options, vary_option
from fleetsim.cli.text import NONE, grid, three, wrapped

if TYPE_CHECKING:
    from fleetsim.study.search import Search
    from fleetsim.study.search.answer import Tried

_SHOWN = 10


@click.command(short_help="Find the best of a space too large to sweep (with Optuna).")
@scenario_argument
@vary_option
@click.option("--figure", metavar="FIGURE", help="What is to be best, such as 'ttft_p99 class chat'.")
@click.option("--trials", type=click.IntRange(1, 1_000_000), default=100, show_default=True, help="How many to try.")
@click.option(
    "--sampler", type=click.Choice(["tpe", "random"]), default="tpe", show_default=True, help="How to choose the next."
)
@click.option(
    "--together", type=click.IntRange(1, 4096), default=1, show_default=True, help="Trials asked and run at a time."
)
@click.option("--storage", metavar="URL", help="Keep trials in a storage of Optuna's: sqlite:///search.db.")
@click.option("--replications", type=click.IntRange(2, 10_000_000), help="Independent runs of every trial.")
@seed_option
@set_option
@study_options
def search(
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
    """Find the best combination of a space too large to sweep.

    Tries values of --vary and of the scenario's `vary:` block with every architecture, one trial after the other, each
    chosen by what is known of those before. Prints the best ones beside the scenario as it stands, and the best again
    under luck that no trial had. With -o the runs are kept, and search.json and table.csv, .parquet and .json written:
    killed at any moment, the same command with --resume goes on, and with more --trials it goes further.

    \b
    Examples:
      fleetsim search my_scenario.yaml --vary architectures.mixed.pools.chat.replicas=1:40:40 --trials 60
      fleetsim search my_scenario.yaml --figure usd_per_slo_met_task -o study --resume --trials 500
      fleetsim search my_scenario.yaml --storage sqlite:///search.db --together 8 --cluster tcp://head:8786
    """
    from fleetsim.study.run import asked
    from fleetsim.study.search import search as study

    loaded = asked(scenario, "core", question["replications"], seed, sets)
    same = sorted((name, value) for name, value in question.items() if name not in ("trials", "storage"))
    options = {"output": output, "workers": workers, "cluster": cluster, "resume": resume, "quiet": quiet}
    with studied(loaded, ["search", repr(same)], **options) as (runs, tell):
        found = study(loaded, runs=runs, tell=tell, **question)
        files = [] if output is None else found.save(output)
    say(found.as_json() if as_json else _text(found))
    if files and not quiet:
        talk(f"wrote {', '.join(path.name for path in files)} to {output}")


def _text(found: Search) -> str:
    """The best in words, the next ones beside the scenario as it stands, and the effort."""
    title = f"{found.name}: {found.question}" if found.question else found.name
    unit = f" in {found.unit}" if found.unit else ""
    body = [["", found.figure + unit, "95 % from", "to", "trial"]]
    body += [_row(one) for one in found.ranked[:_SHOWN]]
    body += [_row(one) for one in found.standing]
    blocks = [wrapped(title), "\n".join(wrapped(line) for line in _best(found)), grid(body, right=range(1, 5))]
    effort = f"{len(found.ranked):,} of {found.combinations:,} combinations in {found.trials:,} trials"
    blocks.append(wrapped(f"{effort} ({found.sampler}), {found.replications} runs each under the same luck."))
    blocks += ["\n".join(wrapped(note, first="- ") for note in found.notes)] if found.notes else []
    return "\n\n".join(blocks)


def _best(found: Search) -> list[str]:
    best, again = found.best, found.confirmed
    if best is None or again is None:
        return [f"No trial has {found.figure}."]
    interval = "" if again.low is None or again.high is None else f" ({three(again.low)} to {three(again.high)})"
    unit = f" {found.unit}" if found.unit else ""
    return [
        f"Best found: {best.name}",
        f"{found.figure} {three(again.value)}{unit}{interval} under fresh luck; "
        "the best of many trials looks better in its own runs than it is.",
    ]


def _row(one: Tried) -> list[str]:
    e = one.estimate
    ends = [NONE if end is None else three(end) for end in (e.low, e.high)]
    return [one.name, three(e.value), *ends, "as it stands" if one.trial is None else f"{one.trial:,}"]
