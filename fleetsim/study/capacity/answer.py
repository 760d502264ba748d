"""What a capacity search returns: plain data, for people, JSON and reports."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from fleetsim.study.shown import Shown


@dataclass(frozen=True)
class Kept:
    """A limit and how well a fleet keeps it."""

    limit: str  # in words
    bound: float  # the limit in the figure's unit
    at_least: bool  # whether the figure must be at least the bound, or at most
    figure: str
    scope: str
    unit: str
    value: float  # mean over the runs
    low: float | None
    high: float | None
    headroom: float  # distance to the limit as a share of it; negative where it is broken


@dataclass(frozen=True)
class Choice:
    """A fleet."""

    architecture: str
    settings: dict[str, Any]
    replicas: dict[str, int]
    values: dict[str, Any]  # path -> value: what to write into the scenario
    usd_per_hour: float
    runs: int
    kept: tuple[Kept, ...] = ()
    gone: str | None = None  # the pool without whose replicas the limits are kept worst
    objective: float | None = None  # mean of the objective figure; None where that is the price

    @property
    def name(self) -> str:
        """`mixed [hardware=l4]: 3 small + 2 large`."""
        settings = "".join(f" [{path.rsplit('.', 1)[-1]}={value}]" for path, value in self.settings.items())
        return f"{self.architecture}{settings}: " + " + ".join(f"{n} {pool}" for pool, n in self.replicas.items())


@dataclass(frozen=True)
class Confirmation:
    """What runs under fresh luck say of the answer and of the fleets one step smaller."""

    answer: bool
    smaller: tuple[tuple[str, str], ...]  # fleet, "fails", "cannot keep up" or "holds"
    rounds: int  # how often the answer had to be taken back, plus one

    @property
    def complete(self) -> bool:
        """Whether the answer holds and nothing one step smaller does."""
        return self.answer and all(verdict != "holds" for _, verdict in self.smaller)


@dataclass(frozen=True)
class CurvePoint:
    """The cheapest fleet at a multiple of the load."""

    load: float
    choice: Choice | None  # None: no candidate is enough


@dataclass(frozen=True)
class OwnCurve:
    """The cheapest fleets of some architectures over the load."""

    name: str
    architectures: tuple[str, ...]
    points: tuple[CurvePoint, ...]


@dataclass(frozen=True)
class FrontPoint:
    """A fleet that no other simulated one beats in every respect."""

    name: str
    architecture: str
    usd_per_hour: float
    figures: dict[str, float]
    units: dict[str, str]
    better: dict[str, str]  # figure -> whether "lower" or "higher" is better
    holds: bool
    chosen: bool


@dataclass(frozen=True)
class Effort:
    """How much was simulated of what there was."""

    candidates: int
    impossible: tuple[str, ...]
    excluded: int  # by bounds, at the scenario's load
    fleets: int  # simulated for the answer: search and confirmation
    runs: int
    all_fleets: int  # with runner-up, baseline, headroom and curve
    all_runs: int

    @property
    def share(self) -> float:
        """Fleets simulated for the answer among all candidates."""
        return self.fleets / self.candidates if self.candidates else 0.0


@dataclass(frozen=True)
class CapacityAnswer:
    """The answer to a scenario's capacity question, with its evidence."""

    name: str
    question: str
    objective: str
    unit: str
    better: str  # whether "lower" or "higher" values of the objective are better
    error: float
    failures: int
    answer: Choice | None
    near: str  # why there is none; or what was too near a limit to be told apart
    runner_up: Choice | None
    baseline: Choice | None
    baseline_name: str | None
    below: Choice | None  # a fleet one step smaller that was simulated and fails
    binding: str | None  # the limit that the next smaller fleet breaks
    load_held: float | None  # the largest multiple of the load tried at which the answer holds
    load_failed: float | None  # the least tried at which it does not
    confirmation: Confirmation | None
    curve: tuple[CurvePoint, ...]
    curves: tuple[OwnCurve, ...]  # of some architectures each, at the same loads
    front: tuple[FrontPoint, ...]
    effort: Effort
    notes: tuple[str, ...]  # what to read with care
    provenance: dict[str, Any]
    shown: tuple[Shown, ...]  # the fleets that decide, for a report
    resolved: str  # the scenario as YAML with every default

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        data = asdict(replace(self, shown=()))
        for key in ("shown", "resolved"):
            del data[key]
        for key in ("answer", "runner_up", "below", "baseline"):
            choice = getattr(self, key)
            if choice is not None:
                data[key]["name"] = choice.name
        data["effort"]["share"] = self.effort.share
        if self.confirmation is not None:
            data["confirmation"]["complete"] = self.confirmation.complete
        return {"format": "fleetsim capacity 1", **data}
