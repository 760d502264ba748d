"""Random variates for rules that draw what they believe."""

from __future__ import annotations

import math

from fleetsim.compiled import helper
from fleetsim.luck import fraction
from fleetsim.normal import normal_quantile

_DRAWS = 64  # words of luck set aside for each gamma variate


@helper
def _gamma(luck, first, shape):
    """A gamma variate of a shape of at least 1 (Marsaglia and Tsang 2000, section 3)."""
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    v = 1.0
    for i in range(_DRAWS // 2):
        x = normal_quantile(fraction(luck, first + 2 * i))
        v = (1.0 + c * x) ** 3
        if v > 0.0 and math.log(fraction(luck, first + 2 * i + 1)) < 0.5 * x * x + d - d * v + d * math.log(v):
            return d * v
    return d * max(v, 1e-9)


@helper
def posterior_rate(luck, place, reward, reports, right, wrong):
    """A rate of success from its Beta posterior, prior (`right`, `wrong`), both at least 1.

    `place` is the number of the draw: rates of other places are independent.
    """
    won = min(max(reward, 0.0), reports)
    a = _gamma(luck, 2 * place * _DRAWS, max(right, 1.0) + won)
    b = _gamma(luck, (2 * place + 1) * _DRAWS, max(wrong, 1.0) + reports - won)
    return a / (a + b)
