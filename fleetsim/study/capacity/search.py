"""The search: which candidate to judge next, and what its verdict says of all the others.

A fleet with more replicas of any pool keeps what one with fewer keeps, and a fleet keeps under less load what it keeps
under more: so a verdict settles whole corners of the space, and what holds settles all that is dearer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from fleetsim.study.capacity.bench import Fleet
from fleetsim.study.capacity.space import Variant

UNKNOWN, HOLDS, FAILS = 0, 1, -1
_LEAST_CHANCE = 0.2
_USUAL, _BEYOND, _NARROW, _WIDE = 0.75, 1.4, 0.1, 0.4
"""Where verdicts change if nothing is known, how far beyond one verdict, and how sure that is (in logarithms)."""


Judge = Callable[[Fleet], bool]


@dataclass
class Knowledge:
    """Verdicts by load and variant; int8 arrays of the variants' shapes."""

    variants: Sequence[Variant]
    busy: Sequence[np.ndarray]  # float64[*shape] by variant: guessed utilisation at load 1, 0 where nothing is known
    verdicts: dict[float, list[np.ndarray]] = field(default_factory=dict)
    _levels: list[tuple[Fleet, float, bool]] = field(default_factory=list)  # fleet, utilisation, verdict

    def at(self, load: float) -> list[np.ndarray]:
        """The verdicts at a load, with what others imply."""
        if load not in self.verdicts:
            self.verdicts[load] = [np.zeros(variant.shape, np.int8) for variant in self.variants]
            for other, verdicts in self.verdicts.items():
                for own, theirs in zip(self.verdicts[load], verdicts, strict=True):
                    implied = theirs == (HOLDS if other > load else FAILS)
                    own[implied & (own == UNKNOWN)] = HOLDS if other > load else FAILS
        return self.verdicts[load]

    def exclude(self, variant: int, load: float, which: np.ndarray) -> None:
        """Candidates that cannot do, by a bound."""
        self.at(load)[variant][which] = FAILS

    def learn(self, fleet: Fleet, holds: bool) -> None:
        """A verdict, and all that follows from it at this load and others; it overrules what was implied before."""
        self.at(fleet.load)
        corner = tuple(slice(i, None) if holds else slice(None, i + 1) for i in fleet.index)
        for load, verdicts in self.verdicts.items():
            if load == fleet.load or (load < fleet.load) == holds:
                verdicts[fleet.variant][corner] = HOLDS if holds else FAILS
        level = float(self.busy[fleet.variant][fleet.index]) * fleet.load
        if level > 0:
            self._levels.append((fleet, level, holds))

    def chance(self, variant: int, load: float) -> np.ndarray:
        """float64[*shape]: a guess of the probability that candidates hold, by their guessed utilisation."""
        middle, width = self._boundary(variant, load)
        level = self.busy[variant] * load
        steps = np.log(np.maximum(level, 1e-12) / middle) / width
        chance = 1 / (1 + np.exp(np.clip(steps, -50, 50)))
        return np.where(level > 0, np.clip(chance, _LEAST_CHANCE, 1 - _LEAST_CHANCE), 0.5)

    def _boundary(self, variant: int, load: float) -> tuple[float, float]:
        """Middle and width (in logarithms) of the utilisations between which verdicts change, by the most alike known.

        Between two verdicts on the same variant at the same load nothing is guessed: that is bisection.
        """
        own = [x for x in self._levels if x[0].variant == variant]
        here = [x for x in own if x[0].load == load]
        for levels in (here, own, self._levels):
            held = max((level for _, level, holds in levels if holds), default=None)
            failed = min((level for _, level, holds in levels if not holds), default=None)
            if held is not None and failed is not None:
                width = math.inf if levels is here else max(abs(math.log(failed / held)) / 2, _NARROW)
                return math.sqrt(held * failed), width
            if held is not None:
                return _BEYOND * held, _WIDE
            if failed is not None:
                return failed / _BEYOND, _WIDE
        return _USUAL, _WIDE


def cheapest(
    known: Knowledge, judge: Judge, load: float, only: Iterable[int] | None = None, above: float = -math.inf
) -> Fleet | None:
    """The cheapest candidate that holds, dearer than `above`; None if none does."""
    chosen = list(range(len(known.variants)) if only is None else only)
    while True:
        best = _best(known, load, chosen, above)
        limit = math.inf if best is None else _price(known, best)
        fleet = _most_telling(known, load, chosen, above, limit)
        if fleet is None:
            return best
        known.learn(fleet, judge(fleet))


def _price(known: Knowledge, fleet: Fleet) -> float:
    return float(known.variants[fleet.variant].usd_per_hour[fleet.index])


def _best(known: Knowledge, load: float, chosen: list[int], above: float) -> Fleet | None:
    found: list[tuple[float, Fleet]] = []
    for number in chosen:
        prices = known.variants[number].usd_per_hour
        eligible = (known.at(load)[number] == HOLDS) & (prices > above)
        if eligible.any():
            masked = np.where(eligible, prices, np.inf)
            place = np.unravel_index(int(np.argmin(masked)), masked.shape) if masked.shape else ()
            found.append((float(masked.min()), Fleet(number, tuple(map(int, place)), load)))
    return min(found)[1] if found else None


def _most_telling(known: Knowledge, load: float, chosen: list[int], above: float, limit: float) -> Fleet | None:
    """The unknown candidate cheaper than `limit` whose verdict settles much either way; of equals the cheapest.

    What each verdict would settle counts by its chance, and the two are multiplied: without guesses, bisection; and a
    verdict that settles much of other variants one way is worth more than the last steps within one.
    """
    alive = {}
    for number in chosen:
        own = known.variants[number].usd_per_hour
        alive[number] = (known.at(load)[number] == UNKNOWN) & (own < limit) & (own > above)
    prices = np.sort(np.concatenate([known.variants[n].usd_per_hour[alive[n]].ravel() for n in chosen] or [[]]))
    best: tuple[float, float, Fleet] | None = None
    for number, mask in alive.items():
        if not mask.any():
            continue
        own = known.variants[number].usd_per_hour
        if_holds = len(prices) - np.searchsorted(prices, own, side="left")
        chance = known.chance(number, load)
        score = np.where(mask, chance * if_holds * (1 - chance) * below(mask), -1.0)
        place = (
            min(zip(*np.nonzero(score >= score.max() - 1e-9), strict=True), key=lambda i: own[i]) if own.shape else ()
        )
        index = tuple(map(int, place))
        entry = (-float(score[index]), float(own[index]), Fleet(number, index, load))
        best = entry if best is None else min(best, entry)
    return None if best is None else best[2]


def below(mask: np.ndarray) -> np.ndarray:
    """int64: for every place how many of the mask lie at it or below in every direction."""
    counts = mask.astype(np.int64)
    for axis in range(counts.ndim):
        counts = np.cumsum(counts, axis=axis)
    return counts


def least_of(known: Knowledge, judge: Judge, load: float, chosen: Iterable[int]) -> list[Fleet]:
    """All candidates that hold while no smaller fleet of their variant does: the only ones worth comparing where the
    price of a fleet is not what is compared."""
    found = []
    for number in chosen:
        while True:
            verdicts = known.at(load)[number]
            unknown = verdicts == UNKNOWN
            if not unknown.any():
                break
            flipped = tuple(slice(None, None, -1) for _ in unknown.shape)
            settles = np.minimum(below(unknown), below(unknown[flipped])[flipped])
            place = np.unravel_index(int(np.argmax(np.where(unknown, settles, -1))), unknown.shape)
            fleet = Fleet(number, tuple(map(int, place)), load)
            known.learn(fleet, judge(fleet))
        held = known.at(load)[number] == HOLDS
        found += [Fleet(number, tuple(map(int, i)), load) for i in np.argwhere(held & (below(held) == 1))]
    return found
