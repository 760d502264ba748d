"""Targets: how many tasks meet them, and how many a second."""

from __future__ import annotations

import numpy as np

from fleetsim.metrics.contract import Figure, metric
from fleetsim.metrics.rates import rate_per_s
from fleetsim.metrics.view import View
from fleetsim.statistics import Estimate, batch_means


@metric
def slo(view: View) -> list[Figure]:
    """Share of tasks that meet all targets of their class (slo_attainment), and such tasks a second (goodput).

    Of the tasks that arrived in the window; refused ones and those unanswered at the end of the run count against.
    An answer of one token meets any TPOT target. Goodput is vLLM's request_goodput, by tasks answered in the window.
    Classes without a target are left out of "all"; where no class has one the figures are nan.
    """
    tasks, ended = view.tasks, view.ended
    met = view.met(tasks)
    scopes = [("all", view.aimed)]
    for number, facts in enumerate(view.facts.classes):
        scopes.append((f"class {facts.name}", view.aimed & (np.arange(len(view.aimed)) == number)))
    found = []
    for scope, classes in scopes:
        attainment, rate = Estimate(float("nan")), Estimate(float("nan"))
        if classes.any():
            attainment = batch_means(met[classes[tasks.class_id]].astype(np.float64))
            rate = rate_per_s(view, ended.finish_ns[ended.met & classes[ended.class_id]])
        found.append(Figure.of("slo_attainment", scope, attainment, "share", "higher"))
        found.append(Figure.of("goodput", scope, rate, "tasks/s", "higher"))
    return found
