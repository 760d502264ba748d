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

    Escalated is a task of which a judged model was asked because the answer of another one had failed a check, or was
    late; models that answer side by side, or work on parts, are no escalation. Tokens are those of prompts and of
    answers; calls a task are under `counts`. Only where answers are judged.
    """
    if not judges(view):
        return []
    tasks, calls = view.tasks, view.calls
    order = np.argsort(tasks.task, kind="stable")
    place = order[np.searchsorted(tasks.task[order], calls.task)]
    tokens = np.bincount(place, calls.prompt_tokens + calls.output_tokens.astype(np.float64), len(tasks))
    escalated = _escalated(calls, place, len(tasks), view.facts.escalating)
    found = []
    for scope, own in _classes(view):
        found.append(Figure.of("tokens_per_task", scope, batch_means(tokens[own]), "tokens", "lower"))
        found.append(Figure.of("escalation_rate", scope, batch_means(escalated[own]), "share"))
    return found


def _escalated(calls: np.recarray, place: np.ndarray, tasks: int, escalating: tuple[int, ...]) -> np.ndarray:
    """float64[task]: 1 where an escalating call went to another model than one that was asked before it."""
    judged = np.flatnonzero(calls.model >= 0)
    judged = judged[np.lexsort((calls.sent_ns[judged], place[judged]))]
    owner, model = place[judged], calls.model[judged]
    begins = np.searchsorted(owner, owner)  # where the task's calls begin; the first of them was asked first
    changed = np.concatenate([[False], (model[1:] != model[:-1]) & (owner[1:] == owner[:-1])])
    others = np.cumsum(changed)
    other_before = (model != model[begins]) | (others > others[begins])
    found = np.zeros(tasks)
    found[owner[other_before & np.isin(calls.node[judged], escalating)]] = 1.0
    return found


def _classes(view: View) -> list[tuple[str, np.ndarray]]:
    own = [(f"class {facts.name}", view.tasks.class_id == n) for n, facts in enumerate(view.facts.classes)]
    return [("all", np.ones(len(view.tasks), bool)), *own]
