"""From a scenario's `capacity:` block to what is searched: everything that can be known before fleets are judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fleetsim.errors import Fault, InputFaults
from fleetsim.metrics.contract import Figure
from fleetsim.scenario import Loaded
from fleetsim.scenario.capacity import Capacity, Constraint
from fleetsim.study.capacity.bench import Fleet, figure_fault
from fleetsim.study.capacity.mixed import Mix, least_price
from fleetsim.study.capacity.search import Knowledge
from fleetsim.study.capacity.space import Space, Variant, space_of
from fleetsim.study.capacity.survey import Survey, survey, tightest_tpot_s

PRICE = ("usd_per_hour", "all")


@dataclass(frozen=True)
class Question:
    """What is asked, and what bounds and guesses say of it."""

    loaded: Loaded
    block: Capacity
    space: Space
    competing: tuple[int, ...]  # variants that may be the answer
    baseline: tuple[int, ...]  # variants of the baseline
    surveys: tuple[Survey, ...]  # by variant
    surveyed: int  # runs that the surveys took
    mixes: dict[int, Mix]  # of steered variants
    constraints: tuple[Constraint, ...]  # those that only simulation can tell
    objective: Figure  # one such figure, for its unit and which way is better

    def knowledge(self) -> tuple[Knowledge, list[np.ndarray]]:
        """What is known without judging at all loads of interest; and by variant what bounds exclude at load 1."""
        numbers = range(len(self.space.variants))
        known = Knowledge(self.space.variants, [self._guess(number) for number in numbers])
        needed = [self._needed(number) for number in numbers]
        dear = [self._too_dear(variant) for variant in self.space.variants]
        for load in dict.fromkeys([1.0, *self.block.loads]):
            for number in numbers:
                known.exclude(number, load, dear[number] | (needed[number] * load > 1))
        return known, [dear[number] | (needed[number] > 1) for number in numbers]

    def _too_dear(self, variant: Variant) -> np.ndarray:
        limits = [c.limit for c in self.block.constraints if (c.figure, c.scope) == PRICE and c.at_most is not None]
        return variant.usd_per_hour > min(limits, default=np.inf) + 1e-9

    def _guess(self, number: int) -> np.ndarray:
        """float64[*shape]: the guessed utilisation of the fullest pool at load 1."""
        variant = self.space.variants[number]
        if number in self.mixes:
            return self.mixes[number].utilisation(self.mixes[number].busy)
        return self._fullest(variant, self.surveys[number].busy(variant, tightest_tpot_s(variant)))

    def _needed(self, number: int) -> np.ndarray:
        """float64[*shape]: the utilisation of the fullest pool at load 1 that is certain; above 1 it cannot keep up."""
        variant = self.space.variants[number]
        if number not in self.mixes:
            return self._fullest(variant, self.surveys[number].least(variant))
        mix = self.mixes[number]
        needed = mix.utilisation(mix.least)
        counts = variant.counts.reshape(-1, len(variant.pools))
        prices = np.array([pool.usd_per_s * 3600 for pool in mix.pools.values()])
        floor = least_price(mix.least, prices, counts.min(axis=0), counts.max(axis=0))
        return np.where(variant.usd_per_hour < floor - 1e-9, np.maximum(needed, 1 + 1e-9), needed)

    def _fullest(self, variant: Variant, busy: np.ndarray) -> np.ndarray:
        """Utilisation of the fullest pool, with the replicas gone that limits must be kept without."""
        left = np.maximum(variant.counts - self.block.failures, 1e-9)
        return (busy / left).max(axis=-1) if len(busy) else np.zeros(variant.shape)

    def steering(self, fleet: Fleet) -> dict[str, Any]:
        """path -> value of the routes of a steered candidate; nothing for others."""
        return self.mixes[fleet.variant].routes(fleet.index) if fleet.variant in self.mixes else {}


def question_of(loaded: Loaded, tell: Callable[[str], None]) -> Question:
    """The scenario's question. Raises InputFaults with all that is wrong with it, names of figures included."""
    block = loaded.scenario.capacity
    if block is None:
        what = "has no `capacity:` block; write its variables and constraints (see docs/capacity.md)"
        raise InputFaults([loaded.fault("", what)])
    competing = block.architectures or list(loaded.scenario.architectures)
    names = block.concerned(loaded.scenario.architectures)
    space = space_of(loaded, names, block.variables, block.regions)
    surveys, surveyed = _surveys(space, tell)
    _check_figures(loaded, block, surveys)
    mixes = {
        number: Mix(variant, surveys[number], tightest_tpot_s(variant))
        for number, variant in enumerate(space.variants)
        if variant.architecture in block.steer and surveys[number].loads
    }
    return Question(
        loaded=loaded,
        block=block,
        space=space,
        competing=tuple(n for n, v in enumerate(space.variants) if v.architecture in competing),
        baseline=tuple(n for n, v in enumerate(space.variants) if v.architecture == block.baseline),
        surveys=tuple(surveys),
        surveyed=surveyed,
        mixes=mixes,
        constraints=tuple(c for c in block.constraints if (c.figure, c.scope) != PRICE),
        objective=surveys[0].figures[block.objective.figure, block.objective.scope],
    )


def _surveys(space: Space, tell: Callable[[str], None]) -> tuple[list[Survey], int]:
    """A survey for every variant; those alike in workload and workflow share one. And how many there were."""
    made: dict[tuple, Survey] = {}
    found = []
    for variant in space.variants:
        scenario = variant.loaded.scenario
        workflow = scenario.architectures[variant.architecture].workflow
        key = (
            variant.architecture,
            scenario.workload.model_dump_json(),
            workflow.model_dump_json(),
            scenario.horizon_s,
        )
        if key not in made:
            tell(f"surveying {variant.name}")
            made[key] = survey(variant)
        found.append(made[key])
    return found, len(made)


def _check_figures(loaded: Loaded, block: Capacity, surveys: list[Survey]) -> None:
    """The figures that the block names exist in every architecture, in the unit of their limits."""
    known = [key for key in surveys[0].figures if all(key in survey.figures for survey in surveys)]
    faults: list[Fault] = []
    for n, constraint in enumerate(block.constraints):
        place = f"capacity.constraints.{n}"
        fault = figure_fault(constraint.figure, constraint.scope, known)
        if fault is not None:
            faults.append(loaded.fault(place, fault))
            continue
        unit = surveys[0].figures[constraint.figure, constraint.scope].unit
        if constraint.unit not in (None, unit):
            what = (
                f"{constraint.figure} is in {unit}; a limit of {constraint.words.split()[-1]!r} is in {constraint.unit}"
            )
            faults.append(loaded.fault(place, what))
    fault = figure_fault(block.objective.figure, block.objective.scope, known)
    if fault is None and not surveys[0].figures[block.objective.figure, block.objective.scope].better:
        fault = f"neither more nor less {block.objective.figure} is better; name a figure that can be best"
    if fault is not None:
        faults.append(loaded.fault("capacity.objective", fault))
    if faults:
        raise InputFaults(faults)
