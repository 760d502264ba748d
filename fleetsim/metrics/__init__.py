"""Figures from records: one file a metric family; the contract is in `contract.py`.

`figures` gives those of one run, `combine` those of an arm over its replicates; `settle` and `settle_together` find the
warm-up to cut.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from fleetsim.metrics.contract import METRICS, Figure, RunFacts
from fleetsim.metrics.view import Settled, View, settle, settle_together
from fleetsim.records import Records, forget

__all__ = ["Settled", "alike", "combine", "figures", "settle", "settle_together"]


class SomeFigure(Protocol):
    """What is needed of a figure to set runs beside each other."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def scope(self) -> str:
        """What it is of."""

    @property
    def value(self) -> float:
        """Its number."""


def figures(
    facts: RunFacts,
    records: Records,
    settled: Settled | None = None,
    *,
    intervals: bool = True,
    of: Collection[str] | None = None,
) -> tuple[list[Figure], float]:
    """The figures of every metric in the order of the metrics' names, and the warm-up that was cut, in seconds.

    `settled`: where the warm-up ends, for runs that are compared; None: where this run's own does. `intervals`: False
    where only values are wanted, as of one replicate among many: costly intervals are then left out. `of`: names of
    the metrics that are wanted, all by default.
    """
    view, found = View(facts, records, settled, intervals), []
    for metric in [METRICS[name] for name in METRICS if of is None or name in of]:
        found += metric.rule(view)
        forget(records.tasks)
        forget(records.calls)
    return found, view.warm_up_s


def alike(runs: Sequence[Sequence[SomeFigure]]) -> bool:
    """Whether two or more runs are one and the same run: every figure of all of them is equal.

    So it is where replicates see the same tasks, those of a trace, and nothing else is random.
    """
    first, *others = ([(f.name, f.scope, repr(f.value)) for f in run] for run in runs)
    return bool(others) and all(other == first for other in others)


def combine(runs: Sequence[Sequence[Figure]]) -> list[Figure]:
    """The figures of an arm: the mean over its replicates with a t interval, in the order of first mention.

    One run is returned as it is, with its own intervals, and so is the first of runs that are all the same run:
    many of one luck tell no more than one. Replicates where a figure is nan do not count in its mean.
    """
    from fleetsim.statistics import replications

    if len(runs) == 1 or alike(runs):
        return list(runs[0])
    found: dict[tuple[str, str], list[Figure]] = {}
    for run in runs:
        for figure in run:
            found.setdefault((figure.name, figure.scope), []).append(figure)
    return [
        Figure.of(group[0].name, group[0].scope, replications([f.value for f in group]), group[0].unit, group[0].better)
        for group in found.values()
    ]
