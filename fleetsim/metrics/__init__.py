"""Figures from records: one file a metric family; the contract is in `contract.py`.

`figures` gives those of one run, `combine` those of an arm over its replicates.
"""

from __future__ import annotations

from collections.abc import Sequence

from fleetsim.metrics.contract import METRICS, Figure, RunFacts
from fleetsim.metrics.view import View
from fleetsim.records import Records
from fleetsim.segments import forget


def figures(facts: RunFacts, records: Records) -> tuple[list[Figure], float]:
    """The figures of every metric in the order of the metrics' names, and the warm-up that was cut, in seconds."""
    view, found = View(facts, records), []
    for metric in METRICS.values():
        found += metric.rule(view)
        forget(records.tasks)
        forget(records.calls)
    return found, view.warm_up_s


def combine(runs: Sequence[Sequence[Figure]]) -> list[Figure]:
    """The figures of an arm: the mean over its replicates with a t interval, in the order of first mention.

    One run is returned as it is, with its own intervals. Replicates where a figure is nan do not count in its mean.
    """
    from fleetsim.statistics import replications

    if len(runs) == 1:
        return list(runs[0])
    found: dict[tuple[str, str], list[Figure]] = {}
    for run in runs:
        for figure in run:
            found.setdefault((figure.name, figure.scope), []).append(figure)
    return [
        Figure.of(group[0].name, group[0].scope, replications([f.value for f in group]), group[0].unit, group[0].better)
        for group in found.values()
    ]
