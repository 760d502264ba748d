"""Chance alone: what every rule has to beat."""

from fleetsim.luck import choice
from fleetsim.policies.selectors.contract import selector


@selector()
def chance(options, luck, knobs):
    """Take any option, all alike."""
    return choice(luck, 0, len(options))
