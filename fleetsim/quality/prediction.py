"""What the judged models of a scenario can do together, before anything is simulated."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from fleetsim.quality.exact.cascade import cascade_of
from fleetsim.quality.exact.contract import of_kin
from fleetsim.quality.exact.groups import counts, rescue
from fleetsim.quality.judged import Judged
from fleetsim.quality.sampling import draw_answers, plurality
from fleetsim.tables import BLANK

JUDGE_ERRORS = (0.0, 0.1, 0.2, 0.3)
_DRAWS = 100_000


class Prediction(NamedTuple):
    """One measure in one domain."""

    domain: str
    measure: str
    value: float
    independent: float  # the same if errors of models knew nothing of each other; nan where that is not asked


def predictions(judged: Judged, seed: int = 0) -> list[Prediction]:
    """Accuracies, rescues, groups, votes and cascades of all judged models of a scenario, domain by domain.

    Votes are drawn (100,000 tasks; a standard error of 0.0016 at most), all else is by quadrature. Models of one family
    count with what it adds to the mean of the pairs. Domains with open answers have no vote.
    """
    return [found for domain in range(len(judged.domains)) for found in _domain(judged, domain, seed)]


def _domain(judged: Judged, domain: int, seed: int) -> Iterator[Prediction]:
    figures, name = judged.figures[domain], judged.domains[domain]
    order = np.argsort(judged.accuracy[:, domain], kind="stable")  # from weak to strong
    accuracy = judged.accuracy[order, domain]
    pi0 = figures.unsolvable
    for model, share in zip(order, accuracy, strict=True):
        yield Prediction(name, f"{judged.names[model]} alone", float(share), np.nan)
    for weak, strong in dict.fromkeys(
        [*pairwise(range(len(order))), *([(0, len(order) - 1)] if len(order) > 1 else [])]
    ):
        measure = f"{judged.names[order[strong]]} right if {judged.names[order[weak]]} wrong"
        shares = _shares(judged, domain, order[[weak, strong]])
        value = rescue(accuracy[weak], accuracy[strong], shares, pi0)
        yield Prediction(name, measure, value, rescue(accuracy[weak], accuracy[strong], 0.0))
    if len(order) < 2:
        return
    shares = _shares(judged, domain, order)
    right, apart = counts(accuracy, shares, pi0), counts(accuracy, 0.0)
    most = len(order) // 2 + 1
    yield Prediction(name, "any right (oracle)", float(1 - right[0]), float(1 - apart[0]))
    yield Prediction(name, "most right", float(right[most:].sum()), float(apart[most:].sum()))
    if figures.votes:
        yield Prediction(name, "plurality vote right", _vote(judged, domain, seed), np.nan)
    free = [0.0] * len(order)
    for error in JUDGE_ERRORS:
        found = cascade_of(accuracy, shares, error, free, pi0)
        apart_found = cascade_of(accuracy, 0.0, error, free)
        where = f"cascade, judge error {error:g}"
        yield Prediction(name, f"{where}: right", found.right, apart_found.right)
        yield Prediction(name, f"{where}: reach the last", float(found.asked[-1]), float(apart_found.asked[-1]))


def _shares(judged: Judged, domain: int, models: np.ndarray) -> np.ndarray:
    """float64[model]: what some models have in common with all, and with their families."""
    families = judged.tables.models.family[models]
    kin = families[:, None] == families[None, :]
    return of_kin(judged.tables.common[models, domain], kin, judged.figures[domain].rho_family)


def _vote(judged: Judged, domain: int, seed: int) -> float:
    votes = [draw_answers(judged.tables, seed, 0, _DRAWS, domain, m, 0, 1, 0.0)[1] for m in range(len(judged.names))]
    return float(plurality(np.concatenate(votes, axis=1), BLANK).mean())
