"""What is alive in a run: tasks, their threads and gatherings, calls, and conversations that replicas keep.

Slots of these tables are reused; free ones hang together by `next`, and the clock knows the first of each table and
how many there are. -1 ends a list. What luck is drawn for has 8 bytes, so that its kernels are compiled for one type.
"""

from __future__ import annotations

from fleetsim.tables import Column, Table

LIVE_CALLS = Table(
    Column("used", "i4", "1 if the slot holds a call, 2 if its record is written and its answer on its way"),
    Column("task", "i4", "slot of its task"),
    Column("thread", "i4", "slot of the thread that made it"),
    Column("node", "i8", "workflow node that made it"),
    Column("attempt", "i8", "see CALLS"),
    Column("role", "i8", "see CALLS"),
    Column("pool", "i4", "pool it goes to"),
    Column("answers", "i4", "1 if its tokens are what the user reads"),
    Column("continues", "i4", "1 if its prompt is the thread's conversation"),
    Column("replica", "i4", "replica it was given to"),
    Column("prompt", "i4", "prompt tokens"),
    Column("output", "i4", "answer tokens, after any cut"),
    Column("cached", "i4", "tokens of the prompt that the replica still had"),
    Column("status", "i4", "the Status it will end with"),
    Column("model", "i8", "see CALLS"),
    Column("right", "i4", "see CALLS"),
    Column("label", "i4", "label of its answer"),
    Column("target", "i4", "prefill target"),
    Column("done", "i4", "tokens of the target computed"),
    Column("chunk", "i4", "tokens it gets in this step"),
    Column("emitted", "i4", "tokens emitted when it joined the decoding ones; before: in all"),
    Column("preemptions", "i4", "preemptions"),
    Column("decoding", "i4", "1 while it decodes"),
    Column("imported", "i4", "1 from the end of its prefill in another pool until it is admitted where it decodes"),
    Column("fresh", "i4", "1 in its first step where it decodes"),
    Column("prefill_replica", "i4", "see CALLS"),
    Column("transferred_ns", "i8", "see CALLS"),
    Column("prev", "i4", "list link"),
    Column("next", "i4", "list link"),
    Column("line", "i4", "row of LINES of its class at its replica; -1: it has none"),
    Column("order", "i8", "number of its admission; before, of its joining those with keys"),
    Column("key", "f8", "what the queue's order said of it as it joined"),
    Column("joined_step", "i8", "decode step of the replica after which it decodes"),
    Column("joined_ns", "i8", "time after which it decodes"),
    Column("last_token_ns", "i8", "when it emitted its last token before a preemption; -1: nothing to resume"),
    Column("sent_ns", "i8", "see CALLS"),
    Column("queued_ns", "i8", "see CALLS"),
    Column("admitted_ns", "i8", "see CALLS"),
    Column("first_token_ns", "i8", "see CALLS"),
    Column("promised_ns", "i8", "endpoint: when it will have sent the first token"),
    Column("gap_ns", "i8", "endpoint: time between its tokens"),
)

LIVE_TASKS = Table(
    Column("used", "i4", "1 if the slot holds a task"),
    Column("next", "i4", "list link"),
    Column("task", "i8", "its number"),
    Column("think_ns", "i8", "closed loop: pause of the client after it"),
    Column("class_id", "i8", "task class"),
    Column("domain", "i8", "subject"),
    Column("prompt", "i4", "the user's prompt"),
    Column("output", "i4", "tokens of a full answer"),
    Column("threads", "i4", "how many of its threads there are, those that wait for a JOIN included"),
    Column("first_entry", "i4", "the first of the conversations kept for it, linked by `other`"),
    Column("learned_node", "i8", "the SELECT that learns at which it chose last; -1: none"),
    Column("learned_branch", "i8", "what it chose there"),
    Column("learned_domain", "i8", "the domain it was taken for there"),
    Column("answer_pool", "i4", "pool of its last answering call; -1: none sent"),
    Column("answer_tokens", "i4", "tokens of that call's answer once it was accepted"),
    Column("calls", "i4", "calls made"),
    Column("preemptions", "i4", "preemptions of its finished calls"),
    Column("status", "i4", "the Status it will end with"),
    Column("right", "i4", "see TASK_RECORDS"),
    Column("flagged", "i4", "see TASK_RECORDS"),
    Column("arrival_ns", "i8", "when it arrived"),
    Column("first_token_ns", "i8", "when the client has the first token of its last answering call; -1: not yet known"),
    Column("finish_ns", "i8", "when it ended; -1: not yet"),
)

LIVE_THREADS = Table(
    Column("next", "i4", "list link: free ones, or those counted by a gathering in their order"),
    Column("task", "i4", "slot of its task"),
    Column("gathering", "i4", "slot of the gathering it belongs to; -1: none"),
    Column("node", "i8", "DELAY: the node it enters when it is over"),
    Column("lane", "i8", "its number among the threads side by side"),
    Column("rounds", "i8", "rounds of loops so far"),
    Column("passes", "i8", "passes begun in the loops it is in, PASS_BITS a depth"),
    Column("role", "i8", "part of the task it works on"),
    Column("context", "i4", "tokens its conversation holds"),
    Column("good", "i4", "1 if all finished stages of a pipeline were right"),
    Column("right", "i4", "of its answer: right 1, wrong 0, not judged -1"),
    Column("label", "i4", "of its answer"),
    Column("flagged", "i4", "1 if its answer was seen to be doubtful"),
    Column("model", "i8", "that made its answer, as are the following"),
    Column("maker_role", "i8", "role of the call"),
    Column("sample", "i8", "attempt of the call"),
    Column("pool", "i4", "pool that decoded it"),
    Column("tokens", "i4", "its length"),
    Column("weight", "f8", "its weight in a vote"),
    Column("agreement", "f8", "share of votes behind its answer"),
    Column("tried_node", "i8", "the SELECT whose task remembers, where it chose what no verifier has scored; -1: none"),
    Column("tried_branch", "i8", "what it chose there"),
    Column("tried_domain", "i8", "the domain its task was taken for there"),
    Column("best_node", "i8", "the VERIFY that keeps the best which it entered last; -1: none. What it had then:"),
    Column("best_score", "f8", "score of its answer there, -inf if it was blank"),
    Column("best_context", "i4", "see context"),
    Column("best_right", "i4", "see right"),
    Column("best_label", "i4", "see label"),
    Column("best_model", "i8", "see model"),
    Column("best_maker_role", "i8", "see maker_role"),
    Column("best_sample", "i8", "see sample"),
    Column("best_pool", "i4", "see pool"),
    Column("best_tokens", "i4", "see tokens"),
    Column("best_weight", "f8", "see weight"),
    Column("best_agreement", "f8", "see agreement"),
)

PASS_BITS = 21
"""Bits of LIVE_THREADS.passes for each depth of loops."""

GATHERINGS = Table(
    Column("next", "i4", "list link: free ones, or those that still let threads go, the innermost first"),
    Column("fork", "i8", "the FORK that opened it"),
    Column("thread", "i4", "slot of the thread that forked and waits while it is open"),
    Column("released", "i8", "threads let go so far"),
    Column("forking", "i4", "1 while it lets threads go"),
    Column("closed", "i4", "1 when its JOIN has fired"),
    Column("live", "i4", "threads of it that are not counted and not dead"),
    Column("counted", "i4", "threads counted"),
    Column("first_counted", "i4", "the first of them"),
    Column("last_counted", "i4", "the last of them"),
)

ENTRIES = Table(
    Column("next", "i4", "list link: free ones, or the next younger one at the replica"),
    Column("prev", "i4", "the next older one at the replica"),
    Column("other", "i4", "another one of the same task"),
    Column("task", "i4", "slot of its task"),
    Column("lane", "i4", "lane of the thread whose conversation it is"),
    Column("replica", "i4", "where it is"),
    Column("blocks", "i8", "KV blocks of it"),
)

SLOTS = {
    "calls": LIVE_CALLS,
    "tasks": LIVE_TASKS,
    "threads": LIVE_THREADS,
    "gatherings": GATHERINGS,
    "entries": ENTRIES,
}
"""The tables of slots by the name they have in the clock and, behind `live_`, in the state."""
