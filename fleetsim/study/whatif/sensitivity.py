"""Which path moves a figure most, alone and together with the others: Sobol indices or Morris effects, by SALib."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fleetsim.errors import FleetsimError, UnknownName
from fleetsim.registry import unknown
from fleetsim.study.whatif.design import Factor
from fleetsim.study.whatif.trials import Laboratory, Trial

METHODS = ("sobol", "morris")
_LEVELS = 4


class NoSensitivity(FleetsimError):
    """The library for sensitivity is not installed, or cannot do what is asked of it."""


@dataclass(frozen=True)
class Influence:
    """How much of a figure's movement is due to a path.

    sobol: shares of variance, `own` alone (first order) and `total` with all interactions. morris: `total` is the mean
    size of elementary effects (mu*), `own` their spread (sigma): much of it says interaction or a bend.
    """

    architecture: str
    figure: str
    path: str
    own: float
    own_half: float  # half the width of the interval at 95 %; nan where there is none
    total: float
    total_half: float


def library() -> Any:
    """SALib. Raises NoSensitivity, saying how to install it."""
    try:
        import SALib
    except ImportError:
        what = "ranking by sensitivity needs SALib; install it with: pip install 'fleetsim[sensitivity]'"
        raise NoSensitivity(what) from None
    return SALib


def combinations_of(method: str, factors: Sequence[Factor], samples: int, seed: int) -> np.ndarray:
    """float64[combination, factor] between 0 and 1: what SALib wants to know the figure of.

    `samples` is rounded up to a power of two for Sobol (Saltelli's scheme without second order: samples * (factors + 2)
    combinations), and is the number of trajectories for Morris (samples * (factors + 1)).
    """
    if method not in METHODS:
        raise UnknownName(unknown("method of sensitivity", method, METHODS))
    library()
    problem = _problem(factors)
    if method == "sobol":
        from SALib.sample import sobol

        count = 2 ** math.ceil(math.log2(max(2, samples)))
        return sobol.sample(problem, count, calc_second_order=False, seed=seed % 2**32)
    from SALib.sample import morris

    return morris.sample(problem, max(2, samples), num_levels=_LEVELS, seed=seed % 2**32)


def influences(
    method: str,
    laboratory: Laboratory,
    factors: Sequence[Factor],
    figures: Sequence[str],
    samples: int,
) -> list[Influence]:
    """The influence of every path on every figure of every architecture, the greatest first."""
    seed = laboratory.loaded.scenario.seed
    shares = combinations_of(method, factors, samples, seed)
    values = [{f.path: f.at(min(float(s), 1 - 1e-12)) for f, s in zip(factors, row, strict=True)} for row in shares]
    found = []
    for architecture in laboratory.loaded.scenario.architectures:
        trials: list[Trial] = [laboratory.trials([each], [architecture])[0] for each in values]
        laboratory.make(trials)
        for figure in figures:
            response = np.array([laboratory.estimate(trial, figure).value for trial in trials])
            if np.isfinite(response).all() and np.ptp(response) > 0:
                rows = _analysed(method, factors, shares, response, seed)
                found += sorted(
                    (Influence(architecture, figure, f.path, *row) for f, row in zip(factors, rows, strict=True)),
                    key=lambda influence: -influence.total,
                )
    return found


def _analysed(
    method: str, factors: Sequence[Factor], shares: np.ndarray, response: np.ndarray, seed: int
) -> list[tuple[float, float, float, float]]:
    problem, analyse = _problem(factors), _analyser(method)
    if method == "sobol":
        # Indices of a response with a large mean lose digits; a shift changes none of them.
        centred = (response - response.mean()) / response.std()
        result = analyse(problem, centred, calc_second_order=False, seed=seed % 2**32)
        columns = ("S1", "S1_conf", "ST", "ST_conf")
        return [tuple(float(result[column][n]) for column in columns) for n in range(len(factors))]
    result = analyse(problem, shares, response, num_levels=_LEVELS, seed=seed % 2**32)
    return [
        (float(result["sigma"][n]), math.nan, float(result["mu_star"][n]), float(result["mu_star_conf"][n]))
        for n in range(len(factors))
    ]


def _analyser(method: str) -> Callable:
    if method == "sobol":
        from SALib.analyze import sobol

        return sobol.analyze
    from SALib.analyze import morris

    return morris.analyze


def _problem(factors: Sequence[Factor]) -> dict[str, Any]:
    names = [factor.path for factor in factors]
    return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
