"""Take each option as often as it may be the best (Thompson 1933; Chapelle and Li 2011, algorithm 2)."""

from fleetsim.policies.selectors.contract import selector
from fleetsim.policies.variates import posterior_rate


@selector(knobs={"right": 1.0, "wrong": 1.0})
def thompson(options, luck, knobs):
    """Draw each option's rate of success from its Beta posterior, prior (`right`, `wrong`); take the highest."""
    best, best_rate = 0, -1.0
    for i in range(len(options)):
        rate = posterior_rate(luck, i, options[i].reward, options[i].reports, knobs[0], knobs[1])
        if rate > best_rate:
            best, best_rate = i, rate
    return best
