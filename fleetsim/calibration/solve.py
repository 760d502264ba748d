"""The fit: parameters whose step tables come nearest to what was measured, in logarithms and robustly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fleetsim.calibration.cases import Case
from fleetsim.calibration.families import FRAMEWORKS
from fleetsim.calibration.parameters import Parameter, Values, family_of, parameters, profiles, rounded
from fleetsim.catalog import FrameworkProfile, HardwareProfile, VendorProfile
from fleetsim.hardware.roofline import roofline_cost

_HUBER = 0.1  # errors beyond this count by their size, not their square
_FIRST_WEIGHT = 0.5  # times to first token carry more than step times: queues, caches that warm up
_STEADY_WEIGHT = 0.1  # near its limit a server's level, taken from what was measured, says little of its steps
_PRIOR_WEIGHT = 0.3
_ROUNDS = 10
_GAIN = 1e-3  # a round that lowers the loss by less is the last
_STEP = 1e-3
_WIDE_STEP = 0.02

Profiles = dict[str, HardwareProfile | FrameworkProfile | VendorProfile]


@dataclass(frozen=True)
class Block:
    """A case as arrays: its rows' sums stacked."""

    case: Case
    owners: tuple[str, ...]
    base: np.ndarray  # rows x knots
    linear: np.ndarray  # rows x 3
    tokens: np.ndarray
    requested: np.ndarray
    clients: np.ndarray
    processor_s: np.ndarray
    weights: np.ndarray
    measured: np.ndarray

    def predicted(self, known: Profiles) -> np.ndarray:
        """The values of the rows with these profiles: s, or tokens per s."""
        deployment = self.case.deployment
        hardware = known.get(deployment.hardware.key, deployment.hardware)
        framework = known.get(self.case.framework, deployment.framework)
        deployment = replace(deployment, hardware=hardware, framework=framework)
        cost = roofline_cost(deployment, self.case.used, hardware.calibration, self.case.sizes)
        linear = np.array([cost.alpha_ns, cost.window_alpha_ns, cost.beta_ns])
        seconds = (self.base @ cost.base_ns + self.linear @ linear) / 1e9
        own = framework.calibration if framework else None
        request_s = own.request_overhead_s + self.clients * own.client_overhead_s if own else 0.0
        timed = seconds + self.requested * request_s + self.processor_s
        return np.where(self.tokens > 0, self.tokens / np.maximum(seconds, 1e-12), timed)


def blocks(found: Sequence[Case]) -> list[Block]:
    """The cases that some parameter can change, as arrays."""
    made = []
    for case in found:
        family = family_of(case.deployment.hardware.key)
        owners = ((family.name,) if family else ()) + ((case.framework,) if case.framework in FRAMEWORKS else ())
        if family is None:
            continue
        made.append(
            Block(
                case,
                owners,
                np.array([row.total.base for row in case.rows]),
                np.array([row.total.linear for row in case.rows]),
                np.array([row.tokens for row in case.rows]),
                np.array([float(row.requested) for row in case.rows]),
                np.array([float(row.clients) for row in case.rows]),
                np.array([row.processor_s for row in case.rows]),
                np.array([_FIRST_WEIGHT if row.first else _STEADY_WEIGHT if row.steady else 1.0 for row in case.rows]),
                np.array([row.measured for row in case.rows]),
            )
        )
    return made


def solve(made: Sequence[Block]) -> Values:
    """The parameters of all families and frameworks that the blocks concern.

    Minimises the sum of Huber losses of log(predicted / measured) and of squared distances from the starts
    (Gauss-Newton with a trust region, scipy's `trf`); derivatives are taken owner by owner, for a parameter changes
    only the cases of its own.
    """
    from scipy.optimize import least_squares

    problem = posed(made)
    found = least_squares(
        problem.residuals,
        np.zeros(len(problem.wanted)),
        jac=problem.jacobian,
        x_scale=problem.spread,
        max_nfev=_ROUNDS,
        ftol=_GAIN,
    )
    return rounded(problem.values(found.x))


def robustly(residuals: Callable[[np.ndarray], np.ndarray], start: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Where the robust loss of residuals of a few logarithms is least, none of them below `low`.

    Steps are wide, for percentiles of simulated requests have kinks.
    """
    from scipy.optimize import least_squares

    def jacobian(x: np.ndarray) -> np.ndarray:
        moves = np.eye(len(x)) * _WIDE_STEP
        return np.array([(residuals(x + move) - residuals(x - move)) / (2 * _WIDE_STEP) for move in moves]).T

    loss = {"loss": "soft_l1", "f_scale": _HUBER}
    return least_squares(residuals, start, jac=jacobian, bounds=(low, np.inf), x_scale=0.1, **loss).x


def posed(made: Sequence[Block]) -> Problem:
    """The problem that blocks pose: the parameters of all their families and frameworks."""
    owners = sorted({owner for block in made for owner in block.owners}, key=_order)
    return Problem(made, parameters(owners))


def _order(owner: str) -> tuple[bool, str]:
    return (owner in FRAMEWORKS, owner)


class Problem:
    """Residuals and their derivatives over the logarithms of the parameters' ratios to their starts."""

    def __init__(self, made: Sequence[Block], wanted: list[Parameter]) -> None:
        self.made, self.wanted = made, wanted
        self.spread = np.array([parameter.spread for parameter in wanted])
        self.ends = np.cumsum([len(block.measured) for block in made])
        self.without = np.zeros((len(wanted), len(made)), bool)  # parameters that a block does not depend on

    def values(self, x: np.ndarray) -> Values:
        """The parameters at a point."""
        return {(p.owner, p.name): p.start * float(np.exp(step)) for p, step in zip(self.wanted, x, strict=True)}

    def residuals(self, x: np.ndarray) -> np.ndarray:
        """What is minimised by its squares: one for each row, then one for each parameter."""
        known = profiles(self.values(x))
        return np.concatenate([*(self._errors(i, known) for i in range(len(self.made))), self._priors(x)])

    def _errors(self, i: int, known: Profiles) -> np.ndarray:
        block = self.made[i]
        error = np.log(block.predicted(known) / block.measured) * block.weights
        return np.sign(error) * _HUBER * np.sqrt(2 * (np.sqrt(1 + (error / _HUBER) ** 2) - 1))

    def _priors(self, x: np.ndarray) -> np.ndarray:
        return _PRIOR_WEIGHT * x / self.spread

    def jacobian(self, x: np.ndarray) -> np.ndarray:
        """The residuals' derivatives."""
        here = self.residuals(x)
        found = np.zeros((len(here), len(x)))
        first = not self.without.any()
        for column, parameter in enumerate(self.wanted):
            moved = x.copy()
            moved[column] += _STEP
            known = profiles(self.values(moved))
            for i, block in enumerate(self.made):
                if parameter.owner in block.owners and not self.without[column, i]:
                    rows = slice(self.ends[i] - len(block.measured), self.ends[i])
                    found[rows, column] = (self._errors(i, known) - here[rows]) / _STEP
                    self.without[column, i] = first and not found[rows, column].any()
            at = self.ends[-1] + column
            found[at, column] = _PRIOR_WEIGHT / parameter.spread
        return found


def errors(made: Sequence[Block], known: Profiles, concerns: Callable[[Block], bool]) -> np.ndarray:
    """|predicted / measured - 1| of every row of the blocks that concern someone."""
    found = [np.abs(b.predicted(known) / b.measured - 1) for b in made if concerns(b)]
    return np.concatenate(found) if found else np.zeros(0)
