"""Counts: what became of the tasks."""

from __future__ import annotations

import numpy as np

from fleetsim.metrics.contract import Figure, metric
from fleetsim.metrics.view import View, answered, ratio
from fleetsim.tables import Status

_ENDINGS = {
    Status.FINISHED: "higher",
    Status.CUT: "lower",
    Status.REFUSED_CONTEXT: "lower",
    Status.REFUSED_KV: "lower",
    Status.REFUSED_OUTAGE: "lower",
    Status.REFUSED_RATE: "lower",
    Status.REFUSED_ERROR: "lower",
    Status.REFUSED_CLOSED: "lower",
    Status.IN_FLIGHT: "lower",
}


@metric
def counts(view: View) -> list[Figure]:
    """How many tasks arrived in the window and what became of them, whenever that was.

    arrived = finished + cut + refused_... + in_flight, refusals apart by their reason. input_tokens and output_tokens
    are users' prompts and the answers of the answered ones; preemptions and calls_per_task are over all calls of the
    tasks that arrived.
    """
    found = _figures("all", view.tasks, np.ones(len(view.tasks), bool))
    for number, facts in enumerate(view.facts.classes):
        found += _figures(f"class {facts.name}", view.tasks, view.tasks.class_id == number)
    return found


def _figures(scope: str, tasks: np.recarray, own: np.ndarray) -> list[Figure]:
    by_status = np.bincount(tasks.status[own], minlength=len(Status))
    arrived, done = int(by_status.sum()), own & answered(tasks)

    def total(column: str, of: np.ndarray) -> float:
        return float(tasks[column][of].sum(dtype=np.int64))

    return [
        Figure("arrived", scope, float(arrived), "tasks"),
        *(
            Figure(status.name.lower(), scope, float(by_status[status]), "tasks", better)
            for status, better in _ENDINGS.items()
        ),
        Figure("input_tokens", scope, total("prompt_tokens", done), "tokens"),
        Figure("output_tokens", scope, total("output_tokens", done), "tokens"),
        Figure("preemptions", scope, total("preemptions", own), "preemptions", "lower"),
        Figure("calls_per_task", scope, ratio(total("calls", own), arrived), "calls", "lower"),
    ]
