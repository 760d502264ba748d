"""What each model has in common with the others, by maximum likelihood: the loadings of a one-factor model.

With one correlation for all pairs every loading is its root. Here each model has its own, which may be negative, drawn
to their mean by as much as chance explains of their differences (an empirical Bayes estimate).
"""

from __future__ import annotations

from functools import cache

import numpy as np

_MOST, _POINTS, _REACH = 0.995, 121, 6.0


def own_shares(right: np.ndarray, ability: np.ndarray, unsolvable: float) -> np.ndarray | None:
    """float64[model]: signed shares of the ease that models have in common with all, squares of their loadings.

    None where loadings scatter no more than their standard errors do, or for fewer than three models: two have one
    correlation, of which no shares can be told. `right[query, model]`: 1, 0 or -1 (not
    recorded). `ability[model]` at the accuracies, given the share of `unsolvable` tasks.

    Each loading is moved to their mean as its error and their scatter say (DerSimonian and Laird, "Meta-analysis in
    clinical trials", Controlled Clinical Trials 7 (1986)). The sign of all together is that which makes their sum
    positive.
    """
    if right.shape[1] < 3:
        return None
    patterns, queries = np.unique(right, axis=0, return_counts=True)
    data = _Answers(patterns, queries, ability, unsolvable)
    loading = max((data.likeliest(start) for start in _starts(right)), key=lambda found: -data.surprise(found)[0])
    loading = loading if loading.sum() >= 0.0 else -loading
    variance = data.variances(loading)
    weight = 1.0 / variance
    mean = weight @ loading / weight.sum()
    scatter = float(weight @ (loading - mean) ** 2)
    by_chance = len(loading) - 1  # what errors alone make of it, in the mean
    if scatter <= by_chance:
        return None
    between = (scatter - by_chance) / (weight.sum() - weight @ weight / weight.sum())
    weight = 1.0 / (variance + between)
    mean = weight @ loading / weight.sum()
    drawn = (between * loading + variance * mean) / (between + variance)
    return np.copysign(drawn**2, drawn)


@cache
def _grid() -> tuple[np.ndarray, np.ndarray]:
    """Values of the common factor and their weights: coarser than those of closed forms, as it is summed often."""
    values = np.linspace(-_REACH, _REACH, _POINTS)
    weights = np.exp(-0.5 * values**2)
    return values, weights / weights.sum()


class _Answers:
    """Recorded answers and their likelihood, given loadings."""

    def __init__(self, patterns: np.ndarray, queries: np.ndarray, ability: np.ndarray, unsolvable: float) -> None:
        self.ones, self.zeros = (patterns == 1).astype(np.float64), (patterns == 0).astype(np.float64)
        self.queries, self.ability = queries.astype(np.float64), ability
        self.unsolved = unsolvable * (self.ones.sum(axis=1) == 0.0)
        self.solvable = 1.0 - unsolvable

    def _given(self, loading: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Likelihood of each pattern; its joint one with each value of the factor; and of a right answer by model and
        value its probability p and the derivative of p by the loading."""
        from scipy.special import ndtr

        factor, weights = _grid()
        left = np.sqrt(1.0 - loading**2)[:, None]
        z = (self.ability[:, None] + loading[:, None] * factor) / left
        p = np.clip(ndtr(z), 1e-12, 1.0 - 1e-12)
        slope = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi) * (factor / left + z * loading[:, None] / left**2)
        joint = self.solvable * np.exp(self.ones @ np.log(p) + self.zeros @ np.log1p(-p)) * weights
        return np.maximum(joint.sum(axis=1) + self.unsolved, 1e-300), joint, p, slope

    def surprise(self, loading: np.ndarray) -> tuple[float, np.ndarray]:
        """Negative log-likelihood and its gradient."""
        likelihood, joint, p, slope = self._given(loading)
        share = joint * (self.queries / likelihood)[:, None]
        gradient = ((self.ones.T @ share) / p - (self.zeros.T @ share) / (1.0 - p)) * slope
        return -float(self.queries @ np.log(likelihood)), -gradient.sum(axis=1)

    def likeliest(self, start: np.ndarray) -> np.ndarray:
        """The loadings of a local maximum."""
        from scipy.optimize import minimize

        bounds = [(-_MOST, _MOST)] * len(start)
        return minimize(self.surprise, start, jac=True, method="L-BFGS-B", bounds=bounds).x

    def variances(self, loading: np.ndarray) -> np.ndarray:
        """Squared standard errors, by the outer products of the patterns' scores.

        A model of whose loading nothing is known (it is always right, or has no answers) has a huge one.
        """
        likelihood, joint, p, slope = self._given(loading)
        share = joint / likelihood[:, None]
        scores = self.ones * (share @ (slope / p).T) - self.zeros * (share @ (slope / (1.0 - p)).T)
        information = (scores * self.queries[:, None]).T @ scores
        return np.diag(np.linalg.inv(information + 1e-6 * np.eye(len(loading))))


def _starts(right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where to look from: all alike, and with the signs and sizes of the answers' first principal component."""
    known = right >= 0
    mean = np.where(known, right, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    apart = np.where(known, right - mean, 0.0)
    size = np.maximum(np.sqrt((apart**2).sum(axis=0)), 1e-12)
    values, vectors = np.linalg.eigh((apart.T @ apart) / np.outer(size, size))
    return np.full(right.shape[1], 0.7), np.clip(vectors[:, -1] * np.sqrt(max(values[-1], 0.0)), -0.9, 0.9)
