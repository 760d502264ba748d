"""Recorded outcomes -> the numbers of the quality model: accuracies, correlations, unsolvable tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import NamedTuple

import numpy as np

from fleetsim.errors import FleetsimError
from fleetsim.quality.coupling import DEFAULT_COUPLING, Coupling, fit_coupling
from fleetsim.quality.exact.contract import abilities, grid, of_kin, success
from fleetsim.quality.loadings import own_shares
from fleetsim.quality.outcomes import Outcomes

_LEAST_QUERIES, _OWN_TIES = 20, 100
_HIGHEST_RHO = 0.999
_TURNS, _SETTLED = 12, 1e-3


class Ties(NamedTuple):
    """How answers hang together."""

    rho_between: float
    rho_family: float
    unsolvable: float


@dataclass(frozen=True)
class Fitted:
    """The model as fitted to some outcomes."""

    models: tuple[str, ...]
    domains: tuple[str, ...]
    accuracy: np.ndarray  # float64[model, domain]; nan where a model has no outcomes
    queries: np.ndarray  # int64[domain]
    all_domains: Ties
    ties: tuple[Ties, ...]  # by domain: its own where it has queries enough, else those of all
    common: np.ndarray  # float64[model, domain]: a model's own rho_between, signed; the domain's where models are alike
    families: Mapping[str, str] = field(default_factory=dict)
    cost_usd: np.ndarray | None = None  # float64[model, domain]: mean of an answer
    coupling: Coupling = DEFAULT_COUPLING

    def shares(self, models: Sequence[int], domain: int) -> np.ndarray:
        """float64[model]: what some models have in common with all, and with their families."""
        kin = _kin(self.models, self.families)[np.ix_(models, models)]
        return of_kin(self.common[list(models), domain], kin, self.ties[domain].rho_family)


@dataclass(frozen=True)
class _Domain:
    """One domain's outcomes."""

    queries: int
    accuracy: np.ndarray  # float64[model]
    weights: np.ndarray  # float64[model, model]: queries that both answered
    both: np.ndarray  # float64[model, model]: share of those that both have right
    all_wrong: float  # share of complete queries that no model has right
    complete: int


def fit(outcomes: Outcomes, families: Mapping[str, str] | None = None) -> Fitted:
    """Fit accuracies by domain, and rho_between, rho_family and the unsolvable share: of all domains, and of each.

    A rho is the one at which the sum over pairs of models (and domains) of the shares that both have right is the
    observed one; an average of single pairs' correlations would break where shares are near 0 or 1. The unsolvable
    share is what it takes for all models to be wrong as often as they are; 0 where the correlation alone explains it.
    Domains of fewer than 100 queries get the correlations of all together. In those of more, models get each its own
    rho_between where they scatter beyond chance (`loadings.own_shares`) and families do not explain it (rho_family 0).
    `families`: model -> family; without it rho_family is 0 and rho_between the correlation over all pairs.

    Raises FleetsimError for fewer than two models, or too few queries.
    """
    if len(outcomes.models) < 2:
        raise FleetsimError("correlations need the outcomes of two models at least; there is one column only")
    domains = [_domain(outcomes.right[outcomes.domain == d]) for d in range(len(outcomes.domains))]
    if not any(d.queries >= _LEAST_QUERIES for d in domains):
        raise FleetsimError(f"no domain has {_LEAST_QUERIES} queries; too few to fit anything")
    kin = _kin(outcomes.models, families or {})
    together = _ties(domains, kin)
    ties = [_ties([d], kin) if d.complete >= _OWN_TIES and len(domains) > 1 else together for d in domains]
    parts = [
        _common(outcomes.right[outcomes.domain == number], domain, own)
        for number, (domain, own) in enumerate(zip(domains, ties, strict=True))
    ]
    if len(domains) == 1:
        together = parts[0][0]
    return Fitted(
        models=outcomes.models,
        domains=outcomes.domains,
        accuracy=np.stack([d.accuracy for d in domains], axis=1),
        queries=np.array([d.queries for d in domains]),
        all_domains=together,
        ties=tuple(own for own, _ in parts),
        common=np.stack([common for _, common in parts], axis=1),
        families=families or {},
        cost_usd=_costs(outcomes),
        coupling=fit_coupling(outcomes),
    )


def _common(right: np.ndarray, domain: _Domain, ties: Ties) -> tuple[Ties, np.ndarray]:
    """Each model's own rho_between, or the domain's for all; and the ties with what is unsolvable beside them.

    What models have in common and what none of them solves explain the same failures, so each is found by turns, given
    the other.
    """
    same = np.full(right.shape[1], ties.rho_between)
    if domain.complete < _OWN_TIES or ties.rho_family > 0.0:
        return ties, same
    unsolvable = ties.unsolvable
    for _ in range(_TURNS):
        own = own_shares(right, _within(domain, unsolvable), unsolvable)
        if own is None:
            return ties, same
        last, unsolvable = unsolvable, _unsolvable([domain], lambda _, own=own: own)
        if abs(unsolvable - last) <= _SETTLED:
            break
    every = ~np.eye(len(same), dtype=bool)
    return Ties(_rho([domain], every, unsolvable), 0.0, unsolvable), own


def _ties(domains: list[_Domain], kin: np.ndarray) -> Ties:
    every = ~np.eye(len(kin), dtype=bool)
    complete = [domain for domain in domains if domain.complete]
    unsolvable = _unsolvable(complete, lambda share: _rho(complete, every, share))
    others = ~kin & ~np.eye(len(kin), dtype=bool)
    rho_between = _rho(domains, others if others.any() else kin, unsolvable)
    rho_family = max(_rho(domains, kin, unsolvable) - rho_between, 0.0) if kin.any() and others.any() else 0.0
    return Ties(rho_between, rho_family, unsolvable)


def _costs(outcomes: Outcomes) -> np.ndarray | None:
    if outcomes.cost_usd is None:
        return None
    return np.stack(
        [np.nanmean(outcomes.cost_usd[outcomes.domain == d], axis=0) for d in range(len(outcomes.domains))], axis=1
    )


def independent(fitted: Fitted) -> Fitted:
    """The same accuracies with errors that know nothing of each other."""
    none = Ties(0.0, 0.0, 0.0)
    apart = np.zeros_like(fitted.common)
    return replace(fitted, all_domains=none, ties=(none,) * len(fitted.domains), common=apart)


def alike(fitted: Fitted) -> Fitted:
    """The same with one correlation for all models of a domain, beside the same share of unsolvable tasks."""
    between = np.array([ties.rho_between for ties in fitted.ties])
    return replace(fitted, common=np.broadcast_to(between, fitted.common.shape))


def _domain(right: np.ndarray) -> _Domain:
    known = (right >= 0).astype(np.float64)
    ones = (right == 1).astype(np.float64)
    weights = known.T @ known
    whole = right[(right >= 0).all(axis=1)]
    with np.errstate(invalid="ignore", divide="ignore"):
        accuracy, both = ones.sum(axis=0) / known.sum(axis=0), (ones.T @ ones) / weights
    all_wrong = float((whole == 0).all(axis=1).mean()) if len(whole) else np.nan
    return _Domain(len(right), accuracy, weights, np.nan_to_num(both), all_wrong, len(whole))


def _kin(models: tuple[str, ...], families: Mapping[str, str]) -> np.ndarray:
    """bool[model, model]: two different models of one family."""
    kin = np.zeros((len(models), len(models)), bool)
    for i, j in combinations(range(len(models)), 2):
        kin[i, j] = kin[j, i] = models[i] in families and families.get(models[i]) == families.get(models[j])
    return kin


def _rho(domains: list[_Domain], chosen: np.ndarray, unsolvable: float) -> float:
    """The correlation at which the chosen pairs are both right as often as they are, summed over all."""
    from scipy.optimize import brentq

    upper = np.triu(chosen, 1)

    def surplus(rho: float) -> float:
        factor, weights = grid()
        total = 0.0
        for domain in domains:
            known = np.nan_to_num(domain.accuracy)
            p = success(abilities(np.minimum(known, 1.0 - unsolvable), unsolvable), rho, factor)
            both = (1.0 - unsolvable) * ((p * weights) @ p.T)
            total += float(((both - domain.both) * domain.weights)[upper].sum())
        return total

    if surplus(0.0) >= 0.0:
        return 0.0
    return _HIGHEST_RHO if surplus(_HIGHEST_RHO) <= 0.0 else float(brentq(surplus, 0.0, _HIGHEST_RHO, xtol=1e-5))


def _unsolvable(complete: list[_Domain], given: Callable[[float], float | np.ndarray]) -> float:
    """The share that no model solves, at which all are wrong as often as they are.

    `given`: such a share -> the correlation beside it, or what each model has in common with all.
    """
    from scipy.optimize import brentq

    if not complete:
        return 0.0
    sizes = np.array([domain.complete for domain in complete], float)
    observed = float(np.array([domain.all_wrong for domain in complete]) @ sizes / sizes.sum())

    def surplus(share: float) -> float:
        common = given(share)
        factor, weights = grid()
        wrong = [
            share + (1.0 - share) * float(np.prod(1.0 - success(_within(d, share), common, factor), axis=0) @ weights)
            for d in complete
        ]
        return float(np.array(wrong) @ sizes / sizes.sum()) - observed

    noise = float(np.sqrt(max(observed * (1.0 - observed), 0.0) / sizes.sum()))
    if surplus(0.0) >= -2.0 * noise or observed == 0.0:  # within what chance does to so few queries
        return 0.0
    most = min(observed, 1.0 - max(float(np.nanmax(d.accuracy)) for d in complete))
    return most if most <= 0.0 or surplus(most) <= 0.0 else float(brentq(surplus, 0.0, most, xtol=1e-4))


def _within(domain: _Domain, unsolvable: float) -> np.ndarray:
    return abilities(np.minimum(domain.accuracy, 1.0 - unsolvable), unsolvable)
