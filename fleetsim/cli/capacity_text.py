"""A capacity answer as plain text: the same answer gives the same text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fleetsim.cli.text import NONE, grid, three, time_text, wrapped

if TYPE_CHECKING:
    from fleetsim.study.capacity.answer import CapacityAnswer, Choice, Kept


def capacity_text(answer: CapacityAnswer) -> str:
    """The fleet in one sentence, why no smaller one, what else there is, the curve, the front, and the effort."""
    blocks = [
        wrapped(f"{answer.name}: {answer.question}" if answer.question else answer.name),
        "\n".join(_answer(answer)),
        _alternatives(answer),
        _curve(answer),
        _curves(answer),
        _front(answer),
        "\n".join(_effort(answer)),
    ]
    return "\n\n".join(block for block in blocks if block)


def _answer(answer: CapacityAnswer) -> Iterator[str]:
    fleet = answer.answer
    if fleet is None:
        yield wrapped(f"No fleet: {answer.near}.")
        return
    best = "Cheapest fleet" if fleet.objective is None else f"Best fleet by {answer.objective}"
    value = "" if fleet.objective is None else f", {three(fleet.objective)} {answer.unit}"
    yield wrapped(f"{best}: {fleet.name}, ${fleet.usd_per_hour:,.2f} per h{value}")
    if answer.failures:
        gone = f"; worst without {answer.failures} of {fleet.gone}" if fleet.gone else ""
        yield wrapped(f"with {answer.failures} replicas of any one pool gone{gone}", first="  ")
    for kept in fleet.kept:
        yield wrapped(f"{kept.limit}: {_kept(kept)}", first="  ")
    if answer.binding:
        yield wrapped(f"a smaller fleet breaks: {answer.binding}", first="  ")
    if answer.load_held is not None:
        failed = f", not at {answer.load_failed:g}" if answer.load_failed else ""
        yield wrapped(f"keeps all limits up to {answer.load_held:g} times the load{failed}", first="  ")
    if answer.near:
        yield wrapped(f"! {answer.near}")
    for note in answer.notes:
        yield wrapped(note, first="! ")
    yield wrapped(_confirmed(answer), first="  ")


def _kept(kept: Kept) -> str:
    interval = (
        "" if kept.low is None or kept.high is None else f" ({_value(kept, kept.low)} to {_value(kept, kept.high)})"
    )
    return f"{_value(kept, kept.value)}{interval}, {three(100 * kept.headroom)} % of the limit to spare"


def _value(kept: Kept, value: float) -> str:
    if kept.unit == "ms":
        return time_text(value / 1000) if value > 0 else "0 s"
    return f"{three(100 * value)} %" if kept.unit == "share" else f"{three(value)} {kept.unit}"


def _confirmed(answer: CapacityAnswer) -> str:
    found = answer.confirmation
    if found is None:
        return ""
    smaller = "; ".join(f"{name} {verdict}" for name, verdict in found.smaller)
    said = "confirmed" if found.complete else "NOT confirmed"
    return (
        f"{said} under fresh luck{f' ({smaller})' if smaller else ''}; "
        f"error at most {100 * answer.error:g} % outside the tolerances of the limits"
    )


def _alternatives(answer: CapacityAnswer) -> str:
    rows = [
        ("answer", answer.answer),
        ("runner-up", answer.runner_up),
        (f"baseline {answer.baseline_name}", answer.baseline),
    ]
    shown = [(what, choice) for what, choice in rows if choice is not None]
    if answer.answer is None or len(shown) < 2:
        return ""
    body = [["", "fleet", "$ per h", "against the answer"]]
    for what, choice in shown:
        more = choice.usd_per_hour / answer.answer.usd_per_hour - 1 if answer.answer.usd_per_hour else float("nan")
        body.append([what, choice.name, three(choice.usd_per_hour), "" if what == "answer" else f"{100 * more:+.0f} %"])
    return grid(body, right=(2, 3))


def _curve(answer: CapacityAnswer) -> str:
    if not answer.curve:
        return ""
    body = [["load, %", "cheapest fleet", "$ per h", "$ per h and load"]]
    for point in answer.curve:
        choice = point.choice
        name, cost = (choice.name, choice.usd_per_hour) if choice else ("more than the candidates", float("nan"))
        body.append([f"{100 * point.load:g}", name, three(cost), three(cost / point.load) if choice else NONE])
    return grid(body, right=(0, 2, 3))


def _curves(answer: CapacityAnswer) -> str:
    """The price by load of every curve, and what the cheapest of them saves."""
    if not answer.curves:
        return ""
    body = [["load, %", *(f"{own.name}, $ per h" for own in answer.curves), "the least is below the next by"]]
    for number, point in enumerate(answer.curve):
        choices = [own.points[number].choice for own in answer.curves]
        cost = [choice.usd_per_hour if choice else float("nan") for choice in choices]
        least = sorted(usd for usd in cost if usd == usd)[:2]
        saved = f"{100 * (1 - least[0] / least[1]):.0f} %" if len(least) == 2 and least[1] else NONE
        body.append([f"{100 * point.load:g}", *map(three, cost), saved])
    return grid(body, right=range(len(answer.curves) + 2))


def _front(answer: CapacityAnswer) -> str:
    if not answer.front:
        return ""
    names = list(dict.fromkeys(name for point in answer.front for name in point.figures))
    body = [
        [
            "not beaten in price, tail and quality",
            "$ per h",
            *(f"{n}, ms" if "p99" in n else n for n in names),
            "limits",
        ]
    ]
    for point in answer.front:
        values = [three(point.figures.get(name, float("nan"))) for name in names]
        body.append([point.name, three(point.usd_per_hour), *values, "kept" if point.holds else "broken"])
    return grid(body, right=range(1, len(names) + 2))


def _effort(answer: CapacityAnswer) -> Iterator[str]:
    effort = answer.effort
    said = [
        f"{effort.fleets:,} of {effort.candidates:,} candidates simulated for the answer ({100 * effort.share:.1f} %)",
        f"in {effort.runs:,} runs; {effort.excluded:,} excluded by bounds",
    ]
    if effort.all_runs > effort.runs:
        said.append(f"with all of the above {effort.all_fleets:,} fleets in {effort.all_runs:,} runs")
    yield wrapped(", ".join(said) + ".")
    for reason in effort.impossible[:5]:
        yield wrapped(f"cannot be built: {reason}", first="  ")
    if len(effort.impossible) > 5:
        yield f"  and {len(effort.impossible) - 5} more that cannot be built"


def choice_sets(choice: Choice) -> str:
    """The options that turn the scenario into the chosen fleet."""
    return " ".join(f"--set {path}={value}" for path, value in choice.values.items() if not isinstance(value, dict))
