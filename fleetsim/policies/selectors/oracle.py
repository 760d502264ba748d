"""The bound above: what a router that knows the answers would do."""

from fleetsim.policies.selectors.contract import selector


@selector(bound=True)
def oracle(options, luck, knobs):
    """Take the cheapest option whose answer would be right, or the cheapest of all if none is."""
    best = 0
    for i in range(1, len(options)):
        if options[i].right > options[best].right or (
            options[i].right == options[best].right and options[i].cost_usd < options[best].cost_usd
        ):
            best = i
    return best
