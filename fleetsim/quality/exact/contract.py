"""The contract of a closed form, and the quadrature that all of them share.

A form is a function of keyword arguments (float, int or tuple[float, ...]) that returns name -> value, in a file of its
own, registered with `@form`. Integrals over a standard normal factor are sums over a dense, even grid: Gauss-Hermite
quadrature is inaccurate where correlations exceed 0.95 and the integrand is almost a step.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from fleetsim.registry import Family

_REACH, _POINTS = 8.5, 851


@dataclass(frozen=True)
class Form:
    """A registered closed form."""

    name: str
    rule: Callable[..., dict[str, float]]
    meaning: str

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """Its parameters by name; without a default: has to be given."""
        return dict(inspect.signature(self.rule).parameters)


FORMS: Family[Form] = Family("closed form", "fleetsim.quality.exact")


def form(function: Callable[..., dict[str, float]]) -> Callable[..., dict[str, float]]:
    """Register the decorated function as a closed form under its own name."""
    meaning = (function.__doc__ or "").strip().splitlines()[0]
    FORMS.add(function.__name__, Form(function.__name__, function, meaning))
    return function


@cache
def grid() -> tuple[np.ndarray, np.ndarray]:
    """Values of a standard normal factor, evenly spaced, and their weights, which add up to 1. Not to be written to."""
    values = np.linspace(-_REACH, _REACH, _POINTS)
    weights = np.exp(-0.5 * values**2)
    weights /= weights.sum()
    values.setflags(write=False)
    weights.setflags(write=False)
    return values, weights


def abilities(accuracy: float | Sequence[float] | np.ndarray, unsolvable: float = 0.0) -> np.ndarray:
    """float64: what is added to the ease of a task, so that the marginal share of right answers is the accuracy."""
    from scipy.special import ndtri

    shares = np.atleast_1d(np.asarray(accuracy, np.float64)) / max(1.0 - unsolvable, 1e-15)
    return ndtri(np.clip(shares, 1e-15, 1.0 - 1e-15))


def success(ability: np.ndarray, share: float | Sequence[float] | np.ndarray, factor: np.ndarray) -> np.ndarray:
    """float64[ability, factor]: probability of a right answer, given a common factor that brings a share of 1.

    One share for all abilities or one for each; where it is negative the factor counts the other way round.
    """
    from scipy.special import ndtr

    ability = np.atleast_1d(ability)
    share = np.broadcast_to(np.asarray(share, np.float64), ability.shape)[:, None]
    left = np.sqrt(np.maximum(1.0 - np.abs(share), 1e-12))
    return ndtr((ability[:, None] + np.copysign(np.sqrt(np.abs(share)), share) * factor[None, :]) / left)


def correlation(share: np.ndarray | float, other: np.ndarray | float) -> np.ndarray:
    """Of two models that have such shares of their ease in common with all: the geometric mean, with both signs."""
    product = np.multiply(share, other)
    return np.copysign(np.sqrt(np.abs(product)), product)


def of_kin(share: np.ndarray, kin: np.ndarray, rho_family: float) -> np.ndarray:
    """float64[model]: shares that stand for some models' own and what families add to it.

    `kin[model, model]`: of one family. Exact for the answers of two; families of more count with the mean over pairs.
    """
    if len(share) == 2:
        rho = float(correlation(*share)) + rho_family * float(kin[0, 1])
        return np.array([abs(rho), rho]) if kin[0, 1] else share
    pairs = np.triu_indices(len(share), 1)
    more = rho_family * float(kin[pairs].mean()) if len(share) > 1 else 0.0
    return np.copysign(np.minimum(np.abs(share) + more, 1.0), share)
