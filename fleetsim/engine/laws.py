"""Laws every run must obey, whoever computed it: checked on the records at the end of every run.

A broken law means a defect of an engine or a policy, never of the user's input.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from fleetsim.engine.rows_in_blocks import BLOCK, blocks, moved_tokens, refuse, refuse_status, sums
from fleetsim.errors import EngineFault
from fleetsim.plan import Plan
from fleetsim.records import Records
from fleetsim.tables import Status

_NEVER = np.iinfo(np.int64).max
_CALL_TIMES = ("sent_ns", "queued_ns", "admitted_ns", "first_token_ns", "finish_ns")
_COUNTERS = ("prefill_ns", "decode_ns", "steps", "prefill_tokens", "output_tokens", "preemptions")


def assert_laws(plan: Plan, records: Records) -> None:
    """Check every law of `LAWS`. Raises EngineFault with the law, the first row that breaks it and its numbers."""
    for law in LAWS:
        law(plan, records)


def task_ids_are_dense(plan: Plan, records: Records) -> None:
    """Every task that arrived has one record: rows 0, 1, 2, ... of the workload, of each client in a closed loop."""
    clients, behind = max(plan.clients, 1), np.zeros(max(plan.clients, 1), np.int64)
    for start, rows in blocks(records.tasks):
        task = np.asarray(rows.task)
        client, turn = task % clients, task // clients
        if plan.clients == 0:
            expected = np.arange(start, start + len(rows))
        else:
            order = np.argsort(client, kind="stable")
            counts = np.bincount(client, minlength=clients)
            nth = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
            expected = np.empty(len(rows), np.int64)
            expected[order] = nth + behind[client[order]]
            behind += counts
        refuse("task ids are unique and dense", "tasks", start, rows, turn != expected, "task")


def tasks_are_conserved(plan: Plan, records: Records) -> None:
    """Arrived = finished + cut + refused + in flight, by status and by times alike, all before the horizon."""
    law = "tasks arrived = finished + cut + refused + in flight"
    for start, rows in blocks(records.tasks):
        refuse_status(law, "tasks", start, rows)
        in_flight = rows.status == Status.IN_FLIGHT
        refuse(law, "tasks", start, rows, in_flight != (rows.finish_ns == -1), "task", "status", "finish_ns")
        early_or_late = (rows.arrival_ns < 0) | (rows.arrival_ns >= plan.horizon_ns)
        refuse("tasks arrive in [0, horizon)", "tasks", start, rows, early_or_late, "task", "arrival_ns")
        answered = (rows.status == Status.FINISHED) | (rows.status == Status.CUT)
        # An answering call that was refused, with something else to do then, leaves no tokens.
        wrong = (answered & (rows.output_tokens > 0) & (rows.first_token_ns == -1)) | (
            (rows.first_token_ns != -1) & (rows.first_token_ns < rows.arrival_ns)
        )
        wrong |= (rows.finish_ns != -1) & (rows.finish_ns < np.maximum(rows.arrival_ns, rows.first_token_ns))
        columns = ("task", "arrival_ns", "first_token_ns", "finish_ns")
        refuse("arrival <= first token <= finish", "tasks", start, rows, wrong, *columns)


def calls_are_conserved(plan: Plan, records: Records) -> None:
    """Every call has one record, belongs to a task that arrived, and each task made as many as it says."""
    law, before = "calls are unique and belong to tasks", (-1, -1, -1)
    task_ids, arrival_ns, ended_ns, made, lost = (np.zeros(len(records.tasks), np.int64) for _ in range(5))
    for start, rows in blocks(records.tasks):
        here = slice(start, start + len(rows))
        task_ids[here], arrival_ns[here] = rows.task, rows.arrival_ns
        ended_ns[here] = np.where(rows.finish_ns == -1, _NEVER, rows.finish_ns)
    for start, rows in blocks(records.calls):
        key = [
            np.concatenate([[old], rows[name]]) for name, old in zip(("task", "node", "attempt"), before, strict=True)
        ]
        up = [np.diff(column) for column in key]
        unique = (up[0] > 0) | ((up[0] == 0) & ((up[1] > 0) | ((up[1] == 0) & (up[2] > 0))))
        refuse(law, "calls", start, rows, ~unique, "task", "node", "attempt")
        before = tuple(int(column[-1]) for column in key)
        place = np.minimum(np.searchsorted(task_ids, rows.task), max(len(task_ids) - 1, 0))
        known = task_ids[place] == rows.task if len(task_ids) else np.zeros(len(rows), bool)
        refuse(law, "calls", start, rows, ~known, "task", "node", "attempt")
        made[: int(place.max()) + 1] += np.bincount(place)
        lost[: int(place.max()) + 1] += np.bincount(place, rows.preemptions).astype(np.int64)
        early = rows.sent_ns < arrival_ns[place]
        refuse("arrival <= sent", "calls", start, rows, early, "task", "node", "sent_ns")
        late = rows.sent_ns > ended_ns[place]
        refuse("no call is sent after its task's end", "calls", start, rows, late, "task", "node", "sent_ns")
    for start, rows in blocks(records.tasks):
        wrong = rows.calls != made[start : start + len(rows)]
        refuse("a task's calls are as many as it made", "tasks", start, rows, wrong, "task", "calls")
        wrong = rows.preemptions != lost[start : start + len(rows)]
        refuse("a task's calls were preempted as often as it says", "tasks", start, rows, wrong, "task", "preemptions")


def calls_move_forward(plan: Plan, records: Records) -> None:
    """sent <= queued <= admitted <= first token <= finish; none is skipped; the status says how far a call got."""
    law = "sent <= queued <= admitted <= first token <= finish"
    for start, rows in blocks(records.calls):
        refuse_status(law, "calls", start, rows)
        columns = ("task", "node", "status", *_CALL_TIMES)
        refuse(law, "calls", start, rows, rows.sent_ns < 0, *columns)
        for earlier, later in pairwise(_CALL_TIMES):
            wrong = (rows[later] != -1) & ((rows[earlier] == -1) | (rows[later] < rows[earlier]))
            refuse(law, "calls", start, rows, wrong, *columns)
        done = (rows.status == Status.FINISHED) | (rows.status == Status.CUT)
        refused = rows.status >= Status.REFUSED_CONTEXT
        wrong = (done != (rows.finish_ns != -1)) | (refused & ((rows.queued_ns == -1) | (rows.admitted_ns != -1)))
        refuse("a call's status says how far it got", "calls", start, rows, wrong, *columns)
        placed = (rows.queued_ns != -1) & ~refused
        first = plan.pools.first_replica[rows.pool]
        inside = (rows.replica >= first) & (rows.replica < first + plan.pools.replicas[rows.pool])
        wrong = np.where(placed, ~inside, rows.replica != -1)
        refuse("a delivered call is at a replica of its pool", "calls", start, rows, wrong, "task", "pool", "replica")
        columns = ("task", "node", "status", "replica", "model", "right")
        wrong = (rows.right < -1) | (rows.right > 1) | (rows.right >= 0) & (rows.model < 0)
        wrong |= (rows.model >= 0) & (rows.replica < 0)
        refuse("only a call that a model got is judged", "calls", start, rows, wrong, *columns)


def tokens_are_conserved(plan: Plan, records: Records) -> None:
    """Replicas produced the tokens of finished calls, no more than those of all, and hold the calls in flight."""
    final, count = records.final, plan.replicas
    done_tokens, all_tokens, prompts, inside, first_tokens, lost = (np.zeros(count, np.int64) for _ in range(6))
    for _, rows in blocks(records.calls):
        placed = rows.replica >= 0
        finished = placed & (rows.finish_ns != -1)
        moved = rows.prefill_replica >= 0
        done_tokens += sums(rows, finished, "output_tokens", count) + moved_tokens(rows, finished & moved, count)
        prompts += sums(rows, finished & ~moved, "prompt_tokens", count) - sums(rows, finished, "cached_tokens", count)
        prompts += sums(rows, finished & moved, "prompt_tokens", count, by="prefill_replica")
        admitted = placed & (rows.admitted_ns != -1)
        all_tokens += sums(rows, admitted, "output_tokens", count) + moved_tokens(rows, admitted & moved, count)
        lost += sums(rows, placed, "preemptions", count)
        moving = (plan.pools.decode_pool[rows.pool] >= 0) & (rows.first_token_ns != -1)
        inside += np.bincount(rows.replica[placed & ~finished & ~moving], minlength=count)
        first_tokens += np.bincount(rows.replica[placed & (rows.first_token_ns != -1)], minlength=count)
    wrong = (final.output_tokens < done_tokens) | (final.output_tokens > all_tokens)
    refuse("tokens of finished calls <= tokens produced", "final", 0, final, wrong, "replica", "output_tokens")
    wrong = final.prefill_tokens < prompts
    refuse(
        "prompts of finished calls <= prompt tokens computed",
        "final",
        0,
        final,
        wrong,
        "replica",
        "prefill_tokens",
    )
    wrong = final.waiting + final.running != inside
    refuse("calls in flight are in a queue or a batch", "final", 0, final, wrong, "replica", "waiting", "running")
    wrong = final.preemptions != lost
    refuse("replicas preempted as often as calls were", "final", 0, final, wrong, "replica", "preemptions")
    produced, gaps = int(final.output_tokens.sum()), records.runs.count()
    if produced - int(first_tokens.sum()) != gaps:
        raise EngineFault(
            f"law broken: every token but a call's first has a gap before it: {produced} tokens, "
            f"{int(first_tokens.sum())} first ones, {gaps} gaps; please report this defect"
        )


def replicas_keep_their_limits(plan: Plan, records: Records) -> None:
    """KV blocks held <= KV blocks there are, batch <= max_num_seqs, queue >= 0; nobody idle while work waits."""
    pool = np.repeat(np.arange(len(plan.pools)), plan.pools.replicas)
    for table, samples in (("samples", records.samples), ("final", records.final)):
        for start, rows in blocks(samples):
            own = plan.pools[pool[rows.replica]]
            wrong = (rows.kv_blocks < 0) | (rows.kv_blocks > own.kv_blocks)
            refuse("0 <= KV blocks held <= KV blocks", table, start, rows, wrong, "time_ns", "replica", "kv_blocks")
            wrong = (rows.running < 0) | (rows.running > own.max_num_seqs) & (own.endpoint == 0)
            refuse("0 <= running <= max_num_seqs", table, start, rows, wrong, "time_ns", "replica", "running")
            refuse("0 <= waiting", table, start, rows, rows.waiting < 0, "time_ns", "replica", "waiting")
            # A prefill replica may wait for blocks whose KV is on its way.
            held = (own.decode_pool >= 0) & (rows.kv_blocks > 0)
            wrong = (rows.running == 0) & (rows.waiting > 0) & ~held
            refuse("nobody is idle while work waits", table, start, rows, wrong, "time_ns", "replica", "waiting")
            busy_ns = rows.prefill_ns + rows.decode_ns
            columns = ("time_ns", "replica", "prefill_ns", "decode_ns")
            refuse("busy time <= elapsed time", table, start, rows, busy_ns > rows.time_ns, *columns)


def counters_never_decrease(plan: Plan, records: Records) -> None:
    """Samples are a grid [time, replica] whose times rise and whose counters never fall, to the run's end."""
    count, before = plan.replicas, None
    if len(records.final) != count or len(records.samples) % count:
        raise EngineFault(
            f"law broken: every replica is sampled at every time: {count} replicas, {len(records.samples)} samples and "
            f"{len(records.final)} at the end; please report this defect"
        )
    for table, samples in (("samples", records.samples), ("final", records.final)):
        block = max(BLOCK // count, 1) * count
        for start in range(0, len(samples), block):
            rows = samples[start : start + block]
            wrong = rows.replica != np.arange(len(rows)) % count
            refuse("every replica is sampled at every time", table, start, rows, wrong, "time_ns", "replica")
            both = rows if before is None else np.concatenate([before, rows]).view(np.recarray)
            later, earlier = both[count:], both[: len(both) - count]
            at = start + len(rows) - len(later)
            wrong = later.time_ns < earlier.time_ns if table == "final" else later.time_ns <= earlier.time_ns
            refuse("time never goes back", table, at, later, wrong, "time_ns", "replica")
            for counter in _COUNTERS:
                wrong = later[counter] < earlier[counter]
                refuse("counters never decrease", table, at, later, wrong, "time_ns", "replica", counter)
            before = rows[len(rows) - count :]


LAWS = (
    task_ids_are_dense,
    tasks_are_conserved,
    calls_are_conserved,
    calls_move_forward,
    counters_never_decrease,
    replicas_keep_their_limits,
    tokens_are_conserved,
)
"""In the order in which they are checked: a later law may rely on what an earlier one has established."""
