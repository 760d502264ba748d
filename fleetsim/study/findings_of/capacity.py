"""A capacity answer as a study that a report can be made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fleetsim.findings import Candidate, Constraint, Curve, Finding, Front, Line, Option
from fleetsim.findings import CapacityAnswer as Answer
from fleetsim.findings import CurvePoint as Point
from fleetsim.metrics.contract import Figure
from fleetsim.study.capacity.answer import CapacityAnswer, Choice, CurvePoint, FrontPoint, Kept
from fleetsim.study.results import Study
from fleetsim.study.shown import recorded

CHEAPEST = "cheapest fleet"
_METHOD = (
    "bounds exclude what cannot keep up, sequential tests of every limit decide between the others, and the answer and "
    "what is one step smaller are confirmed under fresh luck"
)


def study_of(answer: CapacityAnswer) -> Study:
    """The answer with its evidence, and one run of the fleets that decide. Raises EngineFault if a law is broken."""
    made = "Side by side are the chosen fleet, one that is smaller by a step, and the best fleet of the baseline."
    about = answer.provenance | {"notes": _notes(answer), "made": [made] if answer.shown else []}
    told = (_answer(answer), *_curve(answer), *_front(answer))
    return Study(answer.name, answer.question, recorded(answer.shown), about, answer.resolved, told)


def _notes(answer: CapacityAnswer) -> list[str]:
    notes = [*answer.notes, *([answer.near] if answer.near else [])]
    if answer.confirmation is not None and not answer.confirmation.complete:
        notes.append("the answer was not confirmed in full under fresh luck")
    return notes


def _answer(answer: CapacityAnswer) -> Answer:
    chosen = answer.answer
    return Answer(
        objective=answer.objective,
        chosen=_candidate(answer, chosen, True),
        runner_up=_candidate(answer, answer.runner_up, True),
        neighbour_below=_candidate(answer, answer.below, False),
        monolith=_candidate(answer, answer.baseline, True),
        constraints=tuple(_constraint(answer, kept) for kept in chosen.kept) if chosen else (),
        error_level=answer.error,
        fleets_possible=answer.effort.candidates,
        fleets_bounded=answer.effort.excluded,
        fleets_simulated=answer.effort.fleets,
        runs=answer.effort.runs,
        method=_METHOD,
    )


def _candidate(answer: CapacityAnswer, choice: Choice | None, feasible: bool) -> Candidate | None:
    if choice is None:
        return None
    figures = [_price(choice.usd_per_hour), *(_kept(kept) for kept in choice.kept)]
    if choice.objective is not None:
        figures.append(Figure(answer.objective, "all", choice.objective, answer.unit, answer.better))
    settings = tuple((path, str(value)) for path, value in choice.values.items())
    return Candidate(choice.name, settings, tuple(figures), feasible)


def _price(usd_per_hour: float) -> Figure:
    return Figure("usd_per_hour", "all", usd_per_hour, "USD/h", "lower")


def _kept(kept: Kept) -> Figure:
    better = "higher" if kept.at_least else "lower"
    method = "" if kept.low is None else "replications"
    return Figure(kept.figure, kept.scope, kept.value, kept.unit, better, kept.low, kept.high, method)


def _constraint(answer: CapacityAnswer, kept: Kept) -> Constraint:
    return Constraint(_kept(kept), kept.bound, kept.at_least, kept.limit == answer.binding)


def _curve(answer: CapacityAnswer) -> Iterator[Finding]:
    """The price of the cheapest fleet against the load; nothing where there is no more than the load as it stands."""
    lines = [
        Line(own.name, _priced(own.points), own.architectures[0] if len(own.architectures) == 1 else "")
        for own in answer.curves
    ] or [Line(CHEAPEST, _priced(answer.curve))]
    if any(len(line.points) > 1 for line in lines):
        yield Curve("usd_per_hour", "USD/h", "load", tuple(lines), "times", "lower", here=1.0)


def _priced(points: Sequence[CurvePoint]) -> tuple[Point, ...]:
    found = [Point(each.load, each.choice.usd_per_hour) for each in points if each.choice is not None]
    return tuple(sorted(found, key=lambda point: point.x))


def _front(answer: CapacityAnswer) -> Iterator[Finding]:
    if not answer.front:
        return
    names = list(dict.fromkeys(name for point in answer.front for name in point.figures))
    quality = [name for name in names if answer.front[0].better.get(name) == "higher"]
    speed = [name for name in ("e2e_p99", "ttft_p99") if name in names]
    axes = ("usd_per_hour", *speed[:1], *(quality[:1] or speed[1:2]))
    yield Front(axes, tuple(_option(point) for point in answer.front))


def _option(point: FrontPoint) -> Option:
    figures = [_price(point.usd_per_hour)]
    figures += [
        Figure(name, "all", value, point.units[name], point.better[name]) for name, value in point.figures.items()
    ]
    return Option(point.name, tuple(figures), point.architecture, point.holds, point.chosen)
