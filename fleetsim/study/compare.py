"""Arms compared under the same luck, with runs added until the answer is as precise as wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from fleetsim.catalog.shipped import portable
from fleetsim.errors import BadQuestion
from fleetsim.scenario import Loaded
from fleetsim.statistics import Precision, StoppingRule
from fleetsim.study.differences import Difference, differences
from fleetsim.study.kept import Runs
from fleetsim.study.paired_runs import PairedRuns, Progress, excess
from fleetsim.study.points import Point, point_of
from fleetsim.study.provenance import provenance
from fleetsim.study.run import StudyPlan, planned
from fleetsim.study.shown import Shown
from fleetsim.study.sweep import run_points
from fleetsim.study.workers import hired

FORMAT = "fleetsim comparison 1"
PRECISION, BUDGET = Precision(relative=0.05), 50


@dataclass(frozen=True)
class Comparison:
    """What came of a comparison: every figure of every arm against the first arm."""

    name: str
    question: str
    arms: tuple[str, ...]  # the first is the baseline
    runs: int  # of each arm, in pairs of the same luck
    precision: Precision
    budget: int
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]  # what to read with care
    provenance: dict[str, Any]
    shown: tuple[Shown, ...]  # every arm, for a report
    resolved: str  # the scenarios as YAML with every default

    @property
    def judged(self) -> tuple[Difference, ...]:
        """The figures that were asked about."""
        return tuple(found for found in self.differences if found.judged)

    @property
    def short(self) -> tuple[Difference, ...]:
        """The judged figures that are not known as precisely as wanted, of arms of which more runs would tell more."""
        known = (found for found in self.judged if found.pairs > (self.runs > 1))
        return tuple(found for found in known if excess(self.precision, found) > 1)

    def summary(self) -> dict[str, Any]:
        """The comparison as plain data for JSON; nan is null."""
        return {
            "format": FORMAT,
            "name": self.name,
            "question": self.question,
            "provenance": self.provenance,
            "baseline": self.arms[0],
            "runs": self.runs,
            "budget": self.budget,
            "precision": {"relative": self.precision.relative, "absolute": self.precision.absolute},
            "notes": list(self.notes),
            "differences": [found.summary() for found in self.differences],
        }

    def of(self, arm: str, name: str, scope: str = "all") -> Difference | None:
        """The difference of one figure of an arm; None if there is no such figure."""
        key = f"{name} {scope}"
        return next((d for d in self.differences if d.arm == arm and d.heading.key == key), None)


def compare(
    *scenarios: Loaded | str | Path,
    figures: Sequence[str] = (),
    precision: Precision = PRECISION,
    budget: int = BUDGET,
    seed: int | None = None,
    sets: Sequence[str] = (),
    engine: str = "core",
    workers: int | None = None,
    runs: Runs | None = None,
    progress: Progress = lambda doing, share: None,
) -> Comparison:
    """Compare all arms of one or two scenarios with the first arm, on common random numbers by replicate.

    `figures` are what to judge by, as `ttft_p99 all`. Replications are added until the interval of every judged
    difference is at most `precision` wide to either side, relative to the first arm's value, or `budget` are spent;
    10 at least unless the budget is smaller. All arms get the seed of the first scenario, and one warm-up: the longest
    that a few pilot runs find, unless the scenario gives it. `runs` simulates points; without, so many `workers` do, by
    default a process a core.

    Raises BadQuestion if there are fewer than two arms, UnknownName for a figure that runs do not have.
    """
    plans = [planned(scenarios[0], engine=engine, seed=seed, sets=sets)]
    common = plans[0].loaded.scenario.seed
    plans += [planned(other, engine=engine, seed=common, sets=sets) for other in scenarios[1:]]
    named, notes = _named(plans), _cautions(plans)
    points = {name: point for name, (point, _) in named.items()}
    if precision.absolute is not None and len(figures) != 1:
        raise BadQuestion("a precision in a figure's own unit needs that one figure to judge by; or write it in %")
    if len(points) < 2:
        raise BadQuestion("there is one arm and nothing to compare it with; name a second scenario")
    with nullcontext(runs) if runs else _runs_of(workers, len(points) * budget) as simulate:
        study = PairedRuns(points, simulate, StoppingRule(budget), precision, progress)
        judged = study.run(figures)
    found = differences(study.results, judged)
    about = _provenance(plans, figures, precision, budget) | {"replications": study.done, "warm_up": study.warm_up}
    notes += [*study.notes, *_missing(found)]
    return Comparison(
        plans[0].loaded.scenario.name,
        plans[0].loaded.scenario.question,
        tuple(points),
        study.done,
        precision,
        budget,
        tuple(found),
        tuple(notes),
        about,
        _shown(study, named),
        "\n---\n".join(plan.loaded.resolved() for plan in plans),
    )


@contextmanager
def _runs_of(workers: int | None, count: int) -> Iterator[Runs]:
    """Processes of this machine that simulate points, or this one."""
    with hired(workers, None, count) as crew:
        yield partial(run_points, workers=1) if crew is None else partial(run_points, executor=crew)


def _shown(study: PairedRuns, named: dict[str, tuple[Point, str]]) -> tuple[Shown, ...]:
    return tuple(
        Shown(name, study.point(name), tuple(study.results[name]), words) for name, (_, words) in named.items()
    )


def _named(plans: Sequence[StudyPlan]) -> dict[str, tuple[Point, str]]:
    """Points and descriptions of all arms by name; arms of two scenarios that are called alike get the files' names."""
    plain = [arm.name for plan in plans for arm in plan.arms]
    alike = len(set(plain)) < len(plain)
    found = {}
    for number, plan in enumerate(plans):
        stem = Path(plan.loaded.file).stem
        if alike and [Path(p.loaded.file).stem for p in plans].count(stem) > 1:
            stem = f"{stem} {number + 1}"
        for arm in plan.arms:
            point = point_of(arm.loaded, arm.architecture, arm.variation, engine=plan.engine)
            description = arm.loaded.scenario.architectures[arm.architecture].description
            found[f"{stem}: {arm.name}" if alike else arm.name] = point, description
    return found


def _cautions(plans: Sequence[StudyPlan]) -> list[str]:
    first, *others = (plan.loaded.scenario for plan in plans)
    notes = []
    if any(other.workload != first.workload for other in others):
        notes.append("the workloads differ: the arms share luck but not their tasks, and the difference is of both")
    if any(other.horizon_s != first.horizon_s for other in others):
        notes.append("the horizons differ")
    return notes


def _missing(found: Sequence[Difference]) -> list[str]:
    notes = []
    for one in found:
        if one.judged and not one.pairs:
            why = "a run needs 10,000 observations for it" if "p999" in one.heading.name else "no run of both has it"
            notes.append(f"{one.heading.key} of {one.arm} cannot be compared: {why}")
    return notes


def _provenance(
    plans: Sequence[StudyPlan], figures: Sequence[str], precision: Precision, budget: int
) -> dict[str, Any]:
    about = provenance(plans[0].loaded, [arm.loaded for arm in plans[0].arms], plans[0].engine, verb="compare")
    for plan in plans[1:]:
        other = provenance(plan.loaded, [arm.loaded for arm in plan.arms], plan.engine)
        about["inputs"] = dict(sorted((about["inputs"] | other["inputs"]).items()))
        about["command"].insert(3, portable(plan.loaded.file))
    wanted = (
        precision.relative and f"{precision.relative * 100:g} %",
        precision.absolute and f"{precision.absolute:g}",
    )
    for option in filter(None, wanted):
        about["command"] += ["--precision", option]
    about["command"] += ["--budget", str(budget)]
    for figure in figures:
        about["command"] += ["--figure", figure]
    return about
