"""A specialist behind a router: how often the router must be right to be worth it."""

from __future__ import annotations

from fleetsim.quality.exact.contract import form


@form
def specialist(monolith: float, inside: float, outside: float) -> dict[str, float]:
    """The router accuracy at which specialists (right `inside` their domain, `outside` it) equal a monolith."""
    return {"router accuracy": (monolith - outside) / (inside - outside)}
