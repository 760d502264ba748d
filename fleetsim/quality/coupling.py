"""How answers' lengths, or costs, scatter and follow difficulty, from recorded outcomes with costs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fleetsim.quality.outcomes import Outcomes


class Coupling(NamedTuple):
    """The log of an answer's length has this standard deviation, and this correlation with difficulty."""

    sigma: float
    kappa: float


DEFAULT_COUPLING = Coupling(0.45, 0.38)
"""Single answers that reason at length (docs/quality.md)."""


def fit_coupling(outcomes: Outcomes) -> Coupling:
    """Fit to the costs of right and wrong answers; the defaults without costs.

    The mean log of a wrong answer exceeds that of a right one by sigma * kappa * phi(mu) / (p (1 - p)), mu the ability
    and p the accuracy: the difference of the means of a normal variable above and below a threshold. Least squares over
    models and domains, weighted by queries.
    """
    from scipy.special import ndtri
    from scipy.stats import norm

    if outcomes.cost_usd is None:
        return DEFAULT_COUPLING
    over, under, squares, total = 0.0, 0.0, 0.0, 0.0
    for domain in range(len(outcomes.domains)):
        own = outcomes.queries(outcomes.domain == domain)
        for model in range(len(outcomes.models)):
            cost_usd, right = own.cost_usd[:, model], own.right[:, model]
            usable = (right >= 0) & (cost_usd > 0)
            logs, right = np.log(cost_usd[usable]), right[usable] == 1
            if not 1 < right.sum() < len(right) - 1:
                continue
            p = float(right.mean())
            expected = float(norm.pdf(ndtri(p))) / (p * (1.0 - p))
            weight = len(logs) * p * (1.0 - p)
            over += weight * expected * float(logs[~right].mean() - logs[right].mean())
            under += weight * expected**2
            squares += float(((logs - logs.mean()) ** 2).sum())
            total += len(logs)
    if not total or squares <= 0.0:
        return DEFAULT_COUPLING
    sigma = (squares / total) ** 0.5
    return Coupling(sigma, float(np.clip(over / under / sigma, 0.0, 1.0)))
