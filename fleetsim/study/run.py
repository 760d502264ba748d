"""From a scenario to its study: every architecture with every variation, replicate by replicate."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from fleetsim import engine as engines
from fleetsim import metrics
from fleetsim.catalog.shipped import scenario_file
from fleetsim.errors import InputFaults, UnknownName
from fleetsim.registry import unknown
from fleetsim.scenario import Loaded, loading, overrides
from fleetsim.study.arms import ArmPlan, RawRun, arms_of
from fleetsim.study.cautions import left_out
from fleetsim.study.grid import varied
from fleetsim.study.provenance import provenance
from fleetsim.study.results import Arm, Study

MAX_KEPT = 64
"""Combinations of `vary` of which every call is kept."""

Progress = Callable[[str, float], None]
"""Told what is being simulated and which share of the whole study is done."""


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

    @property
    def cautions(self) -> tuple[str, ...]:
        """What may not be meant in the scenario, each with its place, once for all arms."""
        return tuple(dict.fromkeys(what for arm in self.arms for what in arm.cautions))

    def run(self, progress: Progress | None = None) -> Study:
        """Simulate all of it, one run after the other. Raises EngineFault if a law is broken."""
        raw: list[RawRun] = []
        for arm in self.arms:
            for replicate in range(arm.replications):
                raw.append(arm.run(replicate, self.engine, self._told(progress, arm, replicate, len(raw))))
        together = metrics.settle_together([metrics.settle(run.facts, run.records) for run in raw])
        runs = iter([run.measured(settled) for run, settled in zip(raw, together, strict=True)])
        arms, same = [], []
        for arm in self.arms:
            own = tuple(islice(runs, arm.replications))
            if metrics.alike([run.figures for run in own]):
                same.append(same_runs(arm.name, len(own)))
                own = own[:1]
            arms.append(Arm(arm.name, own, tuple(metrics.combine([run.figures for run in own]))))
        scenario = self.loaded.scenario
        own = [note for arm in self.arms for note in arm.judged.notes]
        own += [
            note
            for plan, arm in zip(self.arms, arms, strict=True)
            for note in left_out(plan.loaded.scenario, plan.architecture, max(run.warm_up_s for run in arm.runs))
        ]
        notes = tuple(dict.fromkeys([*self.cautions, *own, *(note for run in raw for note in run.notes), *same]))
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


def same_runs(arm: str, count: int) -> str:
    """What to say of replicates that are one and the same run."""
    return (
        f"the {count} replications of {arm} are one and the same run, for all see the same tasks and nothing else is "
        "random: one is kept, and only intervals from within it are shown"
    )


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
    loaded = asked(scenario, engine, replications, seed, sets)
    tried = math.prod(map(len, loaded.scenario.vary.values()))
    if tried > MAX_KEPT:
        what = f"makes {tried:,} combinations; the calls of at most {MAX_KEPT} are kept"
        raise InputFaults([loaded.fault("vary", f"{what}; use `fleetsim sweep`, which keeps figures alone")])
    return StudyPlan(loaded, engine, tuple(arms_of(loaded)))


def planned(
    scenario: Loaded | str | Path,
    *,
    engine: str = "core",
    replications: int | None = None,
    seed: int | None = None,
    sets: Sequence[str] = (),
    vary: Sequence[str] = (),
) -> StudyPlan:
    """As `prepare`, for studies of many arms that keep figures and no calls; `vary` are `path=values` to try."""
    loaded = asked(scenario, engine, replications, seed, sets)
    if vary:
        loaded = varied(loaded, vary)
    return StudyPlan(loaded, engine, tuple(arms_of(loaded)))


def asked(
    scenario: Loaded | str | Path, engine: str, replications: int | None, seed: int | None, sets: Sequence[str]
) -> Loaded:
    """The scenario that a study was asked about, its settings laid over it. Raises InputFaults, UnknownName."""
    if engine not in engines.ENGINES:
        raise UnknownName(unknown("engine", engine, engines.ENGINES))
    return _changed(scenario, [*sets, *_settings(replications, seed)])


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
