"""The contract of a closed form, and the quadrature that all of them share.

A form is a function of keyword arguments (float, int or tuple[float, ...]) that returns name -> value, in a file of its
own, registered with `@form`. Integrals over a standard normal factor are sums over a dense, even grid: Gauss-Hermite
quadrature is inaccurate where correlations exceed 0.95 and the integrand is almost a step.
"""

from __future__ import annotations

import inspect
import math
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


def success(ability: np.ndarray, loading: float, factor: np.ndarray) -> np.ndarray:
    """float64[ability, factor]: probability of a right answer, given a shared factor that brings `loading` of 1."""
    from scipy.special import ndtr

    ability = np.atleast_1d(ability)
    left = math.sqrt(max(1.0 - loading, 1e-12))
    return ndtr((ability[:, None] + math.sqrt(loading) * factor[None, :]) / left)
