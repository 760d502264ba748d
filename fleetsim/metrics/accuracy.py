"""Accuracy: how many answers are right."""

from __future__ import annotations

import numpy as np

from fleetsim.metrics.contract import Figure, metric
from fleetsim.metrics.judged import groups, judged_tasks, judges
from fleetsim.metrics.view import View
from fleetsim.statistics import batch_means


@metric
def accuracy(view: View) -> list[Figure]:
    """Share of right answers among the judged tasks that ended; by class, domain and decile of difficulty too.

    A refused task counts as wrong. Decile 1 holds the tasks that are easiest for all models, 10 the hardest. Only where
    answers are judged.
    """
    if not judges(view):
        return []
    tasks = judged_tasks(view)
    return [
        Figure.of("accuracy", scope, batch_means((tasks.right[own] == 1).astype(np.float64)), "share", "higher")
        for scope, own in groups(view, tasks)
    ]
