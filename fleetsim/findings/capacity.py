"""What a capacity search found: the fleet to take, the one next to it, and what stood in the way of a smaller one."""

from __future__ import annotations

from dataclasses import dataclass

from fleetsim.metrics.contract import Figure


@dataclass(frozen=True)
class Candidate:
    """One fleet that was considered, with its figures of all tasks, classes and pools."""

    name: str
    settings: tuple[tuple[str, str], ...]  # decision variable -> value as the user would write it
    figures: tuple[Figure, ...]
    feasible: bool = True

    def figure(self, name: str, scope: str = "all") -> Figure | None:
        """The figure, or None."""
        return next((f for f in self.figures if f.name == name and f.scope == scope), None)


@dataclass(frozen=True)
class Constraint:
    """A condition on one figure, and how the chosen fleet stands to it."""

    figure: Figure  # as the chosen fleet has it
    limit: float  # in the figure's unit
    at_least: bool  # whether the figure must be at least (True) or at most (False) the limit
    binding: bool = False  # whether the next smaller fleet fails by it

    @property
    def headroom(self) -> float:
        """How far the figure may still move before it breaks the limit, in the figure's unit; negative if broken."""
        return self.figure.value - self.limit if self.at_least else self.limit - self.figure.value


@dataclass(frozen=True)
class CapacityAnswer:
    """The answer of a capacity search. `chosen` is None where no fleet within the bounds meets the constraints."""

    objective: str  # figure that was made as small as can be, e.g. usd_per_hour
    chosen: Candidate | None
    runner_up: Candidate | None  # the next best that also meets the constraints
    neighbour_below: Candidate | None  # the next cheaper that does not: shown to fail on fresh seeds
    monolith: Candidate | None  # the best fleet of the baseline, such as one large model, for comparison
    constraints: tuple[Constraint, ...]
    error_level: float  # probability that the choice is wrong stays below this
    fleets_possible: int  # points of the full grid
    fleets_bounded: int  # decided by analytic bounds alone
    fleets_simulated: int
    runs: int  # simulated runs, all fleets and replicates together
    method: str  # a clause: "bounds by a fluid model, then KN ranking and selection on common random numbers"
