"""Rented endpoints: refusals, limits, times by distribution (docs/engine.md, section 4b).

`clock`, `task`, `call`, `pool`, `book` and `replica` are rows, changed in place; see `threads.py`.
"""

from __future__ import annotations

import numpy as np

from fleetsim.compiled import routine
from fleetsim.engine.core.calls import accept, judge
from fleetsim.engine.core.threads import post
from fleetsim.engine.steps import refilled
from fleetsim.luck import Stream, uniform
from fleetsim.tables import BLANK, Rank, RunKind, Status

_ANSWERED, _STEPS, _FINISHED = np.int64(Rank.ANSWERED), int(RunKind.STEPS), int(Status.FINISHED)
_ERROR, _TTFT, _TPOT = (
    np.int64(stream) for stream in (Stream.ENDPOINT_ERROR, Stream.ENDPOINT_TTFT, Stream.ENDPOINT_TPOT)
)
_REFUSED_CONTEXT, _REFUSED_RATE, _REFUSED_ERROR = (
    int(status) for status in (Status.REFUSED_CONTEXT, Status.REFUSED_RATE, Status.REFUSED_ERROR)
)
_BLANK = BLANK


@routine
def is_out(pool, outages, now_ns):
    """Whether a pool is out of order at a time."""
    for i in range(pool.first_outage, pool.first_outage + pool.outages):
        if outages[i, 0] <= now_ns < outages[i, 1]:
            return True
    return False


@routine
def take_allowance(pool, book, tokens, now_ns):
    """Take a call and its tokens from what an endpoint allows; tells whether it had so much."""
    elapsed_ns = now_ns - book.refilled_ns
    book.refilled_ns = now_ns
    book.requests_left = refilled(book.requests_left, elapsed_ns, pool.requests_per_ns, pool.requests_most)
    book.tokens_left = refilled(book.tokens_left, elapsed_ns, pool.tokens_per_ns, pool.tokens_most)
    tokens = min(float(tokens), pool.tokens_most)
    if pool.requests_per_ns > 0.0 and book.requests_left < 1.0:
        return False
    if pool.tokens_per_ns > 0.0 and book.tokens_left < tokens:
        return False
    if pool.requests_per_ns > 0.0:
        book.requests_left -= 1.0
    if pool.tokens_per_ns > 0.0:
        book.tokens_left -= tokens
    return True


@routine
def serve(call, slot, task, node, pool, book, replica, signal, clock, times_ns, quality, network):
    """An endpoint gets a call; returns the status of a refusal, or FINISHED if the call is on its way to an end."""
    seed, number = clock.seed, task.task
    if uniform(seed, _ERROR, number, call.node, call.attempt) < pool.error_share:
        return _REFUSED_ERROR
    if call.prompt >= pool.context_tokens:
        return _REFUSED_CONTEXT
    asked = call.output
    if replica.model >= 0:
        judge(call, node, replica.model, number, task.domain, seed, quality)
    tokens = call.prompt + min(call.output, pool.context_tokens - call.prompt)
    if not take_allowance(pool, book, tokens, clock.now_ns):
        call.output, call.right, call.label = asked, -1, _BLANK
        return _REFUSED_RATE
    accept(call, task, pool.context_tokens - call.prompt)
    call.model, call.replica, call.admitted_ns = replica.model, replica.row, clock.now_ns
    signal.outstanding += 1
    signal.outstanding_tokens += call.prompt
    replica.running += 1
    ttft = pool.ttft_offset + int(uniform(seed, _TTFT, number, call.node, call.attempt) * pool.ttft_count)
    tpot = pool.tpot_offset + int(uniform(seed, _TPOT, number, call.node, call.attempt) * pool.tpot_count)
    call.promised_ns, call.gap_ns = clock.now_ns + times_ns[ttft], times_ns[tpot]
    finish_ns = max(call.promised_ns + call.gap_ns * (call.output - 1), clock.now_ns + 1)
    post(network, clock, finish_ns, _ANSWERED, number, call.node, call.attempt, slot)
    return _FINISHED


@routine
def end_service(call, task, pool, replica, clock, out_runs):
    """An endpoint has sent a call's last token."""
    call.first_token_ns = call.promised_ns
    if call.answers:
        task.first_token_ns = call.first_token_ns + pool.return_delay_ns
    replica.running -= 1
    replica.prefill_tokens += call.prompt
    replica.output_tokens += call.output
    if call.output > 1:
        row = out_runs[clock.run_rows]
        clock.run_rows += 1
        row.start_ns, row.first_ns, row.growth_ns = call.first_token_ns, call.gap_ns, 0.0
        row.replica, row.steps, row.decoding, row.kind = replica.row, call.output - 1, 1, _STEPS
