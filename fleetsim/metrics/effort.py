"""Effort: what it takes to answer a task, and how often a second model is asked."""

from __future__ import annotations

import numpy as np

from fleetsim.metrics.contract import Figure, metric
from fleetsim.metrics.judged import judges
from fleetsim.metrics.view import View
from fleetsim.statistics import batch_means


@metric
def effort(view: View) -> list[Figure]:
    """Tokens a task over all its calls (tokens_per_task), and escalation_rate; by class too.

    Escalated is a task for which answers of more than one judged model were asked for. Tokens are those of prompts and
    of answers; calls a task are under `counts`. Only where answers are judged.
    """
    if not judges(view):
        return []
    tasks, calls = view.tasks, view.calls
    order = np.argsort(tasks.task, kind="stable")
    place = order[np.searchsorted(tasks.task[order], calls.task)]
    tokens = np.bincount(place, calls.prompt_tokens + calls.output_tokens.astype(np.float64), len(tasks))
    first, last = np.full(len(tasks), np.iinfo(np.int32).max), np.full(len(tasks), -1)
    judged = calls.model >= 0
    np.minimum.at(first, place[judged], calls.model[judged])
    np.maximum.at(last, place[judged], calls.model[judged])
    escalated = (last > first).astype(np.float64)
    found = []
    for scope, own in _classes(view):
        found.append(Figure.of("tokens_per_task", scope, batch_means(tokens[own]), "tokens", "lower"))
        found.append(Figure.of("escalation_rate", scope, batch_means(escalated[own]), "share"))
    return found


def _classes(view: View) -> list[tuple[str, np.ndarray]]:
    own = [(f"class {facts.name}", view.tasks.class_id == n) for n, facts in enumerate(view.facts.classes)]
    return [("all", np.ones(len(view.tasks), bool)), *own]
