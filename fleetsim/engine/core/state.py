"""The core's working memory: a few tables of fixed dtypes, so that one compiled core serves every plan.

A replica's queue is a list of calls linked by `next`, or ordered as `queueing.py` says; its batch is a list in order
of admission linked by `prev` and `next`; the conversations it keeps are a list in order of age. -1 ends a list. What is
alive: `live.py`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fleetsim.quality.answers import Quality
from fleetsim.tables import CALLS, RUNS, SAMPLES, TASK_RECORDS, Column, Table

NEVER = np.int64(2**62)
"""A time that does not come."""

CLOCK = Table(
    Column("now_ns", "i8", "time of the event being handled"),
    Column("seed", "i8", "seed of the run's luck"),
    Column("horizon_ns", "i8", "no task arrives at or after this"),
    Column("stop_ns", "i8", "events after this do not happen"),
    Column("sample_every_ns", "i8", "grid of the timeline"),
    Column("next_sample_ns", "i8", "its next point; NEVER when all are taken"),
    Column("clients", "i8", "closed loop; 0 for open"),
    Column("first_task", "i8", "number of the task in row 0 of the fed rows"),
    Column("next_row", "i8", "open loop: the fed row that arrives next"),
    Column("fed_rows", "i8", "rows fed"),
    Column("more_tasks", "i8", "1 while further rows can be fed"),
    Column("free_calls", "i8", "how many call slots are free"),
    Column("free_call", "i4", "the first of them"),
    Column("free_tasks", "i8", "how many task slots are free"),
    Column("free_task", "i4", "the first of them"),
    Column("free_threads", "i8", "how many thread slots are free"),
    Column("free_thread", "i4", "the first of them"),
    Column("free_gatherings", "i8", "how many gathering slots are free"),
    Column("free_gathering", "i4", "the first of them"),
    Column("free_entries", "i8", "how many slots for kept conversations are free"),
    Column("free_entry", "i4", "the first of them"),
    Column("forking", "i4", "gatherings that let threads go at this instant, the innermost first, linked by `next`"),
    Column("finished", "i4", "calls that have finished at their replica at this instant, linked by `next`"),
    Column("busy", "i4", "1 if these two were left for want of room"),
    Column("domains", "i8", "domains of the workload"),
    Column("memory_rows", "i8", "rows of memory that all tasks share; behind them each slot of a task has its own"),
    Column("task_memory_rows", "i8", "how many a task has"),
    Column("judged", "i4", "1 if any call of the workflow is judged"),
    Column("messages", "i8", "entries of the network heap"),
    Column("waking", "i8", "replicas that start a step at this instant"),
    Column("call_rows", "i8", "rows written and not drained yet"),
    Column("task_rows", "i8", "rows written and not drained yet"),
    Column("run_rows", "i8", "rows written and not drained yet"),
    Column("sample_rows", "i8", "rows written and not drained yet"),
    Column("margin", "i8", "rows and slots that one event may need at most, or each thread that a FORK lets go"),
    Column("culprit_place", "i8", "BAD_CHOICE: the pool; BAD_BRANCH: the node"),
    Column("culprit_task", "i8", "the task"),
    Column("culprit_choice", "i8", "what the balancer or selector returned"),
)

REPLICAS = Table(
    Column("row", "i4", "its own row"),
    Column("pool", "i4", "its pool"),
    Column("block_tokens", "i4", "its pool's, as are the following"),
    Column("max_num_seqs", "i4", "see POOLS"),
    Column("max_batched_tokens", "i4", "see POOLS"),
    Column("scheduler", "i4", "see POOLS"),
    Column("queue_order", "i4", "see POOLS"),
    Column("order_asked", "i4", "see POOLS"),
    Column("window_tokens", "i4", "see POOLS"),
    Column("kv_blocks", "i8", "see POOLS"),
    Column("caches", "i4", "see POOLS"),
    Column("model", "i8", "see POOLS; a change may give it another"),
    Column("base_offset", "i8", "see POOLS"),
    Column("return_delay_ns", "i8", "see POOLS"),
    Column("decode_pool", "i4", "see POOLS"),
    Column("transfer_ns_per_token", "f8", "see POOLS"),
    Column("transfer_latency_ns", "i8", "see POOLS"),
    Column("alpha_ns", "f8", "see POOLS"),
    Column("window_alpha_ns", "f8", "see POOLS"),
    Column("beta_ns", "f8", "see POOLS"),
    Column("queue_head", "i4", "waiting call that is next, none: ask the order for it"),
    Column("queue_tail", "i4", "the last one behind it"),
    Column("queue_root", "i4", "order asked as calls join: root of the heap of calls with keys"),
    Column("joins", "i8", "how many have been given keys"),
    Column("first_line", "i8", "order asked as steps start: its line of task class 0"),
    Column("last_line", "i8", "the line of which a call was admitted last"),
    Column("fresh_lines", "i4", "lines that are to be lifted as its next step starts"),
    Column("waiting", "i4", "calls in the queue"),
    Column("last_admitted", "i4", "end of the batch list"),
    Column("running", "i4", "sequences in the batch"),
    Column("decoding", "i4", "sequences that get a token in each step"),
    Column("under_window", "i4", "those of them that read less than the sliding window"),
    Column("first_chunk", "i4", "first sequence of the batch list with a prefill chunk in this step; -1: none"),
    Column("first_import", "i4", "first sequence of the batch list that decodes here for the first time in this step"),
    Column("imports", "i4", "how many do"),
    Column("paused", "i4", "sequences of the step in progress that emitted their last token before it began"),
    Column("batch_closed", "i4", "1 while its scheduler admits nothing because a static batch decodes"),
    Column("emitted_ns", "i8", "end of its last step in which sequences decoded"),
    Column("link_free_ns", "i8", "when its link can take the next KV transfer"),
    Column("closed", "i4", "1 while it takes no calls because it is being changed"),
    Column("version", "i4", "what it is being changed to, and -1 if to nothing else"),
    Column("load_ns", "i8", "how long it loads for that"),
    Column("changed", "i4", "1 if its run of steps must end with the step in progress"),
    Column("oldest_entry", "i4", "the oldest conversation it keeps"),
    Column("youngest_entry", "i4", "the youngest"),
    Column("entry_blocks", "i8", "KV blocks of all that it keeps"),
    Column("stepping", "i4", "1 while a step is in progress"),
    Column("waking", "i4", "1 if it is among those that start a step at this instant"),
    Column("run_open", "i4", "1 while the run of steps can go on"),
    Column("finishers", "i4", "size of its heap of finish steps"),
    Column("crossers", "i4", "size of its heap of window crossings"),
    Column("finish_heap", "i8", "where its heap of finish steps begins in turns"),
    Column("window_heap", "i8", "where its heap of window crossings begins in turns"),
    Column("phase_offset", "i8", "where its row of growth phases begins"),
    Column("free_blocks", "i8", "KV blocks free, as of the last accounted step's start"),
    Column("waiting_blocks", "i8", "KV blocks the waiting calls need"),
    Column("context", "i8", "KV tokens the next decode step reads"),
    Column("window_context", "i8", "the same, each sequence counted up to the window"),
    Column("decode_step", "i8", "decode steps accounted for"),
    Column("admissions", "i8", "admissions so far"),
    Column("since_ns", "i8", "time up to which it is accounted for"),
    Column("run_start_ns", "i8", "when the run of steps began"),
    Column("run_done", "i8", "steps of the run accounted for"),
    Column("run_until", "i8", "step of the run at whose end something must be decided"),
    Column("run_decoding", "i8", "sequences decoding in the run"),
    Column("run_under_window", "i8", "those under the window in the run"),
    Column("run_first_ns", "f8", "duration of the run's first step"),
    Column("run_growth_ns", "f8", "how much longer each further step takes"),
    Column("prefill_ns", "i8", "time in steps with a chunk"),
    Column("decode_ns", "i8", "time in steps without"),
    Column("steps", "i8", "steps completed"),
    Column("prefill_tokens", "i8", "chunk tokens of completed steps"),
    Column("output_tokens", "i8", "tokens emitted"),
    Column("preemptions", "i8", "preemptions"),
)

MESSAGES = Table(
    Column("time_ns", "i8", "when it happens"),
    Column("key", "i8", "rank, then task, then node: the order at one instant"),
    Column("slot", "i4", "the call; ARRIVAL: unused"),
)
"""Things on their way: calls to pools, answers to clients, tasks of closed-loop clients that think."""

TURNS = Table(
    Column("step", "i8", "decode step at which it happens"),
    Column("order", "i8", "number of the call's admission: the order within one step"),
    Column("slot", "i4", "the call"),
)
"""Heap entries of a replica: which sequence finishes, or reaches the sliding window, at which decode step."""


LINES = Table(
    Column("head", "i4", "waiting call that is its next"),
    Column("tail", "i4", "waiting call that is its last"),
    Column("fresh", "i4", "1 from when it has calls again until it is lifted"),
    Column("decoding", "i4", "sequences of the class that get a token in each step"),
    Column("served_prompt_tokens", "i8", "see ORDER_SIGNALS"),
    Column("served_output_base", "i8", "see ORDER_SIGNALS, less the replica's decode_step for each that is decoding"),
    Column("lift", "f8", "what it was lifted by"),
)
"""Calls of one task class that wait at a replica whose order is asked as steps start, and what it was served there."""

BOOKS = Table(
    Column("turn", "i8", "index behind the one that the balancer chose last"),
    Column("closed", "i8", "replicas that are closed"),
    Column("requests_left", "f8", "endpoint: what may come at once"),
    Column("tokens_left", "f8", "endpoint: the same of tokens"),
    Column("refilled_ns", "i8", "endpoint: when these were last brought up to date"),
)
"""What changes of a pool."""

MEMORY = Table(
    Column("reports", "f8", "see OPTION_SIGNALS"),
    Column("reward", "f8", "see OPTION_SIGNALS"),
)
"""What selectors have been told."""


ORDER_FAULT = Table(
    Column("found", "i8", "1 if an order has said what is no finite number"),
    Column("pool", "i8", "whose order"),
    Column("class_id", "i8", "the class of the call, or of the line"),
    Column("said", "f8", "what it said"),
)
"""What stops a run: see BAD_ORDER."""


class Ordering(NamedTuple):
    """What the orders of queues read and change."""

    lines: np.recarray  # LINES
    asked: np.recarray  # ORDER_SIGNALS, one row: what an order is asked about
    knobs: np.ndarray  # float64[pool, knob]
    priorities: np.ndarray  # int64[task class]
    fault: np.recarray  # ORDER_FAULT, one row


class State(NamedTuple):
    """All that the core reads and changes; sections of the loop hand each function just what that touches."""

    clock: np.recarray  # CLOCK, one row
    tasks: np.recarray  # TASKS: the fed rows
    pools: np.recarray  # POOLS
    nodes: np.recarray  # NODES
    base_ns: np.ndarray
    knobs: np.ndarray
    branch_targets: np.ndarray
    branch_cdf: np.ndarray
    times_ns: np.ndarray
    outages: np.ndarray
    quality: Quality
    options: np.recarray  # OPTIONS
    option_ability: np.ndarray
    option_signals: np.recarray  # OPTION_SIGNALS: those of a SELECT while its selector chooses
    selector_knobs: np.ndarray
    bounds: np.ndarray  # int32[selectors]: 1 if it may see which answers would be right
    memory: np.recarray  # MEMORY
    votes: np.ndarray  # float64[LABELS]: weights of votes while a JOIN counts them
    versions: np.recarray  # VERSIONS
    changes: np.recarray  # CHANGES
    replicas: np.recarray  # REPLICAS
    ordering: Ordering
    signals: np.recarray  # SIGNALS
    books: np.recarray  # BOOKS, one row a pool
    open_signals: np.recarray  # SIGNALS: those of a pool's open replicas while a balancer chooses
    open_rows: np.ndarray  # int32: the rows of those replicas
    phases: np.ndarray  # int32: sequences whose next KV block is due at a decode step, by step modulo block size
    turns: np.recarray  # TURNS: the replicas' heaps
    due_ns: np.ndarray  # int64[replicas]: when its run of steps needs a decision
    tree: np.ndarray  # int32: tournament over due_ns
    waking: np.ndarray  # int32[replicas]: which start a step at this instant
    live_calls: np.recarray  # LIVE_CALLS
    live_tasks: np.recarray  # LIVE_TASKS
    live_threads: np.recarray  # LIVE_THREADS
    live_gatherings: np.recarray  # GATHERINGS
    live_entries: np.recarray  # ENTRIES
    network: np.recarray  # MESSAGES: a binary heap
    out_calls: np.recarray  # CALLS
    out_tasks: np.recarray  # TASK_RECORDS
    out_runs: np.recarray  # RUNS
    out_samples: np.recarray  # SAMPLES


OUTPUTS = {"calls": CALLS, "tasks": TASK_RECORDS, "runs": RUNS, "samples": SAMPLES}
"""Which table each output buffer holds."""
