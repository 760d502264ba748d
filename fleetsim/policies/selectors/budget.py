"""What a budget buys: the price of money rises as the spending runs ahead of it (dual ascent)."""

import math

from fleetsim.policies.selectors.contract import selector


@selector(knobs={"usd_per_task": 0.001, "usd_per_answer": 0.01, "pace": 10.0})
def budget(options, luck, knobs):
    """Take the most quality less cost / `usd_per_answer`, dearer as spending passes `usd_per_task`; must learn."""
    spent, tasks = 0.0, 0.0
    for i in range(len(options)):
        spent += options[i].reports * options[i].cost_usd
        tasks += options[i].reports
    ahead = spent / tasks / knobs[0] - 1.0 if tasks > 0.0 else 0.0
    price = math.exp(min(max(knobs[2] * ahead, -50.0), 50.0)) / knobs[1]
    best, best_worth = 0, -1e300
    for i in range(len(options)):
        worth = options[i].quality - price * options[i].cost_usd
        if worth > best_worth:
            best, best_worth = i, worth
    return best
