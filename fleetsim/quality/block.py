"""A fitted model as the `quality:` block of a scenario."""

from __future__ import annotations

import math
import re
from typing import Any

from fleetsim.quality.fit import Fitted, Ties
from fleetsim.quality.outcomes import EVERY_DOMAIN

_FOREIGN = re.compile(r"[^\w.\-+ /()]+")


def quality_block(fitted: Fitted) -> dict[str, Any]:
    """The block as plain data: correlations for every domain, accuracies, families, what models have in common where
    each has its own share of it, and what costs say of lengths.

    Names lose what the scenario language does not take in names.
    """
    block: dict[str, Any] = {"every_domain": _ties(fitted.all_domains)}
    own = {d: ties for d, ties in zip(fitted.domains, fitted.ties, strict=True) if ties is not fitted.all_domains}
    if own:
        block["domains"] = {_name(domain): _ties(ties) for domain, ties in own.items()}
    models = {model: _model(fitted, number) for number, model in enumerate(fitted.models)}
    if any(models.values()):
        block["models"] = {_name(model): knobs for model, knobs in models.items() if knobs}
    block["accuracy"] = {_name(model): _accuracy(fitted, number) for number, model in enumerate(fitted.models)}
    return {"quality": block}


def _ties(ties: Ties) -> dict[str, float]:
    return {
        "rho_between": round(ties.rho_between, 3),
        "rho_family": round(ties.rho_family, 3),
        "unsolvable": round(ties.unsolvable, 4),
    }


def _model(fitted: Fitted, number: int) -> dict[str, Any]:
    knobs: dict[str, Any] = {}
    if fitted.models[number] in fitted.families:
        knobs["family"] = _name(fitted.families[fitted.models[number]])
    own = _own_shares(fitted, number)
    if own:
        knobs["rho_between"] = _plain(own)
    if fitted.cost_usd is not None:
        knobs["length"] = {"sigma": round(fitted.coupling.sigma, 3), "kappa": round(fitted.coupling.kappa, 3)}
    return knobs


def _own_shares(fitted: Fitted, number: int) -> dict[str, float]:
    """Domain -> what a model has in common with others, where models differ in it."""
    return {
        _name(domain): round(float(share), 3)
        for domain, share, ties in zip(fitted.domains, fitted.common[number], fitted.ties, strict=True)
        if share != ties.rho_between
    }


def _plain(shares: dict[str, float]) -> float | dict[str, float]:
    """Without the domain where outcomes name none."""
    return shares[EVERY_DOMAIN] if list(shares) == [EVERY_DOMAIN] else shares


def _accuracy(fitted: Fitted, model: int) -> float | dict[str, float]:
    """A share, or shares by domain, rounded and no more than is solvable."""
    shares = {
        _name(domain): min(round(float(share), 4), 1.0 - round(ties.unsolvable, 4))
        for domain, share, ties in zip(fitted.domains, fitted.accuracy[model], fitted.ties, strict=True)
        if math.isfinite(share)
    }
    return _plain(shares)


def _name(text: str) -> str:
    plain = _FOREIGN.sub("_", text).lstrip("_.-+ /()")
    return plain or "unnamed"
