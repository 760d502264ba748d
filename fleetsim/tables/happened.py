"""What happened: calls, tasks, steps, the timeline."""

from __future__ import annotations

from fleetsim.tables.column import Column, Table

CALLS = Table(
    Column("task", "i8", "task the call belongs to"),
    Column("node", "i4", "workflow node that made the call"),
    Column("attempt", "i4", "LANES * round + lane of the thread that made it"),
    Column("pool", "i4", "pool it went to"),
    Column("replica", "i4", "replica it was given to; -1 if refused or not delivered yet"),
    Column("prefill_replica", "i4", "replica that prefilled it for another pool to decode; -1 if none did"),
    Column("prompt_tokens", "i4", "tokens sent"),
    Column("output_tokens", "i4", "tokens of the whole answer, after any cut"),
    Column("cached_tokens", "i4", "tokens of the prompt that its replica still had"),
    Column("preemptions", "i4", "how often it lost its KV blocks and was computed again"),
    Column("status", "i4", "Status"),
    Column("model", "i4", "row of the quality tables of what answered it; -1: not judged"),
    Column("role", "i4", "part of the task it worked on"),
    Column("right", "i4", "1 if its answer is right, 0 if not; -1: not judged"),
    Column("sent_ns", "i8", "when the client sent it"),
    Column("queued_ns", "i8", "when it reached its pool"),
    Column("admitted_ns", "i8", "when its first prefill chunk started"),
    Column("first_token_ns", "i8", "when its first token was ready at the replica"),
    Column("transferred_ns", "i8", "when its KV had reached the pool that decodes it; -1 if it never had to"),
    Column("finish_ns", "i8", "when its last token was ready at the replica"),
)
"""What happened to every call; times not reached are -1."""

TASK_RECORDS = Table(
    Column("task", "i8", "row of the workload"),
    Column("class_id", "i4", "task class"),
    Column("domain", "i4", "subject of the task"),
    Column("answer_pool", "i4", "pool whose answer the user reads; -1 if there is none"),
    Column("calls", "i4", "model calls made"),
    Column("preemptions", "i4", "preemptions over all its calls"),
    Column("prompt_tokens", "i4", "tokens the user sent"),
    Column("output_tokens", "i4", "tokens of the answer, after any cut"),
    Column("status", "i4", "Status"),
    Column("right", "i4", "1 if the user's answer is right, 0 if not; -1: not judged"),
    Column("flagged", "i4", "1 if the answer was seen to be doubtful: blank, or failed its last verification"),
    Column("arrival_ns", "i8", "when it arrived"),
    Column("first_token_ns", "i8", "when the first token of the answer reached the client"),
    Column("finish_ns", "i8", "when the last token, or the refusal, reached the client"),
)
"""What happened to every task, as its user saw it; times not reached are -1."""

RUNS = Table(
    Column("start_ns", "i8", "when the run of steps began"),
    Column("first_ns", "f8", "duration of its first step; RESUMED: the gap itself"),
    Column("growth_ns", "f8", "how much longer each further step takes"),
    Column("replica", "i4", "whose steps"),
    Column("steps", "i4", "how many steps"),
    Column("decoding", "i4", "sequences that got a token in each step"),
    Column("kind", "i4", "RunKind"),
)
"""Runs of steps with decoding sequences: all gaps between successive tokens, in closed form."""

SAMPLES = Table(
    Column("time_ns", "i8", "when the replica was looked at"),
    Column("replica", "i4", "which replica"),
    Column("open", "i4", "1 if it takes calls"),
    Column("waiting", "i4", "calls in its queue"),
    Column("running", "i4", "sequences in its batch, prefilling or decoding"),
    Column("kv_blocks", "i8", "KV blocks held"),
    Column("prefill_ns", "i8", "time so far in steps with a prefill chunk"),
    Column("decode_ns", "i8", "time so far in steps without"),
    Column("steps", "i8", "steps completed so far"),
    Column("prefill_tokens", "i8", "prompt tokens computed so far, repeated work included"),
    Column("output_tokens", "i8", "tokens produced so far"),
    Column("preemptions", "i8", "preemptions so far"),
)
"""The timeline: each replica looked at on a regular grid; counters run from the start."""
