"""The arms of a scenario: every architecture with every variation, equipped and ready to run replicate by replicate."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from fleetsim import engine as engines
from fleetsim import metrics, planning
from fleetsim.errors import Fault, InputFaults
from fleetsim.luck import replicate_seed
from fleetsim.metrics.contract import RunFacts
from fleetsim.quality.judged import Judged
from fleetsim.records import Records
from fleetsim.scenario import Loaded, variations
from fleetsim.scenario.document import parts
from fleetsim.study.cautions import cautions, hopeless, lengths
from fleetsim.study.results import Run
from fleetsim.units import nanoseconds
from fleetsim.workflow.needs import Span
from fleetsim.workload import Workload, materialise


@dataclass(frozen=True)
class ArmPlan:
    """An arm that has not run yet."""

    loaded: Loaded  # the scenario with the arm's variation
    architecture: str
    variation: dict[str, Any]  # path -> value, of the paths that concern the architecture
    equipment: planning.Equipment
    judged: Judged
    cautions: tuple[str, ...] = ()  # what may not be meant in its scenario

    @property
    def name(self) -> str:
        """What the arm is called: the architecture with what varies."""
        return planning.arm_name(self.architecture, self.variation)

    @property
    def replications(self) -> int:
        """How many runs the arm is made of."""
        return self.loaded.scenario.replications

    def tasks(self, seed: int) -> Workload:
        """What arrives: the same for every architecture."""
        scenario = self.loaded.scenario
        horizon_ns = nanoseconds(scenario.horizon_s)
        return materialise(scenario.workload, seed=seed, horizon_ns=horizon_ns, base=self.loaded.base)

    def run(self, replicate: int, engine: str, progress: Callable[[float], None] | None = None) -> RawRun:
        """Simulate one replicate; its luck depends on the scenario's seed and its number alone."""
        scenario, name = self.loaded.scenario, self.architecture
        seed = replicate_seed(scenario.seed, replicate)
        tasks = self.tasks(seed)
        plan = planning.plan_architecture(scenario, name, self.equipment, tasks, seed, self.judged)
        facts = planning.run_facts(
            scenario,
            name,
            self.equipment,
            tasks,
            seed=seed,
            replicate=replicate,
            variation=self.variation,
            judged=self.judged,
        )
        began = time.perf_counter()
        records = engines.run(plan, tasks, engine=engine, progress=progress)
        return RawRun(facts, records, tasks.notes, time.perf_counter() - began)


@dataclass(frozen=True)
class RawRun:
    """A run before its figures: those need to know where the warm-ups of all the others end."""

    facts: RunFacts
    records: Records
    notes: tuple[str, ...]  # what was mended in the reading of traces
    seconds: float

    def measured(self, settled: metrics.Settled) -> Run:
        """The run with its figures."""
        figures, warm_up_s = metrics.figures(self.facts, self.records, settled)
        return Run(self.facts, self.records, tuple(figures), warm_up_s, self.seconds)


def arms_of(loaded: Loaded) -> list[ArmPlan]:
    """The arms by architecture, then variation; a variation that does not concern an architecture makes no arm of it.

    Raises InputFaults with the faults of all variations together.
    """
    equipped, faults, workshop = [], [], _Workshop()
    for values, varied in variations(loaded):
        try:
            equipped.append((values, varied, *workshop.equipped(varied)))
        except InputFaults as error:
            faults += error.faults
    if faults:
        raise InputFaults(list(dict.fromkeys(faults)))
    arms: dict[str, ArmPlan] = {}
    for name in loaded.scenario.architectures:
        for values, varied, equipment, judged in equipped:
            own = {path: value for path, value in values.items() if _concerns(loaded, path, name)}
            arm = ArmPlan(varied, name, own, equipment, judged)
            if arm.name not in arms:
                told = (varied.scenario, name, equipment, workshop.lengths(varied))
                faults += [varied.fault(f"architectures.{name}.workflow", what) for what in hopeless(*told)]
                arms[arm.name] = replace(arm, cautions=tuple(cautions(*told)))
    if faults:
        raise InputFaults(list(dict.fromkeys(faults)))
    return list(arms.values())


def cautions_of(loaded: Loaded) -> tuple[str, ...]:
    """What may not be meant in a scenario as it stands, its `vary` left out; nothing where it cannot be equipped."""
    workshop = _Workshop()
    try:
        equipment, _ = workshop.equipped(loaded)
    except InputFaults:
        return ()  # what stands there may be a stand-in for what a search puts in its place
    found = [
        cautions(loaded.scenario, name, equipment, workshop.lengths(loaded)) for name in loaded.scenario.architectures
    ]
    return tuple(dict.fromkeys(what for own in found for what in own))


class _Workshop:
    """Equips variations and tries their workloads, once for all that share a pool or a workload."""

    def __init__(self) -> None:
        self._pools: planning.Known = {}
        self._lengths: dict[str, tuple[Span, Span]] = {}  # of sound workloads, by their JSON

    def lengths(self, varied: Loaded) -> tuple[Span, Span]:
        """The spans of prompts and answers of a variation that has been equipped."""
        return self._lengths[varied.scenario.workload.model_dump_json()]

    def equipped(self, varied: Loaded) -> tuple[planning.Equipment, Judged]:
        """The pools as they are equipped and their answers judged, and the workload tried.

        Raises InputFaults with the faults of all; answers are judged once the pools are known to be sound.
        """
        faults: list[Fault] = []
        equipment: planning.Equipment = {}
        judged = Judged()
        try:
            equipment = planning.equip(varied, self._pools)
            judged = planning.judge(varied)
        except InputFaults as error:
            faults += error.faults
        workload = varied.scenario.workload.model_dump_json()
        try:
            if workload not in self._lengths:
                tasks = ArmPlan(varied, "", {}, equipment, judged).tasks(varied.scenario.seed)
                self._lengths[workload] = lengths(tasks)
        except InputFaults as error:
            faults += error.faults
        if faults:
            raise InputFaults(faults)
        return equipment, judged


def _concerns(loaded: Loaded, path: str, architecture: str) -> bool:
    place = parts(loaded.document.data, path)
    return place[0] != "architectures" or len(place) < 2 or place[1] == architecture
