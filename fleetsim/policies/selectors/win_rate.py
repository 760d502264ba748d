"""The strong model where it is likely to do better (Ong et al., "RouteLLM", 2024, section 3: win prediction)."""

from fleetsim.normal import normal_cdf
from fleetsim.policies.selectors.contract import selector


@selector(knobs={"threshold": 0.5, "slope": 1.0})
def win_rate(options, luck, knobs):
    """Take the last option if its predicted win rate over the first exceeds `threshold` (0.5); signal: advantage."""
    last = len(options) - 1
    return last if normal_cdf(knobs[1] * options[last].signal) > knobs[0] else 0
