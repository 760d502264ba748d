"""Writing down what happened (docs/engine.md, section 6). Each function changes its table and the clock's row count."""

from __future__ import annotations

from fleetsim.compiled import leaf
from fleetsim.tables import RunKind

_STEPS, _RESUMED = int(RunKind.STEPS), int(RunKind.RESUMED)


@leaf
def close_run(replica, clock, out_runs):
    """Write down the replica's run of steps, if it has one with sequences decoding, and be ready for another."""
    if replica.run_done > 0 and replica.run_decoding > 0:
        row = out_runs[clock.run_rows]
        clock.run_rows += 1
        row.start_ns, row.first_ns, row.growth_ns = replica.run_start_ns, replica.run_first_ns, replica.run_growth_ns
        row.replica, row.steps, row.decoding, row.kind = replica.row, replica.run_done, replica.run_decoding, _STEPS
    replica.run_done, replica.run_open = 0, 0


@leaf
def write_resumed(replica, clock, out_runs, last_token_ns, sequences):
    """Write the gap of sequences that had to wait and have their next token now."""
    row = out_runs[clock.run_rows]
    clock.run_rows += 1
    row.start_ns, row.first_ns, row.growth_ns = last_token_ns, clock.now_ns - last_token_ns, 0.0
    row.replica, row.steps, row.decoding, row.kind = replica.row, 1, sequences, _RESUMED


@leaf
def write_call(call, task_number, status, finish_ns, clock, out_calls):
    """Write a call that has ended."""
    row = out_calls[clock.call_rows]
    clock.call_rows += 1
    row.task, row.node, row.attempt = task_number, call.node, call.attempt
    row.pool, row.replica, row.prefill_replica = call.pool, call.replica, call.prefill_replica
    row.prompt_tokens, row.output_tokens = call.prompt, call.output
    row.cached_tokens, row.preemptions, row.status = call.cached, call.preemptions, status
    row.model, row.role, row.right = call.model, call.role, call.right
    row.sent_ns, row.queued_ns, row.admitted_ns = call.sent_ns, call.queued_ns, call.admitted_ns
    row.first_token_ns, row.transferred_ns, row.finish_ns = call.first_token_ns, call.transferred_ns, finish_ns


@leaf
def write_task(task, clock, out_tasks):
    """Write a task that has ended, when the last of its threads is no more."""
    row = out_tasks[clock.task_rows]
    clock.task_rows += 1
    row.task, row.class_id, row.domain = task.task, task.class_id, task.domain
    row.answer_pool, row.calls, row.preemptions = task.answer_pool, task.calls, task.preemptions
    row.prompt_tokens, row.output_tokens = task.prompt, task.answer_tokens
    row.status, row.right, row.flagged = task.status, task.right, task.flagged
    row.arrival_ns, row.first_token_ns, row.finish_ns = task.arrival_ns, task.first_token_ns, task.finish_ns
