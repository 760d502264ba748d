"""`fleetsim.capacity`: the cheapest fleet that keeps all limits, with what speaks for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from fleetsim.metrics import alike
from fleetsim.metrics.contract import possible
from fleetsim.scenario import Loaded
from fleetsim.statistics import replications
from fleetsim.study.capacity.answer import (
    CapacityAnswer,
    Choice,
    Confirmation,
    CurvePoint,
    Effort,
    Kept,
    OwnCurve,
)
from fleetsim.study.capacity.bench import Bench, Fleet
from fleetsim.study.capacity.decide import Course, Settled, curve, curves, fleet_words, headroom, next_below, settle
from fleetsim.study.capacity.feasibility import LimitTest, margin
from fleetsim.study.capacity.front import front
from fleetsim.study.capacity.question import PRICE, Question, question_of
from fleetsim.study.kept import Runs
from fleetsim.study.provenance import provenance
from fleetsim.study.run import load
from fleetsim.study.shown import Shown
from fleetsim.study.sweep import run_points


def capacity(
    scenario: Loaded | str | Path,
    *,
    sets: Sequence[str] = (),
    runs: Runs | None = None,
    more: bool = True,
    tell: Callable[[str], None] = lambda text: None,
) -> CapacityAnswer:
    """Answer the `capacity:` block of a scenario: the cheapest fleet, confirmed, and the evidence for it.

    `scenario` is what `load` returned, or what it takes with `sets`. `runs` simulates points: one after the other here
    by default, see `fleetsim.study.sweep.run_points` for workers. `more`: the runner-up, the baseline, the headroom in
    load and the curve of cost over load as well; without, the answer alone. `tell` hears what is being simulated.

    Raises InputFaults with all that is wrong with the block, EngineFault if a law is broken.
    """
    loaded = scenario if isinstance(scenario, Loaded) else load(scenario, sets)
    question = question_of(loaded, tell)
    block = question.block
    bench = Bench(
        question.space.variants,
        question.constraints,
        runs or (lambda points: run_points(points, workers=1)),
        failures=block.failures,
        first_runs=block.first_runs,
        most_runs=block.most_runs,
        steering=question.steering,
    )
    known, certain = question.knowledge()
    course = Course(question, bench, known, certain, tell)
    settled = settle(course)
    spent = (len(bench.fleets_seen), bench.runs_made)
    answer = _Writer(course, settled, spent).answer(more)
    answer.provenance["command"] += [] if more else ["--only-answer"]
    return answer


class _Writer:
    """Puts the answer together; what it asks of the bench beyond the search is simulated then."""

    def __init__(self, course: Course, settled: Settled, spent: tuple[int, int]) -> None:
        self.course, self.settled, self.spent = course, settled, spent
        self.question: Question = course.question
        self.bench: Bench = course.bench

    def answer(self, more: bool) -> CapacityAnswer:
        """All of it."""
        question, block, fleet = self.question, self.question.block, self.settled.fleet
        below = next_below(self.course, [other for other, _ in self.settled.smaller])
        held, failed = headroom(self.course, fleet) if more and fleet is not None else (None, None)
        runner_up, baseline = self._others() if more else (None, None)
        points = curve(self.course, fleet) if more else []
        return CapacityAnswer(
            name=question.loaded.scenario.name,
            question=question.loaded.scenario.question,
            objective=block.objective.figure,
            unit=question.objective.unit,
            better=question.objective.better,
            error=block.error,
            failures=block.failures,
            answer=self.choice(fleet),
            near=self._near(),
            runner_up=self.choice(runner_up),
            baseline=self.choice(baseline),
            baseline_name=block.baseline,
            below=self.choice(below),
            binding=self._binding(below),
            load_held=held,
            load_failed=failed,
            confirmation=self._confirmation(),
            curve=self._points(points),
            curves=tuple(
                OwnCurve(name, tuple(block.curves[name]), self._points(found))
                for name, found in curves(self.course, points).items()
            ),
            front=front(self.course, self.settled.fleet),
            effort=self._effort(),
            notes=self._notes(more and baseline is None),
            provenance=provenance(question.loaded, [question.loaded], "core", "capacity"),
            shown=self._shown([fleet, below, baseline]),
            resolved=question.loaded.resolved(),
        )

    def _others(self) -> tuple[Fleet | None, Fleet | None]:
        """The best fleet of other settings than the answer's, and that of the baseline."""
        question, fleet, judge = self.question, self.settled.fleet, self.course.judge(self.course.budget(1.0))
        others = [n for n in question.competing if fleet is not None and n != fleet.variant]
        runner_up = self.course.find(others, 1.0, judge) if others else None
        return runner_up, self.course.find(question.baseline, 1.0, judge) if question.baseline else None

    def _points(self, found: Sequence[tuple[float, Fleet | None]]) -> tuple[CurvePoint, ...]:
        return tuple(CurvePoint(load, self.choice(fleet)) for load, fleet in found)

    def _binding(self, below: Fleet | None) -> str | None:
        """The limit that the next smaller fleet breaks, in words."""
        broken = None if below is None else self.course.judgements[below].broken
        return None if broken is None else broken.words

    def _shown(self, fleets: Sequence[Fleet | None]) -> tuple[Shown, ...]:
        """The fleets for a report, each once."""
        found = []
        for fleet in dict.fromkeys(each for each in fleets if each is not None):
            words = self.question.loaded.scenario.architectures[
                self.question.space.variants[fleet.variant].architecture
            ].description
            found.append(Shown(self.choice(fleet).name, self.bench.point(fleet), tuple(self.bench.seen(fleet)), words))
        return tuple(found)

    def _notes(self, no_baseline: bool) -> tuple[str, ...]:
        """What the intervals and verdicts of the search do not cover, and whether the baseline has no fleet."""
        name = self.question.block.baseline
        without = f"no fleet of the baseline {name} among the candidates keeps all limits; nothing is set against it"
        notes = (without,) if no_baseline and name else ()
        seen = [results for fleet in self.bench.fleets_seen if len(results := self.bench.seen(fleet)) > 1]
        if not any(alike([result.figures for result in results]) for results in seen):
            return notes
        return (
            *notes,
            "replications of a fleet are one and the same run, for all see the same tasks and nothing else is random: "
            "verdicts hold for these very tasks, and no interval over replications can be given",
        )

    def choice(self, fleet: Fleet | None) -> Choice | None:
        """A fleet in words and figures."""
        if fleet is None:
            return None
        variant = self.question.space.variants[fleet.variant]
        counts = dict(zip(variant.pools, variant.counts[fleet.index].tolist(), strict=True))
        states = [state for state in self.bench.conditions(fleet) if self.bench.seen(state)]
        kept, gone = self._kept(states)
        objective = None
        asked = self.question.block.objective
        if (asked.figure, asked.scope) != PRICE and self.bench.seen(fleet):
            values = [r.value(asked.figure, asked.scope) for r in self.bench.seen(fleet)]
            objective = replications(values).value
        return Choice(
            architecture=variant.architecture,
            settings=dict(variant.settings),
            replicas=counts,
            values=variant.values(fleet.index) | self.question.steering(fleet),
            usd_per_hour=float(variant.usd_per_hour[fleet.index]),
            runs=sum(len(self.bench.seen(state)) for state in states),
            kept=tuple(kept),
            gone=gone,
            objective=objective,
        )

    def _kept(self, states: list[Fleet]) -> tuple[list[Kept], str | None]:
        """Every limit in the state in which it is kept worst, and the pool gone in the worst state of all."""
        found: list[tuple[float, Kept, str | None]] = []
        for constraint in self.question.constraints:
            rows = []
            for state in states:
                values = self.bench.values(self.bench.seen(state), constraint)
                unit = self.question.surveys[state.variant].figures[constraint.figure, constraint.scope].unit
                test = LimitTest.of(constraint, unit == "share", 0.05, self.bench.first_runs)
                figure = possible(replications(self._told(state, values)), unit)
                room = margin(test, values).value
                kept = Kept(
                    constraint.words,
                    constraint.limit,
                    constraint.at_most is None,
                    constraint.figure,
                    constraint.scope,
                    unit,
                    figure.value,
                    figure.low,
                    figure.high,
                    room,
                )
                rows.append((room, kept, state.gone))
            if rows:
                found.append(min(rows, key=lambda row: row[0]))
        return [kept for _, kept, _ in found], min(found, key=lambda row: row[0])[2] if found else None

    def _told(self, state: Fleet, values: list[float]) -> list[float]:
        """The values that tell something: the first alone where all runs are one and the same."""
        return values[:1] if alike([result.figures for result in self.bench.seen(state)]) else values

    def _confirmation(self) -> Confirmation | None:
        if self.settled.fleet is None:
            return None
        words = tuple((fleet_words(self.question, fleet), verdict) for fleet, verdict in self.settled.smaller)
        return Confirmation(self.settled.answer_holds, words, self.settled.rounds)

    def _near(self) -> str:
        """What to say where there is no answer, or where runs ran out."""
        undecided = [
            fleet for fleet, verdict in self.course.judgements.items() if verdict.undecided and fleet.load == 1.0
        ]
        if undecided:
            names = ", ".join(fleet_words(self.question, fleet) for fleet in undecided)
            runs = self.bench.most_runs
            return f"too near a limit to be decided in {runs} runs, and counted as failing: {names}"
        if self.settled.fleet is None:
            return "no candidate keeps all limits"
        return ""

    def _effort(self) -> Effort:
        certain = sum(int(self.course.certain[n].sum()) for n in self.question.competing)
        candidates = sum(int(np.prod(self.question.space.variants[n].shape)) for n in self.question.competing)
        surveyed = self.question.surveyed
        return Effort(
            candidates=candidates,
            impossible=self.question.space.impossible,
            excluded=certain,
            fleets=self.spent[0] + surveyed,
            runs=self.spent[1] + surveyed,
            all_fleets=len(self.bench.fleets_seen) + surveyed,
            all_runs=self.bench.runs_made + surveyed,
        )
