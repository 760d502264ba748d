"""A threshold on difficulty, as routers with one weak and one strong model have it."""

from fleetsim.policies.selectors.contract import selector


@selector(knobs={"at_least": 0.0})
def difficulty(options, luck, knobs):
    """Take the first option if its signal of ease is `at_least` (0) so high, else the last."""
    return 0 if options[0].signal >= knobs[0] else len(options) - 1
