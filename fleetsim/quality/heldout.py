"""How well the model predicts what it has not seen: fitted to one half of the queries, held to the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from fleetsim.errors import FleetsimError
from fleetsim.quality.exact.cascade import cascade_of
from fleetsim.quality.exact.groups import counts
from fleetsim.quality.fit import Fitted, alike, fit, independent
from fleetsim.quality.outcomes import Outcomes

SETS = 150
JUDGE_ERRORS = (0.0, 0.1, 0.2, 0.3)


@dataclass(frozen=True)
class Score:
    """Mean absolute errors over random sets of models, of one measure."""

    measure: str
    unit: str  # "points" or "%"
    independent: float  # errors of models know nothing of each other
    alike: float  # one correlation a domain for all models
    fitted: float
    floor: float  # the first half itself as prediction of the second: what is chance


Measured = dict[str, float]


def check(
    outcomes: Outcomes, families: Mapping[str, str] | None = None, *, seed: int = 0, splits: int = 1, sets: int = SETS
) -> list[Score]:
    """Errors of prediction on held-out halves of the queries that all models answered.

    Over `sets` random sets each of 2, 3 and 5 models, for each of `splits` random halvings. Cascades are chains of 2 or
    3 models from cheap to dear (from weak to strong without costs); their costs need the column `cost_usd`.
    Raises FleetsimError if there are too few models or queries.
    """
    whole = outcomes.queries((outcomes.right >= 0).all(axis=1))
    if len(whole.right) < 40:
        raise FleetsimError(f"{len(whole.right)} queries were answered by all models; halves need 40 at least")
    luck = np.random.Generator(np.random.PCG64(seed))
    errors: dict[tuple[str, str], list[tuple[float, ...]]] = {}
    for _ in range(splits):
        first = _half(luck, whole.domain)
        seen, unseen = whole.queries(first), whole.queries(~first)
        fitted = fit(seen, families)
        models = (independent(fitted), alike(fitted), fitted)
        for chosen in _sets(luck, sets, fitted):
            truth, floor = observed(unseen, chosen), observed(seen, chosen)
            guesses = [predicted(model, chosen) for model in models] + [floor]
            for measure, value in truth.items():
                unit = "%" if measure.startswith("cost of") else "points"
                scale = value if unit == "%" else 1.0
                if math.isfinite(value) and scale > 0:
                    found = tuple(100.0 * abs(guess[measure] - value) / scale for guess in guesses)
                    errors.setdefault((measure, unit), []).append(found)
    return [Score(measure, unit, *map(float, np.nanmean(rows, axis=0))) for (measure, unit), rows in errors.items()]


def _half(luck: np.random.Generator, domain: np.ndarray) -> np.ndarray:
    """bool[query]: half of the queries of every domain."""
    first = np.zeros(len(domain), bool)
    for number in np.unique(domain):
        own = luck.permutation(np.flatnonzero(domain == number))
        first[own[: len(own) // 2]] = True
    return first


def _sets(luck: np.random.Generator, sets: int, fitted: Fitted) -> Iterator[tuple[int, ...]]:
    """Random sets of models, each from cheap to dear, or from weak to strong."""
    by = fitted.accuracy if fitted.cost_usd is None else fitted.cost_usd
    rank = by @ (fitted.queries / fitted.queries.sum())
    models = len(fitted.models)
    for size in (2, 3, 5):
        for _ in range(sets if models >= size else 0):
            chosen = luck.choice(models, size, replace=False)
            yield tuple(int(m) for m in chosen[np.argsort(rank[chosen])])


def _measures(
    size: int, right: Callable[[], np.ndarray], rescued: Callable[[], float], chain: Callable[[float], Measured]
) -> Measured:
    """The measures of a set: oracle and majority from the distribution of right answers, cascades from a chain."""
    found: Measured = {}
    if size != 3:
        found[f"oracle of {size}"] = float(1.0 - right()[0])
    if size == 2:
        found["strong right if weak wrong"] = rescued()
    if size == 5:
        found["most of 5 right"] = float(right()[3:].sum())
    if size < 5:
        for error in JUDGE_ERRORS:
            found |= chain(error)
    return found


def predicted(fitted: Fitted, chosen: tuple[int, ...]) -> Measured:
    """The measures of a set of models, in this order, as the fitted model has them."""
    share = fitted.queries / fitted.queries.sum()
    ties = [(fitted.shares(chosen, d), own.unsolvable) for d, own in enumerate(fitted.ties)]
    accuracy = fitted.accuracy[list(chosen)]

    def right() -> np.ndarray:
        parts = [counts(accuracy[:, d], *ties[d]) for d in range(len(share))]
        return share @ np.stack(parts)

    def rescued() -> float:
        weak = float((accuracy @ share).min())
        return (1.0 - right()[0] - weak) / (1.0 - weak)

    def chain(error: float) -> Measured:
        costs = np.zeros_like(accuracy) if fitted.cost_usd is None else fitted.cost_usd[list(chosen)]
        parts = [
            cascade_of(accuracy[:, d], shares, error, costs[:, d], unsolvable, *fitted.coupling)
            for d, (shares, unsolvable) in enumerate(ties)
        ]
        found = {f"cascade, judge error {error:g}": float(share @ [part.right for part in parts])}
        if fitted.cost_usd is not None:
            found[f"cost of it, judge error {error:g}"] = float(share @ [part.cost for part in parts])
        return found

    return _measures(len(chosen), right, rescued, chain)


def observed(outcomes: Outcomes, chosen: tuple[int, ...]) -> Measured:
    """The measures of a set of models, in this order, as they were; the judge's errors in expectation."""
    right = outcomes.right[:, list(chosen)].astype(np.float64)
    several = right.sum(axis=1).astype(np.int64)

    def rescued() -> float:
        weak, strong = np.argsort(right.mean(axis=0), kind="stable")
        failed = right[:, weak] == 0
        return float(right[failed, strong].mean()) if failed.any() else math.nan

    def chain(error: float) -> Measured:
        reach, quality, cost = np.ones(len(right)), np.zeros(len(right)), np.zeros(len(right))
        for place in range(right.shape[1]):
            own = right[:, place]
            if outcomes.cost_usd is not None:
                cost += reach * outcomes.cost_usd[:, chosen[place]]
            quality += reach * own * (1.0 if place == right.shape[1] - 1 else 1.0 - error)
            reach = reach * np.where(own == 1, error, 1.0 - error)
        found = {f"cascade, judge error {error:g}": float(quality.mean())}
        if outcomes.cost_usd is not None:
            found[f"cost of it, judge error {error:g}"] = float(cost.mean())
        return found

    return _measures(len(chosen), lambda: np.bincount(several, minlength=len(chosen) + 1) / len(right), rescued, chain)
