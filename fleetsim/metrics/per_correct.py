"""What a right answer costs."""

from __future__ import annotations

from fleetsim.metrics.contract import Figure, metric
from fleetsim.metrics.cost import spend_per_s
from fleetsim.metrics.energy import drawn_w
from fleetsim.metrics.judged import judges
from fleetsim.metrics.rates import rate_per_s
from fleetsim.metrics.view import View


@metric
def per_correct(view: View) -> list[Figure]:
    """Dollars and joules for a task that was answered rightly: cost_per_correct_usd and joules_per_correct.

    All that the fleet costs and draws in the window, over the right answers given in it. Only where answers are judged.
    """
    if not judges(view):
        return []
    rate = rate_per_s(view, view.ended.finish_ns[view.ended.right == 1])
    usd_per_s = sum(spend_per_s(view, number) for number in range(len(view.facts.pools)))
    power_w = sum(power for _, power in drawn_w(view))
    return [
        Figure.of("cost_per_correct_usd", "all", rate.inverse(usd_per_s), "USD", "lower"),
        Figure.of("joules_per_correct", "all", rate.inverse(power_w), "J", "lower"),
    ]
