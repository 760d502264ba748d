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

LANES = 64
"""How many threads of one task may walk side by side; a call's attempt is LANES * round + lane."""

NODES_MOST, TASKS_MOST, ATTEMPTS_MOST = 1 << 9, 1 << 30, 1 << 20
"""How many nodes a workflow, tasks a run and attempts a task may have: an event's id must fit into one integer."""

LABELS, BLANK = 16, 15
"""Labels of answers: 0 is right, 1 to 14 are different wrong answers, BLANK is malformed or none, seen to be wrong."""


class Rank(IntEnum):
    """What goes first at one instant. Ties within a rank go to the lowest id (named behind each)."""

    CHANGE = 0  # replica: it closes for a change, or is ready again
    STEP_END = 1  # replica
    ANSWERED = 2  # task, node, attempt: a rented endpoint has sent its last token
    RETURN = 3  # task, node, attempt: an answer reaches the client after its network delay
    RESUME = 4  # task, node, attempt: a delay is over
    ARRIVAL = 5  # task
    TRANSFER = 6  # task, node, attempt: a call's KV has reached the pool that decodes it
    DELIVER = 7  # task, node, attempt: a call reaches its pool after its network delay
    STEP_START = 8  # replica: so a step sees all that happened at its instant
    SAMPLE = 9  # the timeline sees all that happened at its instant


class Status(IntEnum):
    """How a call or a task ended."""

    IN_FLIGHT = 0
    FINISHED = 1
    CUT = 2  # finished, but its answer was cut short at the context or KV limit
    REFUSED_CONTEXT = 3  # the prompt leaves no room in the model's context
    REFUSED_KV = 4  # the prompt is larger than the replica's whole KV memory
    REFUSED_OUTAGE = 5  # the pool was out of order
    REFUSED_RATE = 6  # the endpoint's limit of requests or tokens a minute was reached
    REFUSED_ERROR = 7  # the endpoint failed
    REFUSED_CLOSED = 8  # no replica of the pool was open: all were being changed


class NodeKind(IntEnum):
    """What a workflow node does."""

    CALL = 0
    SELECT = 1
    END = 2
    FORK = 3
    JOIN = 4
    VERIFY = 5
    DELAY = 6
    LOOP = 7


class TableKey(IntEnum):
    """What the row of a SELECT's table of shares is."""

    DOMAIN = 0
    CLASS = 1


class SignalOf(IntEnum):
    """What the `signal` of a SELECT's option is of."""

    OWN = 0  # how easy the task is for the option's own model
    ADVANTAGE = 1  # how much easier than for the first option's


class JoinRule(IntEnum):
    """Which answer a thread has behind a JOIN."""

    LAST = 0  # that of the thread that came last of those counted (with need 1: the first)
    ALL = 1  # parts of one whole: right if all are
    VOTE = 2  # the most frequent label
    BEST = 3  # that with the highest score of a verifier
    ANY = 4  # a right one if there is one: a bound that nobody can see in production


class Look(IntEnum):
    """What a VERIFY looks at."""

    ANSWER = 0  # a noisy score of the answer
    AGREEMENT = 1  # the share of votes behind it
    ELAPSED = 2  # time since the task arrived, ns
    CONTEXT = 3  # tokens of the thread's context


class RunKind(IntEnum):
    """What a row of RUNS holds."""

    STEPS = 0
    RESUMED = 1  # the one long gap of a sequence that was preempted and computed again


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
    Column("model", "i4", "row of the quality tables; -1: its answers are not judged"),
    Column("caches", "i4", "1: KV of conversations stays until its blocks are needed"),
    Column("endpoint", "i4", "1: rented, answers by its distributions of times; has one replica that only keeps books"),
    Column("ttft_offset", "i4", "endpoint: where its quantiles of time to first token begin in times_ns"),
    Column("ttft_count", "i4", "how many"),
    Column("tpot_offset", "i4", "endpoint: where its quantiles of time per output token begin in times_ns"),
    Column("tpot_count", "i4", "how many"),
    Column("error_share", "f8", "endpoint: share of calls that fail"),
    Column("requests_per_ns", "f8", "endpoint: limit of requests; 0: none"),
    Column("requests_most", "f8", "what may come at once under that limit"),
    Column("tokens_per_ns", "f8", "endpoint: limit of prompt and answer tokens; 0: none"),
    Column("tokens_most", "f8", "what may come at once under that limit"),
    Column("first_outage", "i4", "where its outages begin in Plan.outages"),
    Column("outages", "i4", "how many it has"),
)

NODES = Table(
    Column("kind", "i4", "NodeKind"),
    Column("next", "i4", "the node that follows; LOOP: its body; VERIFY: if it passes"),
    Column(
        "other", "i4", "LOOP: behind it; VERIFY: if it does not pass; CALL: if it is refused, -1: that ends the task"
    ),
    Column("pool", "i4", "CALL: the pool that answers"),
    Column("context", "i4", "CALL: 1 if the prompt is the thread's context and not a new one"),
    Column("prompt_tokens", "i4", "CALL without context: prompt of a fixed size; -1: the task's own prompt"),
    Column("added_tokens", "i4", "CALL: tokens that the prompt has in addition"),
    Column("prompt_limit", "i4", "CALL: a longer prompt is cut to this; -1: no limit"),
    Column("output_tokens", "i4", "CALL: answer of a fixed size; -1: the task's own answer"),
    Column("output_scale", "f8", "CALL: times this"),
    Column("coupled", "i4", "CALL: 1 if difficulty makes its answer longer"),
    Column("keeps", "i4", "CALL: 1 if prompt and answer become the thread's context"),
    Column("answers", "i4", "CALL: 1 if the user reads its tokens as they come"),
    Column("solves", "i4", "CALL: 1 if it makes an answer that is right or wrong; 0: the thread's answer stays"),
    Column("chain", "i4", "CALL: 1 if the answer so far must be right as well: a stage of a pipeline"),
    Column("role", "i4", "CALL: which part of the task it works on, added to the thread's own"),
    Column(
        "probit",
        "f8",
        "CALL: added to the model's ability: feedback, a better prompt, an interface that does not match",
    ),
    Column("weight", "f8", "CALL: of its answer in a VOTE"),
    Column("first_branch", "i4", "SELECT, FORK: where its branch targets begin in branch_targets"),
    Column("branches", "i4", "SELECT, FORK: how many branches it has"),
    Column("table_key", "i4", "SELECT: TableKey"),
    Column("cdf_offset", "i4", "SELECT: where its [key, branch] table of shares begins in branch_cdf"),
    Column("selector", "i4", "SELECT: position of its rule in the plan's selectors; -1: drawn from the shares"),
    Column(
        "guess_offset", "i4", "SELECT by rule: where its [domain, guess] table begins in branch_cdf; -1: domain known"
    ),
    Column("first_option", "i4", "SELECT by rule: row of its first branch in Plan.options"),
    Column("signal_of", "i4", "SELECT by rule: SignalOf"),
    Column("informed", "f8", "SELECT by rule: correlation of signals with what they are of, 0 to 1"),
    Column("learns", "i4", "SELECT by rule: 1 if tasks report how they went to the option they took"),
    Column("feedback_error", "f8", "SELECT that learns: share of reports that are the wrong way round"),
    Column("cost_weight", "f8", "SELECT that learns: reward lost per dollar of the option's cost"),
    Column("discount", "f8", "SELECT that learns: what is left of older reports at each new one"),
    Column("join", "i4", "FORK: the JOIN of its threads"),
    Column("role_step", "i4", "FORK: 1 if each thread works on a part of its own, 0 if all on the same"),
    Column("need", "i4", "JOIN: how many threads it waits for"),
    Column("rule", "i4", "JOIN: JoinRule"),
    Column("early", "i4", "JOIN by VOTE: 1 if it stops waiting when the vote is decided"),
    Column("gather", "i4", "JOIN: 1 if the threads' answers are added to the context"),
    Column("span", "i4", "JOIN: rounds that its threads may have made at most"),
    Column("look", "i4", "VERIFY: Look"),
    Column(
        "separation", "f8", "VERIFY, JOIN by BEST: how far scores of right and wrong answers lie apart, in their sd"
    ),
    Column("threshold", "f8", "VERIFY: passes at or above (ANSWER, AGREEMENT) or at or below (ELAPSED, CONTEXT)"),
    Column("times_offset", "i4", "DELAY: where its quantiles begin in times_ns; LOOP: of passes; -1: `limit` passes"),
    Column("times_count", "i4", "DELAY, LOOP: how many"),
    Column("limit", "i4", "LOOP: passes at most"),
    Column("depth", "i4", "LOOP: its number, 0 to 2; loops within it or behind it have greater ones"),
    Column("model", "i4", "LOOP: row of the quality tables whose difficulty makes it long; -1: none"),
    Column("difficulty", "f8", "LOOP: correlation of passes with difficulty"),
)

VERSIONS = Table(
    Column("model", "i4", "see POOLS"),
    Column("base_offset", "i8", "see POOLS"),
    Column("alpha_ns", "f8", "see POOLS"),
    Column("window_alpha_ns", "f8", "see POOLS"),
    Column("beta_ns", "f8", "see POOLS"),
)
"""What a replica may be changed to."""

CHANGES = Table(
    Column("time_ns", "i8", "when"),
    Column("replica", "i4", "which replica"),
    Column("version", "i4", "row of VERSIONS; -1: as before"),
    Column("in_place", "i4", "1: at once; 0: it closes, finishes what it has, loads and opens again"),
    Column("load_ns", "i8", "how long it loads"),
)
"""Changes of replicas during a run, in order of time, then replica."""

OPTIONS = Table(
    Column("model", "i4", "row of the quality tables; -1: its answers are not judged"),
    Column("pool", "i4", "pool whose load is the option's; -1: none"),
    Column("cost_usd", "f8", "what a task costs that takes it, as expected before the run"),
    Column("seconds", "f8", "how long it takes without waiting, as expected before the run"),
    Column("memory", "i4", "row of its reports on the first domain in the engine's memory"),
    Column("domains", "i4", "rows of memory: 1, or one a domain"),
)
"""The branches of a SELECT by rule: what is known of them before the run."""

OPTION_SIGNALS = Table(
    Column("quality", "f8", "estimate of the probability that its answer is right; -1 where nothing is known"),
    Column(
        "signal", "f8", "standard normal signal of how easy the task is for it: see SignalOf; 0 where nothing is known"
    ),
    Column("cost_usd", "f8", "see OPTIONS"),
    Column("seconds", "f8", "see OPTIONS"),
    Column("load", "f8", "calls outstanding at its pool, per replica"),
    Column("reports", "f8", "how many tasks have reported, discounted"),
    Column("reward", "f8", "sum of their rewards, discounted"),
    Column("right", "f8", "1 if its answer would be right, 0 if not; -1 unless the rule is a bound and may see it"),
)
"""What a selector may observe of each option."""

SIGNALS = Table(
    Column("outstanding", "i8", "calls sent to the replica and not yet finished, waiting ones included"),
    Column("outstanding_tokens", "i8", "prompt tokens of those calls"),
    Column(
        "kv_blocks", "i8", "KV blocks held by running sequences plus those the waiting ones need; -1 if not declared"
    ),
    Column(
        "cached_tokens", "i8", "tokens of the call's conversation that the replica still has; -1 if the pool keeps none"
    ),
)
"""What a balancer may observe of a replica. Output lengths are never among it."""

JUDGED_MODELS = Table(
    Column("family", "i4", "number of its family"),
    Column("rho_within", "f8", "correlation of the ease of two samples of its answers"),
    Column("blank_share", "f8", "share of its wrong answers that are blank"),
    Column("length_sigma", "f8", "standard deviation of the log of its answers' lengths"),
    Column("length_kappa", "f8", "correlation of that log with difficulty"),
    Column("length_shared", "f8", "share of its variance that the task itself brings, with the workload's lengths"),
)
"""The models of a scenario whose answers are judged: one order for all its architectures."""

JUDGED_DOMAINS = Table(
    Column("unsolvable", "f8", "share of tasks that no model solves"),
    Column("rho_between", "f8", "correlation of the ease for two models"),
    Column("rho_family", "f8", "what more it is for two of one family"),
    Column("rho_parts", "f8", "correlation of the ease of two parts of one task; at most rho_between"),
)
"""How right answers hang together, by domain (docs/engine.md, section 3a)."""

PROTOTYPES = 1024
"""How many distributions over wrong answers there are for each domain."""

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
