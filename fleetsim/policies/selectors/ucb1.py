"""Optimism where little is known (Auer et al. 2002, figure 1); with a discount as in Garivier and Moulines 2011."""

import math

from fleetsim.policies.selectors.contract import selector


@selector(knobs={"width": 2.0})
def ucb1(options, luck, knobs):
    """Take the best of mean reward + sqrt(`width` (2) ln(all reports) / its reports); each once first."""
    total = 0.0
    for i in range(len(options)):
        total += options[i].reports
    best, best_bound = 0, -1e300
    for i in range(len(options)):
        bound = 1e300
        if options[i].reports > 0.0:
            few = math.sqrt(knobs[0] * math.log(max(total, 1.0)) / options[i].reports)
            bound = options[i].reward / options[i].reports + few
        if bound > best_bound:
            best, best_bound = i, bound
    return best
