"""Figures from records: one file a metric family; the contract is in `contract.py`.

`figures` gives those of one run, `combine` those of an arm over its replicates; `settle` and `settle_together` find the
warm-up to cut.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from fleetsim.metrics.contract import METRICS, Figure, RunFacts
from fleetsim.metrics.view import Settled, View, settle, settle_together
from fleetsim.records import Records, forget

__all__ = ["Settled", "combine", "figures", "settle", "settle_together"]


def figures(
    facts: RunFacts, records: Records, settled: Settled | None = None, of: Collection[str] | None = None
) -> tuple[list[Figure], float]:
    """The figures of every metric in the order of the metrics' names, and the warm-up that was cut, in seconds.

    `settled`: where the warm-up ends, for runs that are compared; None: where this run's own does. `of`: names of the
    metrics that are wanted, all by default.
    """
    view, found = View(facts, records, settled), []
    for metric in [METRICS[name] for name in METRICS if of is None or name in of]:
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
