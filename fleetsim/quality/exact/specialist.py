"""A specialist behind a router: how often the router must be right to be worth it."""

from __future__ import annotations

from fleetsim.errors import FleetsimError
from fleetsim.quality.exact.contract import form


@form
def specialist(monolith: float, inside: float, outside: float) -> dict[str, float]:
    """The router accuracy at which specialists (right `inside` their domain, `outside` it) equal a monolith."""
    if inside == outside:
        raise FleetsimError("the specialist is as good outside its domain as inside: no router makes a difference")
    return {"router accuracy": (monolith - outside) / (inside - outside)}
