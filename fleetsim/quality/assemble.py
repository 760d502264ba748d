"""Tables of the quality model from figures, without a scenario."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from fleetsim.quality.answers import Quality
from fleetsim.quality.exact.contract import abilities
from fleetsim.quality.wrong import wrong_shares
from fleetsim.scenario.quality import DomainFigures, ModelQuality
from fleetsim.tables import JUDGED_DOMAINS, JUDGED_MODELS

RHO_WITHIN = 0.86
"""Two samples of a model at temperature 0.8, one right answer (docs/quality.md)."""


def quality_tables(
    accuracy: np.ndarray,
    domains: Sequence[DomainFigures],
    models: Sequence[ModelQuality],
    families: Sequence[str],
    outcomes: np.ndarray | None = None,
    outcome_rows: np.ndarray | None = None,
    names: Sequence[str] | None = None,
    common: np.ndarray | None = None,
) -> Quality:
    """The tables for accuracy[model, domain] and what else is known of domains and models.

    Draws of a model follow its name (by default its number).
    `common[model, domain]`: share of the ease that a model has in common with all, by default the domain's rho_between.
    `outcomes[row, model]` with the (first row, rows) of each domain are replayed instead of drawn.
    """
    accuracy = np.asarray(accuracy, np.float64).reshape(len(models), len(domains))
    if common is None:
        common = np.tile([figures.rho_between for figures in domains], (len(models), 1))
    ability = [abilities(accuracy[:, d], figures.unsolvable) for d, figures in enumerate(domains)]
    return Quality(
        models=_model_rows(models, families, names or [f"model {number}" for number in range(len(models))]),
        domains=_domain_rows(domains),
        ability=np.ascontiguousarray(np.array(ability).T.reshape(accuracy.shape)),
        common=common,
        common_task=_of_tasks(common, domains),
        wrong_cdf=np.stack([wrong_shares(figures.same_wrong, figures.options) for figures in domains]),
        outcomes=np.zeros((0, 0), np.int8) if outcomes is None else outcomes,
        outcome_rows=np.zeros((len(domains), 2), np.int64) if outcome_rows is None else outcome_rows,
    )


def _of_tasks(common: np.ndarray, domains: Sequence[DomainFigures]) -> np.ndarray:
    """float64[model, domain]: how much of the common share is of whole tasks: as large a part as of rho_between."""
    between = np.array([figures.rho_between for figures in domains])
    parts = np.array([figures.rho_parts for figures in domains])
    part = np.divide(parts, between, out=np.zeros_like(between), where=between > 0.0)
    share = np.abs(common)
    return np.minimum(np.where(share == between, parts, share * part), share)


def salt(name: str) -> int:
    """A number of 48 bits that two names hardly ever share."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:6], "big")


def _model_rows(models: Sequence[ModelQuality], families: Sequence[str], names: Sequence[str]) -> np.recarray:
    rows = JUDGED_MODELS.empty(len(models))
    for row, model, family, name in zip(rows, models, families, names, strict=True):
        row.salt, row.family = salt(f"model {name}"), salt(f"family {family}")
        row.rho_within = RHO_WITHIN if model.rho_within is None else model.rho_within
        row.blank_share = model.blank_share
        row.length_sigma, row.length_kappa = model.length.sigma, model.length.kappa
        row.length_shared = model.length.shared
    return rows


def _domain_rows(domains: Sequence[DomainFigures]) -> np.recarray:
    rows = JUDGED_DOMAINS.empty(len(domains))
    for row, figures in zip(rows, domains, strict=True):
        row.unsolvable, row.rho_family = figures.unsolvable, figures.rho_family
    return rows
