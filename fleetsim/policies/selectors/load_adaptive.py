"""A threshold on difficulty that gives way where the strong model is busy."""

from fleetsim.policies.selectors.contract import selector


@selector(knobs={"at_least": 0.0, "yields": 0.05})
def load_adaptive(options, luck, knobs):
    """Take the first option if its ease is `at_least` (0) less `yields` (0.05) per call at a replica of the last."""
    last = len(options) - 1
    return 0 if options[0].signal >= knobs[0] - knobs[1] * options[last].load else last
