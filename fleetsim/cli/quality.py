"""fleetsim quality."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fleetsim.cli.group import say, scenario_argument, set_option, talk
from fleetsim.cli.text import NONE, grid

if TYPE_CHECKING:
    from fleetsim.quality.exact import Form
    from fleetsim.quality.outcomes import Outcomes

_AMOUNTS = {"cost": 1e12, "k": 1e6, "workers": 1e6, "stages": 1e6, "sigma": 5}
"""Keys of closed forms that are no shares, and their largest values."""

_outcomes = click.argument("outcomes", type=click.Path(path_type=Path))
_family = click.option(
    "--family", "families", multiple=True, metavar="MODEL=FAMILY", help="Models of one family err alike. Repeatable."
)


@click.group(short_help="Which answers are right: fit, check and predict it.")
def quality() -> None:
    """The quality model: which models answer which tasks rightly, and how their errors hang together.

    OUTCOMES is a CSV (.gz or not) or Parquet file of recorded answers: a column per model with 1 or 0, and perhaps
    `query` and `domain`; or the columns query, model, right, and perhaps domain and cost_usd. See docs/quality.md.

    \b
    Examples:
      fleetsim quality fit outcomes.csv -o quality.yaml
      fleetsim quality predict my_scenario.yaml
    """


@quality.command(short_help="Recorded outcomes -> the quality block of a scenario.")
@_outcomes
@_family
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File for the block as well.")
def fit(outcomes: Path, families: tuple[str, ...], output: Path | None) -> None:
    """Fit accuracies, correlations and the unsolvable share to recorded outcomes; prints a `quality:` block.

    With three models or more, each gets a rho_between of its own where they differ by more than chance.

    \b
    Examples:
      fleetsim quality fit outcomes.csv -o quality.yaml
      fleetsim quality fit outcomes.parquet --family gpt-4=openai --family gpt-3.5=openai
    """
    from fleetsim.quality.block import quality_block
    from fleetsim.quality.fit import fit as run
    from fleetsim.scenario.read import write

    recorded = _read(outcomes)
    fitted = run(recorded, _named(families, recorded.models))
    text = write(quality_block(fitted))
    say(text.rstrip("\n"))
    talk(f"fitted to {len(recorded.right)} queries of {len(recorded.models)} models")
    if output is not None:
        output.write_text(text, encoding="utf-8")
        talk(f"wrote {output}")


@quality.command(short_help="How well a fit to half of the outcomes predicts the other half.")
@_outcomes
@_family
@click.option("--splits", type=click.IntRange(1, 1000), default=4, show_default=True, help="Random halvings.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the halvings and sets of models."
)
def check(outcomes: Path, families: tuple[str, ...], splits: int, seed: int) -> None:
    """Mean absolute errors over random sets of models, predicted from one half of the queries for the other.

    `independent` assumes that errors of models know nothing of each other, `one rho` that all pairs of a domain are
    equally alike; `floor` takes the first half itself for a prediction of the second: what chance alone does.

    \b
    Example:
      fleetsim quality check outcomes.csv --splits 8
    """
    from fleetsim.quality.heldout import check as run

    recorded = _read(outcomes)
    rows = [["measure", "unit", "independent", "one rho", "fitted", "floor"]]
    for s in run(recorded, _named(families, recorded.models), seed=seed, splits=splits):
        errors = (s.independent, s.alike, s.fitted, s.floor)
        rows.append([s.measure, s.unit, *(f"{error:.2f}" for error in errors)])
    say(grid(rows, right=(2, 3, 4, 5)))


@quality.command(short_help="What a scenario's models can do together.")
@scenario_argument
@set_option
def predict(scenario: str, sets: tuple[str, ...]) -> None:
    """Oracles, votes and cascades of a scenario's judged models, by domain, nothing simulated.

    Beside each figure the one that would hold if errors of models knew nothing of each other.

    \b
    Example:
      fleetsim quality predict my_scenario.yaml
    """
    from fleetsim.errors import FleetsimError
    from fleetsim.quality.judged import judged
    from fleetsim.quality.prediction import predictions
    from fleetsim.study.run import load

    loaded = load(scenario, sets)
    found = judged(loaded)
    if not found.names:
        raise FleetsimError("no model of the scenario is judged; write a `quality:` block, see docs/quality.md")
    rows = [["domain", "measure", "share", "independent"]]
    for p in predictions(found, loaded.scenario.seed):
        rows.append([p.domain, p.measure, _share(p.value), _share(p.independent)])
    say(grid(rows, right=(2, 3)))


@quality.command(short_help="Closed forms, such as pass@k or a cascade.")
@click.argument("form", required=False)
@click.argument("values", nargs=-1, metavar="[KEY=VALUE]...")
def exact(form: str | None, values: tuple[str, ...]) -> None:
    """Evaluate a closed form of the quality model by quadrature; without FORM: list them with their keys.

    \b
    Examples:
      fleetsim quality exact samples accuracy=0.159 k=5,10,100 rho_within=0.84
      fleetsim quality exact cascade accuracy=0.6,0.8 cost=1,10 judge_error=0.1
    """
    from fleetsim.errors import UnknownName
    from fleetsim.quality.exact import FORMS

    if form is None:
        rows = [["form", "keys", "what it gives"]]
        rows += [[f.name, " ".join(map(_key, f.parameters.values())), f.meaning] for f in FORMS.values()]
        say(grid(rows))
        return
    if form not in FORMS:
        raise UnknownName(FORMS.unknown(form))
    chosen = FORMS[form]
    rows = [
        ["figure", "value"],
        *([name, f"{value:.4f}"] for name, value in chosen.rule(**_given(chosen, values)).items()),
    ]
    say(grid(rows, right=(1,)))


def _key(parameter: inspect.Parameter) -> str:
    if parameter.default is inspect.Parameter.empty:
        return f"{parameter.name}="
    shown = ",".join(map(str, parameter.default)) if isinstance(parameter.default, tuple) else parameter.default
    return f"[{parameter.name}={shown}]"


def _given(form: Form, values: Iterable[str]) -> dict[str, Any]:
    """The keys of a form as numbers. Raises UsageError for unknown or missing ones and what is no number."""
    found: dict[str, Any] = {}
    for text in values:
        name, _, value = text.partition("=")
        if name not in form.parameters:
            raise click.UsageError(f"{form.name} has no key {name!r}; its keys: {', '.join(form.parameters)}")
        try:
            numbers = tuple(float(part) for part in value.split(","))
        except ValueError:
            raise click.UsageError(f"{text!r}: write numbers, such as {name}=0.5") from None
        wanted = str(form.parameters[name].annotation)
        if not all(map(math.isfinite, numbers)) or (len(numbers) > 1 and not wanted.startswith("tuple")):
            raise click.UsageError(f"{text!r}: write one number, such as {name}=0.5")
        if name not in _AMOUNTS and not all(0 <= number <= 1 for number in numbers):
            raise click.UsageError(f"{text!r}: write a share from 0 to 1, such as {name}=0.5")
        if name in _AMOUNTS and not all(0 <= number <= _AMOUNTS[name] for number in numbers):
            raise click.UsageError(f"{text!r}: write a number from 0 to {_AMOUNTS[name]:g}")
        found[name] = numbers if wanted.startswith("tuple") else int(numbers[0]) if wanted == "int" else numbers[0]
    missing = [p.name for p in form.parameters.values() if p.default is p.empty and p.name not in found]
    if missing:
        raise click.UsageError(f"{form.name} needs {', '.join(missing)}")
    return found


def _share(value: float) -> str:
    return f"{value:.4f}" if math.isfinite(value) else NONE


def _read(path: Path) -> Outcomes:
    from fleetsim.quality.outcomes import read_outcomes

    path.stat()
    return read_outcomes(path, str(path))


def _named(families: Iterable[str], models: tuple[str, ...]) -> dict[str, str]:
    """Model -> family. Raises UnknownName for a model that has no outcomes."""
    from fleetsim.errors import UnknownName
    from fleetsim.registry import unknown

    found = {}
    for text in families:
        model, _, family = text.rpartition("=")
        if model not in models:
            raise UnknownName(unknown("model", model or text, models))
        found[model] = family
    return found
