"""Every table's columns: dtype, unit, meaning; and the order of simultaneous events.

One declaration of a column serves the kernels (its dtype), the Parquet files and
frames (its name and unit) and the documentation (its meaning). Both engines read and write
these tables and nothing else, so this module is the whole of what they share as data.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

UNLIMITED_BLOCKS = 1 << 40
"""KV blocks of a pool whose model keeps no KV cache (an encoder) or whose memory is not modelled."""

REFUSAL_NS = 1_000_000
"""A refusal takes a millisecond at least: a closed loop of refused calls must not stop the clock."""

KNOBS = 4
"""How many numbers a policy may be tuned by."""


class Rank(IntEnum):
    """What goes first at one instant. Ties within a rank go to the lowest id (named behind each)."""

    STEP_END = 0  # replica
    RETURN = 1  # task, then node: an answer reaches the client after its network delay
    ARRIVAL = 2  # task
    TRANSFER = 3  # task, then node: a call's KV has reached the pool that decodes it
    DELIVER = 4  # task, then node: a call reaches its pool after its network delay
    STEP_START = 5  # replica: so a step sees all that happened at its instant
    SAMPLE = 6  # the timeline sees all that happened at its instant


class Status(IntEnum):
    """How a call or a task ended."""

    IN_FLIGHT = 0
    FINISHED = 1
    CUT = 2  # finished, but its answer was cut short at the context or KV limit
    REFUSED_CONTEXT = 3  # the prompt leaves no room in the model's context
    REFUSED_KV = 4  # the prompt is larger than the replica's whole KV memory


class NodeKind(IntEnum):
    """What a workflow node does."""

    CALL = 0
    SELECT = 1
    END = 2


class RunKind(IntEnum):
    """What a row of RUNS holds."""

    STEPS = 0
    RESUMED = 1  # one long gap: of a sequence that was preempted and computed again, or of those that paused


class Scheduler(IntEnum):
    """Whose tokens a replica's step computes (docs/engine.md, 5 and 5a)."""

    CHUNKED = 0  # every running sequence's next token, then chunks of prompts
    PREFILL_FIRST = 1  # prompts alone as long as one can be admitted, while the others pause
    STATIC = 2  # a batch is prefilled and decoded to its end before the next one begins


@dataclass(frozen=True)
class Column:
    """One column: its name carries the unit; `meaning` is what documentation says of it."""

    name: str
    dtype: str
    meaning: str


class Table(tuple):
    """An ordered set of columns with the aligned numpy dtype made from them."""

    def __new__(cls, *columns: Column) -> Table:
        return super().__new__(cls, columns)

    @property
    def dtype(self) -> np.dtype:
        """The aligned structured dtype of one row."""
        return np.dtype([(c.name, c.dtype) for c in self], align=True)

    def empty(self, rows: int) -> np.recarray:
        """`rows` zeroed rows, readable as `table[i].column` both compiled and in plain Python."""
        return np.zeros(rows, self.dtype).view(np.recarray)


TASKS = Table(
    Column("arrival_ns", "i8", "when the task arrives; in a closed loop meaningful for the first round only"),
    Column("think_ns", "i8", "closed loop: the pause of the client between this answer and its next task"),
    Column("class_id", "i4", "task class, by order in the scenario"),
    Column("domain", "i4", "subject of the task, by order of first mention in the scenario"),
    Column("prompt_tokens", "i4", "tokens the user sends"),
    Column("output_tokens", "i4", "tokens a full answer has"),
)
"""The workload, one row a task. In a closed loop of N clients row j*N+c is the j-th task of client c."""

POOLS = Table(
    Column("first_replica", "i4", "row of the pool's first replica"),
    Column("replicas", "i4", "how many replicas the pool has"),
    Column("balancer", "i4", "position of the pool's balancer in the plan's list of balancers"),
    Column("reads_kv", "i4", "1 if the balancer reads the kv_blocks signal"),
    Column("max_num_seqs", "i4", "sequences a replica may run at once"),
    Column("max_batched_tokens", "i4", "token budget of a step"),
    Column("scheduler", "i4", "Scheduler"),
    Column("block_tokens", "i4", "tokens a KV block holds"),
    Column("context_tokens", "i4", "longest prompt plus answer of the model"),
    Column("kv_blocks", "i8", "KV blocks of one replica"),
    Column("base_offset", "i8", "where the pool's table of base step times begins in base_ns"),
    Column("alpha_ns", "f8", "time to read one token of KV in a decode step"),
    Column("window_alpha_ns", "f8", "the same for the layers with a sliding window"),
    Column("beta_ns", "f8", "time of one token pair of causal attention in prefill"),
    Column("window_tokens", "i4", "sliding window; 0 when the model has none"),
    Column("delay_ns", "i8", "network delay from the client to the pool"),
    Column("return_delay_ns", "i8", "network delay from the pool to the client"),
    Column("decode_pool", "i4", "pool that decodes what this one has prefilled; -1: this one does both"),
    Column("transfer_ns_per_token", "f8", "time of one token's KV on a replica's link to the decode pool"),
    Column("transfer_latency_ns", "i8", "and of the way there"),
)

NODES = Table(
    Column("kind", "i4", "NodeKind"),
    Column("pool", "i4", "CALL: the pool that answers"),
    Column("prompt_tokens", "i4", "CALL: prompt of a fixed size; -1: the task's own prompt"),
    Column("prompt_limit", "i4", "CALL: a longer prompt is cut to this; -1: no limit"),
    Column("output_tokens", "i4", "CALL: answer of a fixed size; -1: the task's own answer"),
    Column("next", "i4", "CALL: the node that follows"),
    Column("answers", "i4", "CALL: 1 if its tokens are what the user reads"),
    Column("first_branch", "i4", "SELECT: where its branch targets begin in branch_targets"),
    Column("branches", "i4", "SELECT: how many branches it has"),
    Column("cdf_offset", "i4", "SELECT: where its [domain, branch] table begins in branch_cdf"),
)

SIGNALS = Table(
    Column("outstanding", "i8", "calls sent to the replica and not yet finished, waiting ones included"),
    Column("outstanding_tokens", "i8", "prompt tokens of those calls"),
    Column(
        "kv_blocks", "i8", "KV blocks held by running sequences plus those the waiting ones need; -1 if not declared"
    ),
)
"""What a balancer may observe of a replica. Output lengths are never among it."""

CALLS = Table(
    Column("task", "i8", "task the call belongs to"),
    Column("node", "i4", "workflow node that made the call"),
    Column("attempt", "i4", "how often the node had made this call before"),
    Column("pool", "i4", "pool it went to"),
    Column("replica", "i4", "replica it was given to; -1 if refused or not delivered yet"),
    Column("prefill_replica", "i4", "replica that prefilled it for another pool to decode; -1 if none did"),
    Column("prompt_tokens", "i4", "tokens sent"),
    Column("output_tokens", "i4", "tokens of the whole answer, after any cut"),
    Column("preemptions", "i4", "how often it lost its KV blocks and was computed again"),
    Column("status", "i4", "Status"),
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
    Column("answer_pool", "i4", "pool of the call whose tokens the user reads; -1 if none was made"),
    Column("calls", "i4", "model calls made"),
    Column("preemptions", "i4", "preemptions over all its calls"),
    Column("prompt_tokens", "i4", "tokens the user sent"),
    Column("output_tokens", "i4", "tokens of the answer, after any cut"),
    Column("status", "i4", "Status"),
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
