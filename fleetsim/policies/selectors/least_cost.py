"""The cheapest that is good and quick enough."""

from fleetsim.policies.selectors.contract import selector


@selector(knobs={"quality": 0.7, "within_s": 1e9, "calls_at_once": 32.0})
def least_cost(options, luck, knobs):
    """Take the cheapest option of estimated `quality` (0.7) whose time, queue included, is `within_s`; else the best.

    A replica is taken to serve `calls_at_once` (32) before others wait.
    """
    cheapest, best = -1, 0
    for i in range(len(options)):
        waits = max(1.0, options[i].load / knobs[2])
        enough = options[i].quality >= knobs[0] and options[i].seconds * waits <= knobs[1]
        if enough and (cheapest < 0 or options[i].cost_usd < options[cheapest].cost_usd):
            cheapest = i
        if options[i].quality > options[best].quality:
            best = i
    return best if cheapest < 0 else cheapest
