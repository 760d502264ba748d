"""What a metric is given and what it returns.

A metric is a function `rule(view) -> list[Figure]` in a file of its own, registered with `@metric`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from fleetsim.registry import Family, unknown
from fleetsim.statistics import Estimate


@dataclass(frozen=True)
class PoolFacts:
    """What figures and reports need to know of a pool beside its records.

    Powers and prices are those of one replica, nan where they are not known.
    """

    name: str
    model: str  # display names; "given table" where the pool was given its step times directly
    hardware: str
    replicas: int
    first_replica: int
    accelerators: int  # per replica
    usd_per_s: float
    price_note: str  # where the price comes from, with its confidence
    idle_w: float
    prefill_w: float
    decode_w: float
    kv_blocks: int
    block_tokens: int
    max_num_seqs: int
    basis: str  # measured | calibrated | family | data sheet | given
    sources: tuple[tuple[str, str, str, str], ...] = ()  # figure, value, source, confidence
    notes: tuple[str, ...] = ()
    tariff: tuple[tuple[float, float, float], ...] = ()  # rented: from which second, USD per prompt and answer token
    judged_as: str = ""  # the judged model whose answers it gives when the run begins
    region: str = ""  # where it stands; "": the scenario's site
    pue: float = 1.0
    carbon_g_per_kwh: float = math.nan

    @property
    def answers_as(self) -> str:
        """Whose answers it gives, as far as is known: pools that share it are one model."""
        return self.judged_as or (self.model if self.model != "given table" else self.name)


@dataclass(frozen=True)
class ClassFacts:
    """A task class and its targets (None: no target)."""

    name: str
    ttft_s: float | None = None
    tpot_s: float | None = None
    e2e_s: float | None = None


@dataclass(frozen=True)
class RunFacts:
    """What was simulated, in names: one arm, one replicate."""

    arm: str  # the architecture, with its variation if there is one
    architecture: str
    description: str
    variation: tuple[tuple[str, str], ...]  # path, value
    replicate: int
    seed: int
    horizon_s: float
    warm_up_s: float | None  # None: to be found by MSER-5
    pools: tuple[PoolFacts, ...]
    classes: tuple[ClassFacts, ...]
    domains: tuple[str, ...]
    attainment_goal: float  # the share of tasks that should meet all their targets
    judged_models: tuple[str, ...] = ()  # by row of the quality tables; empty: no answer is judged
    judged_by: tuple[tuple[str, str, float, str, str], ...] = ()  # model, domain, accuracy, source, confidence
    escalating: tuple[int, ...] = ()  # nodes of calls that are made because an answer failed a check, or was late
    shared_ease: tuple[tuple[float, float], ...] = ()  # by domain: variance of ease that tasks, and their parts, bring


def possible(estimate: Estimate, unit: str) -> Estimate:
    """The estimate of a figure of this unit, with an interval of values that it can have: no figure is negative, and
    no share above one."""
    if unit == "share":
        return estimate.of_share()
    if estimate.low is None:
        return estimate
    return replace(estimate, low=max(estimate.low, 0.0))


@dataclass(frozen=True)
class Figure:
    """One number with its unit, what it is of, and how sure it is."""

    name: str  # e.g. ttft_p99
    scope: str  # "all", "class NAME", "pool NAME"; of judged answers also "domain NAME", "difficulty decile N"
    value: float  # nan where it is not defined
    unit: str
    better: str = ""  # "lower", "higher" or ""
    low: float | None = None  # interval at 95 %
    high: float | None = None
    interval: str = ""  # "batch means", "sectioning", "replications"; "" for a count or where the data carry none

    @classmethod
    def of(cls, name: str, scope: str, estimate: Estimate, unit: str, better: str = "") -> Figure:
        """The figure of an estimate, with an interval of values that it can have."""
        found = possible(estimate, unit)
        return cls(name, scope, found.value, unit, better, found.low, found.high, found.method)


@dataclass(frozen=True)
class Metric:
    """A registered metric."""

    name: str
    rule: Callable[..., list[Figure]]
    meaning: str


METRICS: Family[Metric] = Family("metric", "fleetsim.metrics")


def unknown_figure(name: str, known: Iterable[str]) -> str:
    """The sentence for a figure that no run has, with the nearest ones and where all are."""
    where = "`fleetsim list metrics` says what there is, and a run's summary.json has all figures"
    return unknown("figure", name, {key.removesuffix(" all") for key in known}, where)


def metric(function: Callable[..., list[Figure]]) -> Callable[..., list[Figure]]:
    """Register the decorated function as a metric under its own name."""
    meaning = (function.__doc__ or "").strip().splitlines()[0]
    METRICS.add(function.__name__, Metric(function.__name__, function, meaning))
    return function
