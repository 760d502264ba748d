"""What is still in flight at the end of a run, as records."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fleetsim.engine.core.state import State
from fleetsim.tables import CALLS, TASK_RECORDS, Status


def write_in_flight(state: State, drain: Callable[[str, np.recarray], None]) -> None:
    """Drain a row for every call that has not ended, and every task that has not, or whose threads have not."""
    unfinished = state.live_calls[state.live_calls.used == 1]
    if len(unfinished):
        drain("calls", _call_rows(state, unfinished))
    if (state.live_tasks.used == 1).any():
        drain("tasks", _task_rows(state, unfinished))


def _call_rows(state: State, calls: np.recarray) -> np.recarray:
    rows = CALLS.empty(len(calls))
    rows.task = state.live_tasks.task[calls.task]
    for column in ("node", "attempt", "pool", "replica", "model", "role", "right"):
        rows[column] = calls[column]
    rows.cached_tokens = calls.cached
    rows.prompt_tokens, rows.output_tokens, rows.preemptions = calls.prompt, calls.output, calls.preemptions
    refused = calls.status >= int(Status.REFUSED_CONTEXT)
    rows.status = np.where(refused, calls.status, int(Status.IN_FLIGHT))
    rows.sent_ns, rows.queued_ns, rows.admitted_ns = calls.sent_ns, calls.queued_ns, calls.admitted_ns
    rows.prefill_replica, rows.transferred_ns = calls.prefill_replica, calls.transferred_ns
    rows.first_token_ns, rows.finish_ns = calls.first_token_ns, -1
    return rows


def _task_rows(state: State, unfinished: np.recarray) -> np.recarray:
    slots = np.flatnonzero(state.live_tasks.used == 1)
    tasks = state.live_tasks[slots]
    preemptions = np.bincount(unfinished.task, unfinished.preemptions, len(state.live_tasks)).astype(np.int64)
    rows = TASK_RECORDS.empty(len(tasks))
    rows.task, rows.class_id, rows.domain = tasks.task, tasks.class_id, tasks.domain
    rows.answer_pool, rows.calls = tasks.answer_pool, tasks.calls
    rows.preemptions = tasks.preemptions + preemptions[slots]
    rows.prompt_tokens, rows.output_tokens = tasks.prompt, tasks.answer_tokens
    rows.right, rows.flagged = tasks.right, tasks.flagged
    rows.status = np.where(tasks.finish_ns < 0, int(Status.IN_FLIGHT), tasks.status)
    rows.arrival_ns, rows.first_token_ns, rows.finish_ns = tasks.arrival_ns, tasks.first_token_ns, tasks.finish_ns
    return rows
