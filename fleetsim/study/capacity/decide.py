"""The course of a capacity search: search, confirm, and what else a buyer wants to know of the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from fleetsim.study.capacity.bench import FRESH, Bench, Fleet, Judgement
from fleetsim.study.capacity.best import best_of
from fleetsim.study.capacity.feasibility import ErrorBudget
from fleetsim.study.capacity.question import PRICE, Question
from fleetsim.study.capacity.search import Knowledge, cheapest, least_of

ROUNDS = 6
_HEADROOM = tuple(round(1 + 0.05 * step, 2) for step in range(1, 21))
_PORTION = 8


@dataclass
class Course:
    """A search under way: what is known, and every verdict."""

    question: Question
    bench: Bench
    known: Knowledge
    certain: Sequence[np.ndarray]  # bool[*shape] by variant: what bounds exclude at load 1
    tell: Callable[[str], None]
    judgements: dict[Fleet, Judgement] = field(default_factory=dict)

    def budget(self, share: float) -> ErrorBudget:
        """Error probability for the verdicts of one purpose."""
        conditions = max(1, self.question.block.failures and 2) * max(1, len(self.question.constraints))
        return ErrorBudget(self.question.block.error * share, _PORTION * conditions)

    def judge(self, budget: ErrorBudget, first: int = 0) -> Callable[[Fleet], bool]:
        """A judge that says aloud what it judges, and keeps its verdicts."""

        def rule(fleet: Fleet) -> bool:
            variant = self.question.space.variants[fleet.variant]
            self.tell(f"{variant.name} {fleet_words(self.question, fleet)} at load {fleet.load:g}")
            found = self.bench.judge(fleet, budget, first)
            self.judgements[fleet] = found
            return found.holds

        return rule

    def find(self, only: Iterable[int], load: float, judge: Callable[[Fleet], bool]) -> Fleet | None:
        """The best fleet of some variants at a load."""
        if (self.question.block.objective.figure, self.question.block.objective.scope) == PRICE:
            return cheapest(self.known, judge, load, only)
        rivals = least_of(self.known, judge, load, only)
        return best_of(self.bench, rivals, self.question, self.question.block.error / 4) if rivals else None


def fleet_words(question: Question, fleet: Fleet) -> str:
    """`3 small + 2 large`."""
    variant = question.space.variants[fleet.variant]
    counts = variant.counts[fleet.index]
    return " + ".join(f"{n} {pool}" for n, pool in zip(counts.tolist(), variant.pools, strict=True))


@dataclass(frozen=True)
class Settled:
    """The answer after confirmation, and how that went."""

    fleet: Fleet | None
    answer_holds: bool
    smaller: tuple[tuple[Fleet, str], ...]
    rounds: int


def settle(course: Course) -> Settled:
    """Search until the answer holds under fresh luck and what is one step smaller does not, as often as need be.

    A verdict under fresh luck stands: what it overturns is searched again with it.
    """
    searching, confirming = course.judge(course.budget(0.5)), course.judge(course.budget(0.5), FRESH)
    confirmed: dict[Fleet, bool] = {}
    for number in range(1, ROUNDS + 1):
        fleet = course.find(course.question.competing, 1.0, searching)
        if fleet is None:
            return Settled(None, False, (), number)
        smaller = []
        for other in (fleet, *_smaller(course, fleet)):
            if other not in confirmed and (other == fleet or not _certain(course, other)):
                confirmed[other] = confirming(other)
            if other != fleet:
                smaller.append((other, _word(confirmed.get(other))))
            if other in confirmed and confirmed[other] != (other == fleet):
                course.known.learn(other, confirmed[other])
                break
        else:
            return Settled(fleet, True, tuple(smaller), number)
    return Settled(fleet, confirmed[fleet], tuple(smaller), ROUNDS)


def _smaller(course: Course, fleet: Fleet) -> list[Fleet]:
    steps = [tuple(v - (k == axis) for k, v in enumerate(fleet.index)) for axis in range(len(fleet.index))]
    prices = course.question.space.variants[fleet.variant].usd_per_hour
    return [fleet._replace(index=i) for i in steps if min(i, default=0) >= 0 and prices[i] < prices[fleet.index]]


def _certain(course: Course, fleet: Fleet) -> bool:
    """Whether a bound excludes the fleet, so that nothing needs to be simulated."""
    return bool(course.certain[fleet.variant][fleet.index])


def _word(verdict: bool | None) -> str:
    return "cannot keep up" if verdict is None else "holds" if verdict else "fails"


def headroom(course: Course, fleet: Fleet) -> tuple[float | None, float | None]:
    """(held, failed): the multiples of the load, by twentieths, up to which the fleet holds and from where it fails."""
    judge = course.judge(course.budget(1.0))
    low, high = -1, len(_HEADROOM)
    while high - low > 1:
        middle = (low + high) // 2
        load = _HEADROOM[middle]
        holds = judge(fleet._replace(load=load))
        course.known.learn(fleet._replace(load=load), holds)
        low, high = (middle, high) if holds else (low, middle)
    return (_HEADROOM[low] if low >= 0 else 1.0), (_HEADROOM[high] if high < len(_HEADROOM) else None)


def curve(course: Course, answer: Fleet | None) -> list[tuple[float, Fleet | None]]:
    """The cheapest fleet at every multiple of the load that the scenario asks for, at the stated error each."""
    found: list[tuple[float, Fleet | None]] = []
    for load in course.question.block.loads:
        if load == 1.0:
            found.append((load, answer))
        else:
            found.append((load, course.find(course.question.competing, load, course.judge(course.budget(1.0)))))
    return found


def curves(course: Course, curve_of_all: Sequence[tuple[float, Fleet | None]]) -> dict[str, list]:
    """name -> (load, cheapest fleet of some architectures) for the curves of their own that the scenario asks for.

    At the loads of the curve of all; none where there is no such curve.
    """
    if not curve_of_all:
        return {}
    variants = course.question.space.variants
    found: dict[str, list[tuple[float, Fleet | None]]] = {}
    for name, architectures in course.question.block.curves.items():
        own = [number for number, variant in enumerate(variants) if variant.architecture in architectures]
        found[name] = []
        for load, best in curve_of_all:
            known = best is not None and best.variant in own
            fleet = best if known else course.find(own, load, course.judge(course.budget(1.0)))
            found[name].append((load, fleet))
    return found


def next_below(course: Course, smaller: Sequence[Fleet]) -> Fleet | None:
    """The next smaller fleet that was simulated and fails: the limit it breaks made the answer as large."""
    judged = [fleet for fleet in smaller if fleet in course.judgements]
    return next((fleet for fleet in judged if not course.judgements[fleet].holds), None)
