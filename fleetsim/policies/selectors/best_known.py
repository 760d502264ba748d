"""The model that is best for the guessed domain, whatever it costs."""

from fleetsim.policies.selectors.contract import selector


@selector()
def best_known(options, luck, knobs):
    """Take the option of the greatest estimated quality; the cheaper among equals."""
    best = 0
    for i in range(1, len(options)):
        cheaper = options[i].quality == options[best].quality and options[i].cost_usd < options[best].cost_usd
        if options[i].quality > options[best].quality or cheaper:
            best = i
    return best
