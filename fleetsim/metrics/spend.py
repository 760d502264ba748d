"""What a fleet costs while it stands there."""

from __future__ import annotations

from fleetsim.metrics.view import View


def spend_usd_per_s(view: View) -> float:
    """Dollars a second for all pools: every replica costs its price all the time, idle or not."""
    return sum(pool.replicas * pool.usd_per_s for _, pool, _ in view.pool_scopes())
