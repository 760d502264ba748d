"""Take each option as often as it may be the best (Thompson 1933; Chapelle and Li 2011, algorithm 2)."""

import math

from fleetsim.compiled import helper
from fleetsim.luck import fraction
from fleetsim.normal import normal_quantile
from fleetsim.policies.selectors.contract import selector

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


@selector(knobs={"right": 1.0, "wrong": 1.0})
def thompson(options, luck, knobs):
    """Draw each option's rate of success from its Beta posterior, prior (`right`, `wrong`); take the highest."""
    best, best_rate = 0, -1.0
    for i in range(len(options)):
        won = min(max(options[i].reward, 0.0), options[i].reports)
        a = _gamma(luck, 2 * i * _DRAWS, max(knobs[0], 1.0) + won)
        b = _gamma(luck, (2 * i + 1) * _DRAWS, max(knobs[1], 1.0) + options[i].reports - won)
        if a / (a + b) > best_rate:
            best, best_rate = i, a / (a + b)
    return best
