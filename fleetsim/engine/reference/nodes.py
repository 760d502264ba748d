"""What CALL, VERIFY, DELAY and LOOP do with a thread that enters them (docs/engine.md, section 3)."""

from __future__ import annotations

import math
from dataclasses import replace

from fleetsim.engine.reference.joins import score_of, seen_score
from fleetsim.engine.reference.plan_rows import NodeRow
from fleetsim.engine.reference.records import Call
from fleetsim.engine.reference.threads import Answer, Best, Thread
from fleetsim.luck import Stream, uniform
from fleetsim.plan import Plan
from fleetsim.quality.answers import loop_luck
from fleetsim.tables import BLANK, Look

# CALL


def prompt_tokens(row: NodeRow, thread: Thread) -> int:
    """Tokens that the node's call sends for the thread."""
    if row.context == 1:
        tokens = thread.context_tokens
    elif row.prompt_tokens != -1:
        tokens = row.prompt_tokens
    else:
        tokens = thread.task.prompt_tokens
    tokens = max(tokens + row.added_tokens, 1)
    return tokens if row.prompt_limit == -1 else min(tokens, row.prompt_limit)


def output_tokens(row: NodeRow, thread: Thread) -> int:
    """Tokens that the node's call asks for."""
    asked = thread.task.full_output_tokens if row.output_tokens == -1 else row.output_tokens
    return max(math.floor(row.output_scale * asked + 0.5), 1)


def take_answer(row: NodeRow, thread: Thread, call: Call) -> None:
    """The thread has the answer of the node's call."""
    if row.keeps == 1:
        thread.context_tokens = call.prompt_tokens + call.output_tokens
    if row.solves == 0:
        thread.answer = replace(thread.answer, pool=call.pool, tokens=call.output_tokens)
        return
    if row.chain == 1 and thread.answer.right == 0:
        thread.good = 0
    thread.answer = Answer(
        right=call.right,
        label=call.label,
        flagged=int(call.label == BLANK and call.right != -1),
        model=call.model,
        role=call.role,
        sample=call.attempt,
        pool=call.pool,
        tokens=call.output_tokens,
        weight=row.weight,
    )


def take_refusal(thread: Thread, was_to_be_judged: bool) -> None:
    """The thread takes a refusal to the JOIN of its FORK in place of an answer."""
    right = 0 if was_to_be_judged else -1
    thread.answer = replace(thread.answer, right=right, label=BLANK, flagged=1)


# VERIFY


def keep_best(row: NodeRow, node: int, thread: Thread, plan: Plan) -> None:
    """The thread goes back to the best answer that a VERIFY has seen of it, and to the conversation with that."""
    best, task = thread.best, thread.task.task
    if best is not None and best.node == node:
        before, now = (seen_score(answer, plan, task, row.separation) for answer in (best.answer, thread.answer))
        if before >= now:
            thread.answer, thread.context_tokens = best.answer, best.context_tokens
    thread.best = Best(node, thread.answer, thread.context_tokens)


def passes(row: NodeRow, thread: Thread, now_ns: int, plan: Plan) -> bool:
    """Whether the thread passes a VERIFY."""
    match row.look:
        case Look.ANSWER:
            return passes_verifier(row, thread, plan)
        case Look.AGREEMENT:
            return thread.answer.agreement >= row.threshold
        case Look.ELAPSED:
            return now_ns - thread.task.arrival_ns <= row.threshold
        case Look.CONTEXT:
            return thread.context_tokens <= row.threshold


def passes_verifier(row: NodeRow, thread: Thread, plan: Plan) -> bool:
    """Whether the answer's score is high enough; if not it is flagged."""
    answer = thread.answer
    passed = answer.label != BLANK and score_of(answer, plan, thread.task.task, row.separation) >= row.threshold
    thread.answer = replace(answer, flagged=0 if passed else 1)
    return passed


# DELAY


def delay_ns(row: NodeRow, node: int, thread: Thread, plan: Plan) -> int:
    """How long the thread waits in a DELAY."""
    u = uniform(plan.seed, int(Stream.DELAY), thread.task.task, node, thread.attempt)
    return quantile(plan, row.times_offset, row.times_count, u)


def quantile(plan: Plan, offset: int, count: int, u: float) -> int:
    """The value at `u`, between 0 and 1, of `count` equally likely ones that begin at `offset` in times_ns."""
    return int(plan.times_ns[offset + math.floor(u * count)])


# LOOP


def goes_round(row: NodeRow, node: int, thread: Thread, plan: Plan) -> bool:
    """Whether the thread begins another pass of a LOOP; else it has left it."""
    for deeper in range(row.depth + 1, len(thread.passes)):
        thread.passes[deeper] = 0
    if thread.passes[row.depth] >= passes_most(row, node, thread, plan):
        thread.passes[row.depth] = 0
        return False
    thread.passes[row.depth] += 1
    if thread.passes[row.depth] > 1:
        thread.round += 1
    return True


def passes_most(row: NodeRow, node: int, thread: Thread, plan: Plan) -> int:
    """How many passes of a LOOP the thread makes at most."""
    if row.times_offset == -1:
        return row.limit
    task = thread.task
    luck = loop_luck(
        plan.quality, plan.seed, task.task, task.domain, node, row.model, thread.role, thread.lane, row.difficulty
    )
    return min(row.limit, quantile(plan, row.times_offset, row.times_count, luck))
