"""Who serves the tasks: shares of pools, and how concentrated they are."""

from __future__ import annotations

import numpy as np

from fleetsim.metrics.contract import Figure, metric
from fleetsim.metrics.judged import judges
from fleetsim.metrics.view import View, answered
from fleetsim.statistics import batch_means


@metric
def market(view: View) -> list[Figure]:
    """Share of answered tasks whose answer a pool gave (answer_share), and the Herfindahl-Hirschman index of models.

    hhi is the sum of the squares of the models' shares, pools of one model together: 1 where one serves all. Only where
    answers are judged.
    """
    if not judges(view):
        return []
    tasks = view.tasks[answered(view.tasks)]
    found, by_model = [], {}
    for number, pool in enumerate(view.facts.pools):
        share = batch_means((tasks.answer_pool == number).astype(np.float64))
        found.append(Figure.of("answer_share", f"pool {pool.name}", share, "share"))
        by_model[pool.answers_as] = by_model.get(pool.answers_as, 0.0) + share.value
    return [*found, Figure("hhi", "all", sum(share**2 for share in by_model.values()), "index")]
