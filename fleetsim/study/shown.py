"""Arms of a study that keeps figures alone, run once more with records for the page that tells of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fleetsim import metrics
from fleetsim.study.points import Point, PointResult, arm_plan
from fleetsim.study.results import Arm


@dataclass(frozen=True)
class Shown:
    """An arm that is decisive for the answer: its point, and what its replicates came to (none: it had no runs)."""

    name: str
    point: Point
    results: tuple[PointResult, ...] = ()
    description: str = ""

    @property
    def told(self) -> bool:
        """Whether replicates of separate luck stand behind it."""
        return len(self.results) > 1 and not metrics.alike([result.figures for result in self.results])


def recorded(shown: Sequence[Shown]) -> tuple[Arm, ...]:
    """One run of each with records, all behind one warm-up; figures are the means over the replicates that there were.

    Raises EngineFault if a law is broken.
    """
    raw = []
    for each in shown:
        run = arm_plan(each.point).run(each.point.replicate, each.point.engine)
        raw.append(replace(run, facts=replace(run.facts, arm=each.name, description=each.description)))
    together = metrics.settle_together([metrics.settle(run.facts, run.records) for run in raw])
    arms = []
    for each, run, settled in zip(shown, raw, together, strict=True):
        made = run.measured(settled)
        if each.told:
            figures = tuple(metrics.combine([result.figures for result in each.results]))
            arms.append(Arm(each.name, (made,), figures, len(each.results)))
        else:
            arms.append(Arm(each.name, (made,), made.figures))
    return tuple(arms)
