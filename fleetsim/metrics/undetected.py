"""Wrong answers that nobody noticed."""

from __future__ import annotations

import numpy as np

from fleetsim.metrics.contract import Figure, metric
from fleetsim.metrics.judged import groups, judged_tasks, judges
from fleetsim.metrics.view import View
from fleetsim.statistics import batch_means


@metric
def undetected(view: View) -> list[Figure]:
    """Share of judged tasks whose answer is wrong and went out unflagged (wrong_undetected_share), by group too.

    An answer is flagged if it is blank, or failed the last verification it went through. Only where answers are judged.
    """
    if not judges(view):
        return []
    tasks = judged_tasks(view)
    wrong = ((tasks.right == 0) & (tasks.flagged == 0)).astype(np.float64)
    return [
        Figure.of("wrong_undetected_share", scope, batch_means(wrong[own]), "share", "lower")
        for scope, own in groups(view, tasks)
    ]
