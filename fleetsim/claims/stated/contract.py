"""What a claim is made of: a scenario, two of its arms, what is varied, and the effects that decide.

A claim is one file that ends in `claim(Claim(...))`. The figures come from runs of its scenario; a number that no run
gives, such as the cost of a training, stands in the claim's file with its source and is told in `premises`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from fleetsim.registry import Family


@dataclass(frozen=True)
class Setting:
    """One value of what is varied: the overrides of the scenario that make it, and the arms that are compared."""

    x: float  # by what the claim's axis is measured in
    sets: tuple[str, ...] = ()  # path=value, as `fleetsim run --set` takes them
    line: str = ""  # settings of one line differ in x alone
    base: str = ""  # the arm that is compared with, where it is not the claim's
    rival: str = ""  # the arm that the claim speaks for, likewise
    scope: str = "all"  # of the figures, such as "difficulty decile 3"


Figures = Mapping[tuple[str, str], float]
"""(name, scope) -> value, of one run."""

Measured = Callable[[Figures, Setting], float]
"""A figure made of those of one run at a setting; nan where it is not defined."""


@dataclass(frozen=True)
class Effect:
    """One thing that the claim says.

    It holds at a setting if the whole 95 % interval of the effect lies beyond `bound` on the side that is `better`, and
    fails if it lies on the other side. ratio: the rival's figure over the base's; difference: the rival's less the
    base's; level: the rival's own.
    """

    says: str  # what is said, in a few words
    figure: str  # which figure decides, in a few words
    of: Measured
    how: Literal["ratio", "difference", "level"]
    better: Literal["lower", "higher"]
    bound: float
    unit: str = ""  # of a difference or level; "share" is shown in points

    def __post_init__(self) -> None:
        """Raises ValueError for a share or ratio of no unit that is compared with what it cannot be."""
        if not math.isfinite(self.bound):
            raise ValueError(f"{self.says}: the bound is {self.bound}")


@dataclass(frozen=True)
class Claim:
    """A claim with the what-if that tests it."""

    name: str
    sentence: str
    kinds: tuple[str, ...]  # kinds of architecture it is about, such as "A12"
    scenario: str  # shipped scenario, by name
    base: str  # arm that is compared with
    rival: str  # arm that the claim speaks for
    axis: str  # what x is
    settings: tuple[Setting, ...]
    effects: tuple[Effect, ...]
    metrics: tuple[str, ...] = ("accuracy", "cost", "per_correct")  # families of figures that the effects read
    axis_unit: str = ""
    lines: str = ""  # what the lines differ in
    premises: tuple[str, ...] = ()  # numbers that no run gives, with their sources; what the scenario leaves out
    factors: bool = False  # whether x goes by factors, so that between two values the geometric mean is halfway


CLAIMS: Family[Claim] = Family("claim", "fleetsim.claims.stated")


def claim(stated: Claim) -> None:
    """Register a claim under its name."""
    CLAIMS.add(stated.name, stated)


def figure(name: str) -> Measured:
    """The figure of this name, in the setting's scope."""

    def of(run: Figures, setting: Setting) -> float:
        return value(run, name, setting.scope)

    return of


def value(run: Figures, name: str, scope: str = "all") -> float:
    """A figure of a run; nan if it has none of this name and scope."""
    return run.get((name, scope), math.nan)
