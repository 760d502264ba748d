"""One run of the largest fleet of an architecture: which calls come to which pool, and which figures there are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fleetsim import metrics, planning
from fleetsim.metrics.contract import Figure
from fleetsim.planning import fleets
from fleetsim.scenario.slo import targets
from fleetsim.study.arms import ArmPlan
from fleetsim.study.capacity.bounds import BOTH, DECODE, PREFILL, Load, busy_replicas, least_replicas
from fleetsim.study.capacity.space import Variant

NO_TARGET_S = 1e9


@dataclass(frozen=True)
class Survey:
    """What a run told of the work that an architecture makes of its tasks."""

    loads: dict[str, Load]  # by fleet; empty for a closed loop, whose load depends on the fleet
    sizes: dict[str, np.ndarray]  # by fleet: the size, or subject, of each call's task as a number
    domains: tuple[str, ...]
    figures: dict[tuple[str, str], Figure]  # name, scope -> one such figure, for its unit and which way is better

    def least(self, variant: Variant) -> np.ndarray:
        """float64[fleets]: replicas that the load keeps busy at the very least."""
        return np.array([self._of(variant, name, least_replicas) for name in variant.pools])

    def busy(self, variant: Variant, tpot_s: float) -> np.ndarray:
        """float64[fleets]: a guess of the replicas that the load keeps busy."""
        return np.array([self._of(variant, name, busy_replicas, tpot_s) for name in variant.pools])

    def _of(self, variant: Variant, fleet: str, rule, *more: float) -> float:
        return rule(self.loads[fleet], variant.equipment[fleet], *more) if fleet in self.loads else 0.0


def survey(variant: Variant) -> Survey:
    """Simulate the variant's largest fleet once, here, under the luck of replicate 0."""
    loaded, name = variant.largest, variant.architecture
    raw = ArmPlan(loaded, name, {}, planning.equip(loaded), planning.judge(loaded)).run(0, "core")
    found, _ = metrics.figures(raw.facts, raw.records, intervals=False)
    figures = {(f.name, f.scope): f for f in found}
    calls, tasks = raw.records.calls, raw.records.tasks
    domain = tasks.domain[np.searchsorted(tasks.task, calls.task)]
    loads: dict[str, Load] = {}
    sizes: dict[str, np.ndarray] = {}
    if all(getattr(each, "count", None) is None for each in _sources(variant)):
        for fleet, (part, rows) in _rows(loaded.scenario.architectures[name], calls.pool).items():
            mine = calls[rows]
            prompt, output = mine.prompt_tokens.astype(np.float64), mine.output_tokens.astype(np.float64)
            loads[fleet], sizes[fleet] = Load(part, prompt, output, loaded.scenario.horizon_s), domain[rows]
    return Survey(loads, sizes, raw.facts.domains, figures)


def _sources(variant: Variant) -> list:
    workload = variant.loaded.scenario.workload
    return [workload.arrivals, *(own.arrivals for own in workload.classes.values())]


def _rows(architecture, pool: np.ndarray) -> dict[str, tuple[str, np.ndarray]]:
    """Fleet -> what of a call is done there, and the calls that come to it."""
    found, names = {}, list(fleets(architecture))
    for name, whole in architecture.pools.items():
        door = [n for n, other in enumerate(names) if other in (name, f"{name}.prefill")]
        rows = np.flatnonzero(np.isin(pool, door))
        if whole.prefill is None:
            found[name] = (BOTH, rows)
        else:
            found[f"{name}.prefill"], found[name] = (PREFILL, rows), (DECODE, rows)
    return found


def tightest_tpot_s(variant: Variant) -> float:
    """The shortest target for time per output token among the classes."""
    classes = variant.loaded.scenario.workload.classes.values()
    return min((t for t in (targets(own).tpot_s for own in classes) if t is not None), default=NO_TARGET_S)
