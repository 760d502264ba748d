"""Quality against cost, both on one scale: k-NN and cluster routers (Zhang et al., "Avengers-Pro", 2025, section 2)."""

from fleetsim.policies.selectors.contract import selector


@selector(knobs={"quality_weight": 0.5})
def score(options, luck, knobs):
    """Take the best of `quality_weight` (0.5) x estimated quality + the rest x cheapness among the options."""
    low, high = options[0].cost_usd, options[0].cost_usd
    for i in range(1, len(options)):
        low, high = min(low, options[i].cost_usd), max(high, options[i].cost_usd)
    best, best_score = 0, -1e300
    for i in range(len(options)):
        dearness = (options[i].cost_usd - low) / (high - low) if high > low else 0.0
        own = knobs[0] * options[i].quality + (1.0 - knobs[0]) * (1.0 - dearness)
        if own > best_score:
            best, best_score = i, own
    return best
