"""The better of a few replicas drawn at random (Mitzenmacher 2001)."""

import numpy as np

from fleetsim.luck import choice
from fleetsim.policies.balancers.contract import balancer


@balancer(knobs={"choices": 2.0})
def power_of_two(signals, turn, luck, knobs):
    """Draw `choices` different replicas (2) and take the one with the fewest calls outstanding."""
    count = len(signals)
    draws = min(int(knobs[0]), count)
    order = np.arange(count)
    best = -1
    for i in range(draws):
        j = i + choice(luck, i, count - i)
        order[i], order[j] = order[j], order[i]
        if best < 0 or signals[order[i]].outstanding < signals[best].outstanding:
            best = order[i]
    return best
