"""All points of the verification by id."""

from __future__ import annotations

import theory_fleets as fleets
import theory_orders as orders
import theory_queues as queues
from theory_point import Point

POINTS: dict[str, Point] = {
    each.id: each
    for family in (
        queues.memoryless,
        queues.general_sizes,
        queues.other_arrivals,
        orders.priorities,
        orders.shortest,
        fleets.processor_sharing,
        fleets.ample_servers,
        fleets.limited_sharing,
        fleets.batching,
        fleets.balancing,
        fleets.networks,
    )
    for each in family()
}

FAST = tuple(name for name, each in POINTS.items() if each.span.fast_horizon_s is not None)
"""The points that the suite looks at."""
