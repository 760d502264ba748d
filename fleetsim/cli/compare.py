"""fleetsim compare."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleetsim.cli.group import say, set_option, talk
from fleetsim.cli.studies import engine_option, seed_option, studied, study_options
from fleetsim.cli.text import NO_TARGETS, NONE, grid, three, wrapped

if TYPE_CHECKING:
    from fleetsim.statistics import Precision
    from fleetsim.study.compare import Comparison
    from fleetsim.study.differences import Difference


@click.command(short_help="Say which arm is better, and how sure that is.")
@click.argument("scenarios", metavar="SCENARIO [OTHER]", nargs=-1, required=True)
@click.option("--figure", "figures", multiple=True, help="Judge by it, such as 'ttft_p99 class chat'. May be repeated.")
@click.option(
    "--precision", metavar="P", help="Half-width to reach: a number, or a share of the first arm's value [5 %]."
)
@click.option("--budget", type=click.IntRange(1, 100_000), help="Most replications of each arm [50].")
@seed_option
@set_option
@engine_option
@study_options
def compare(
    scenarios: tuple[str, ...],
    figures: tuple[str, ...],
    precision: str | None,
    budget: int | None,
    seed: int | None,
    sets: tuple[str, ...],
    engine: str,
    output: Path | None,
    workers: int | None,
    cluster: str | None,
    resume: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Compare the arms of a scenario, or of two, with its first arm under the same luck.

    Adds replications until the differences are as precise as asked or the budget is spent, and says of each figure
    whether an arm is better, worse, or whether there is no evidence at this size. With -o the runs are kept, and
    report.html and comparison.json written: killed at any moment, the same command with --resume goes on.

    \b
    Examples:
      fleetsim compare quickstart
      fleetsim compare today.yaml tomorrow.yaml --figure 'ttft_p99 class chat' --precision '2 %'
    """
    from fleetsim.study.compare import BUDGET, PRECISION
    from fleetsim.study.compare import compare as run_compare
    from fleetsim.study.findings_of.comparison import as_json_text, save
    from fleetsim.study.run import asked

    if len(scenarios) > 2:
        raise click.UsageError("compares one scenario's arms, or two scenarios; write the arms into one file for more")
    wanted = PRECISION if precision is None else _precision(precision)
    loaded = [asked(scenario, engine, None, seed, sets) for scenario in scenarios]
    words = ["compare", *(one.resolved() for one in loaded[1:]), repr((figures, wanted, budget, engine))]
    options = {"output": output, "workers": workers, "cluster": cluster, "resume": resume, "quiet": quiet}
    with studied(loaded[0], words, **options) as (runs, tell):
        found = run_compare(
            *loaded, figures=figures, precision=wanted, budget=budget or BUDGET, engine=engine, runs=runs, progress=tell
        )
        tell("runs for the report")
        files = [] if output is None else save(found, output)
    say(as_json_text(found) if as_json else _text(found))
    if files and not quiet:
        talk(f"wrote {', '.join(path.name for path in files)} to {output}")


def _precision(text: str) -> Precision:
    from fleetsim.statistics import Precision

    number = text.strip().removesuffix("%").strip()
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise click.UsageError(f"{text!r} is no precision; write '5 %', or a number in the unit of the one --figure")
    return Precision(relative=value / 100) if "%" in text else Precision(absolute=value)


def _text(found: Comparison) -> str:
    """The question, how it was answered, a table for each arm, and what to read with care."""
    title = f"{found.name}: {found.question}" if found.question else found.name
    about = found.provenance
    said = [
        f"{found.runs} pairs of runs under the same luck",
        f"seed {about['seed']}",
        f"warm-up {about['warm_up']}",
        f"{about['engine']} engine",
    ]
    blocks = [wrapped(title), wrapped(", ".join(said))]
    blocks += [_table(found, arm) for arm in found.arms[1:]]
    blocks += [wrapped(_together(found)), wrapped(_reached(found))]
    kept = [d for d in found.differences if d.heading.key == "slo_attainment all" and d.pairs]
    blocks += [] if kept else [wrapped(NO_TARGETS)]
    blocks += ["\n".join(wrapped(note, first="- ") for note in found.notes)] if found.notes else []
    return "\n\n".join(blocks)


def _table(found: Comparison, arm: str) -> str:
    body = [["", "first", "this", "difference", "from", "to", "variance left", "verdict"]]
    for d in found.judged:
        if d.arm == arm and d.pairs:
            unit = f" in {d.heading.unit}" if d.heading.unit else ""
            ends = [NONE if end is None else three(end) for end in (d.difference.low, d.difference.high)]
            numbers = [three(d.baseline_value), three(d.value), three(d.difference.value), *ends]
            body.append([d.heading.key + unit, *numbers, _share(d.variance_ratio), d.verdict])
    return wrapped(f"{arm} against {found.arms[0]}:") + "\n\n" + grid(body, right=range(1, 7))


def _share(ratio: float) -> str:
    return f"{ratio:.0%}" if math.isfinite(ratio) else NONE


def _together(found: Comparison) -> str:
    judged = found.judged
    level = f"each interval at {judged[0].level:.2%}" if judged else "no interval"
    return (
        f"The {len(judged)} intervals hold together at 95 % ({level}): by luck alone, one study in twenty has a wrong "
        "verdict among them. Variance left is what the common luck leaves of the variance of independent runs."
    )


def _reached(found: Comparison) -> str:
    wanted = found.precision
    asked = (
        f"{wanted.absolute:g}" if wanted.relative is None else f"{wanted.relative * 100:g} % of the first arm's value"
    )
    if not found.short:
        return f"All are known to within {asked}."
    names = ", ".join(dict.fromkeys(_within(d) for d in found.short))
    return f"The budget of {found.budget} pairs was spent before all were known to within {asked}: {names}."


def _within(d: Difference) -> str:
    if d.difference.low is None or d.difference.high is None or not d.baseline_value:
        return f"{d.heading.key} of {d.arm} is not known"
    half = (d.difference.high - d.difference.low) / 2
    return f"{d.heading.key} of {d.arm} is known to {half / abs(d.baseline_value):.1%}"
