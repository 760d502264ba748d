"""The alternatives of a search as points of cost, latency and quality."""

from __future__ import annotations

from dataclasses import dataclass

from fleetsim.metrics.contract import Figure


@dataclass(frozen=True)
class Option:
    """One alternative with its figures of all tasks."""

    name: str
    figures: tuple[Figure, ...]
    arm: str = ""  # architecture that it is of, for its colour; "" if it has none
    feasible: bool = True
    chosen: bool = False

    def figure(self, name: str) -> Figure | None:
        """The figure of all tasks, or None."""
        return next((f for f in self.figures if f.name == name and f.scope == "all"), None)


@dataclass(frozen=True)
class Front:
    """Options and the two to three figures they are traded by; who is on the front follows from the figures."""

    axes: tuple[str, ...]  # names of figures, e.g. ("usd_per_hour", "e2e_p99", "accuracy")
    options: tuple[Option, ...]
