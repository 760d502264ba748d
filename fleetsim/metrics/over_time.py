"""The course of a run: what a change or an outage did, and how long it took."""

from __future__ import annotations

import numpy as np

from fleetsim.metrics.contract import Figure, metric
from fleetsim.metrics.judged import judges
from fleetsim.metrics.view import View
from fleetsim.statistics import batch_means

PARTS = 10


@metric
def over_time(view: View) -> list[Figure]:
    """Share of right answers and of targets met among the tasks that arrived in each tenth of the window.

    accuracy_over_time counts a refused task as wrong and leaves out what was not judged; slo_over_time counts refused
    and unanswered tasks against the targets, and leaves out classes without any. Only where answers are judged.
    """
    if not judges(view):
        return []
    tasks = view.tasks
    share = (tasks.arrival_ns - view.cut_ns) / (view.horizon_ns - view.cut_ns)
    tenth = np.minimum((share * PARTS).astype(np.int64), PARTS - 1)
    judged, aimed, met = tasks.right >= 0, view.aimed[tasks.class_id], view.met(tasks)
    found = []
    for part in range(PARTS):
        right = (tasks.right[judged & (tenth == part)] == 1).astype(np.float64)
        kept = met[aimed & (tenth == part)].astype(np.float64)
        scope = f"tenth {part + 1}"
        found.append(Figure.of("accuracy_over_time", scope, batch_means(right), "share", "higher"))
        found.append(Figure.of("slo_over_time", scope, batch_means(kept), "share", "higher"))
    return found
