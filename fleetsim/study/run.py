"""From a scenario to its study: every architecture with every variation, replicate by replicate."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from fleetsim import engine as engines
from fleetsim import metrics, planning
from fleetsim.catalog.shipped import scenario_file
from fleetsim.errors import Fault, InputFaults, UnknownName
from fleetsim.luck import replicate_seed
from fleetsim.metrics.contract import RunFacts
from fleetsim.quality.judged import Judged
from fleetsim.records import Records
from fleetsim.registry import unknown
from fleetsim.scenario import Loaded, loading, overrides, variations
from fleetsim.scenario.document import parts
from fleetsim.study.provenance import provenance
from fleetsim.study.results import Arm, Run, Study
from fleetsim.units import nanoseconds
from fleetsim.workload import Workload, materialise

Progress = Callable[[str, float], None]
"""Told what is being simulated and which share of the whole study is done."""


@dataclass(frozen=True)
class ArmPlan:
    """An arm that has not run yet."""

    loaded: Loaded  # the scenario with the arm's variation
    architecture: str
    variation: dict[str, Any]  # path -> value, of the paths that concern the architecture
    equipment: planning.Equipment
    judged: Judged

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

    def run(self, replicate: int, engine: str, progress: Callable[[float], None]) -> RawRun:
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


@dataclass(frozen=True)
class StudyPlan:
    """A study of which everything is checked and nothing has run."""

    loaded: Loaded
    engine: str
    arms: tuple[ArmPlan, ...]

    @property
    def runs(self) -> int:
        """How many runs there will be."""
        return sum(arm.replications for arm in self.arms)

    def run(self, progress: Progress | None = None) -> Study:
        """Simulate all of it, one run after the other. Raises EngineFault if a law is broken."""
        raw: list[RawRun] = []
        for arm in self.arms:
            for replicate in range(arm.replications):
                raw.append(arm.run(replicate, self.engine, self._told(progress, arm, replicate, len(raw))))
        together = metrics.settle_together([metrics.settle(run.facts, run.records) for run in raw])
        runs = iter([run.measured(settled) for run, settled in zip(raw, together, strict=True)])
        arms = []
        for arm in self.arms:
            own = tuple(islice(runs, arm.replications))
            arms.append(Arm(arm.name, own, tuple(metrics.combine([run.figures for run in own]))))
        scenario = self.loaded.scenario
        own = [note for arm in self.arms for note in arm.judged.notes]
        notes = tuple(dict.fromkeys([*own, *(note for run in raw for note in run.notes)]))
        about = provenance(self.loaded, [arm.loaded for arm in self.arms], self.engine) | {"notes": list(notes)}
        return Study(scenario.name, scenario.question, tuple(arms), about, self.loaded.resolved())

    def _told(self, progress: Progress | None, arm: ArmPlan, replicate: int, done: int) -> Callable[[float], None]:
        doing = arm.name
        if arm.replications > 1:
            doing += f", replicate {replicate + 1} of {arm.replications}"

        def tell(share: float) -> None:
            if progress is not None:
                progress(doing, (done + share) / self.runs)

        tell(0.0)
        return tell


def load(scenario: str | Path, sets: Sequence[str] = ()) -> Loaded:
    """Read and check a scenario: a file, or a shipped one by name; `sets` are `path=value` overrides.

    Raises InputFaults with every fault found, UnknownName for a name that no scenario has.
    """
    return loading.load(scenario_file(scenario), sets)


def simulate(
    scenario: Loaded | str | Path,
    *,
    engine: str = "core",
    replications: int | None = None,
    seed: int | None = None,
    sets: Sequence[str] = (),
    progress: Progress | None = None,
) -> Study:
    """Run every architecture with every variation of a scenario and return the figures of all arms.

    `scenario` is what `load` returned, or what it takes. `engine` is 'core' or 'reference'; both compute the same.
    `replications` and `seed` stand in for those of the scenario. The replicates of all arms see the same tasks.

    Raises InputFaults with the faults of all variations before anything runs, EngineFault if a law is broken.
    """
    return prepare(scenario, engine=engine, replications=replications, seed=seed, sets=sets).run(progress)


def prepare(
    scenario: Loaded | str | Path,
    *,
    engine: str = "core",
    replications: int | None = None,
    seed: int | None = None,
    sets: Sequence[str] = (),
) -> StudyPlan:
    """Everything `simulate` does before it runs: all faults come to light here."""
    if engine not in engines.ENGINES:
        raise UnknownName(unknown("engine", engine, engines.ENGINES))
    loaded = _changed(scenario, [*sets, *_settings(replications, seed)])
    return StudyPlan(loaded, engine, tuple(_arms(loaded)))


def _settings(replications: int | None, seed: int | None) -> Iterator[str]:
    if replications is not None:
        yield f"replications={replications}"
    if seed is not None:
        yield f"seed={seed}"


def _changed(scenario: Loaded | str | Path, sets: Sequence[str]) -> Loaded:
    if not isinstance(scenario, Loaded):
        return load(scenario, sets)
    if not sets:
        return scenario
    document = scenario.document.copy()
    overrides.apply(document, sets)
    return loading.accepted(document, scenario.file, scenario.base, scenario.text, scenario.inputs)


def _arms(loaded: Loaded) -> list[ArmPlan]:
    """The arms by architecture, then variation; a variation that does not concern an architecture makes no arm of it.

    Raises InputFaults with the faults of all variations together.
    """
    equipped, faults = [], []
    for values, varied in variations(loaded):
        try:
            equipped.append((values, varied, *_equipped(varied)))
        except InputFaults as error:
            faults += error.faults
    if faults:
        raise InputFaults(list(dict.fromkeys(faults)))
    arms: dict[str, ArmPlan] = {}
    for name in loaded.scenario.architectures:
        for values, varied, equipment, judged in equipped:
            own = {path: value for path, value in values.items() if _concerns(loaded, path, name)}
            arm = ArmPlan(varied, name, own, equipment, judged)
            arms.setdefault(arm.name, arm)
    return list(arms.values())


def _equipped(varied: Loaded) -> tuple[planning.Equipment, Judged]:
    """The pools as they are equipped and their answers judged, and the workload tried.

    Raises InputFaults with the faults of all; answers are judged once the pools are known to be sound.
    """
    faults: list[Fault] = []
    equipment: planning.Equipment = {}
    judged = Judged()
    try:
        equipment = planning.equip(varied)
        judged = planning.judge(varied)
    except InputFaults as error:
        faults += error.faults
    try:
        ArmPlan(varied, "", {}, equipment, judged).tasks(varied.scenario.seed)
    except InputFaults as error:
        faults += error.faults
    if faults:
        raise InputFaults(faults)
    return equipment, judged


def _concerns(loaded: Loaded, path: str, architecture: str) -> bool:
    place = parts(loaded.document.data, path)
    return place[0] != "architectures" or len(place) < 2 or place[1] == architecture
