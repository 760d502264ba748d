"""Adaptive branching: a fresh answer or a better one, by which model (Inoue et al., "AB-MCTS", 2025, section 3)."""

from fleetsim.policies.selectors.contract import selector
from fleetsim.policies.variates import posterior_rate


@selector(knobs={"right": 1.0, "wrong": 1.0})
def wider_or_deeper(options, luck, knobs):
    """As thompson; the second half of the options improve on an answer, so it waits until one was reported on.

    Prior of each rate: Beta(`right`, `wrong`).
    """
    reports = 0.0
    for i in range(len(options)):
        reports += options[i].reports
    count = len(options) if reports > 0.0 else (len(options) + 1) // 2
    best, best_rate = 0, -1.0
    for i in range(count):
        rate = posterior_rate(luck, i, options[i].reward, options[i].reports, knobs[0], knobs[1])
        if rate > best_rate:
            best, best_rate = i, rate
    return best
