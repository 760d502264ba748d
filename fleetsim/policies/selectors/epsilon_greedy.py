"""Learn by trying now and then (Sutton and Barto, "Reinforcement learning", 2018, section 2.4)."""

from fleetsim.luck import choice, fraction
from fleetsim.policies.selectors.contract import selector


@selector(knobs={"explore": 0.1})
def epsilon_greedy(options, luck, knobs):
    """Take the option with the best mean reward, or in a share `explore` (0.1) of tasks any; each once first."""
    if fraction(luck, 0) < knobs[0]:
        return choice(luck, 1, len(options))
    best, best_mean = 0, -1e300
    for i in range(len(options)):
        mean = options[i].reward / options[i].reports if options[i].reports > 0.0 else 1e300
        if mean > best_mean:
            best, best_mean = i, mean
    return best
