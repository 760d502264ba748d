"""What arrives, and the pools that answer."""

from __future__ import annotations

from fleetsim.tables.column import Column, Table

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
    Column("queue_order", "i4", "position of the pool's queue order in the plan's list of them"),
    Column("order_asked", "i4", "Asked: when that order is asked"),
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

ORDER_SIGNALS = Table(
    Column("priority", "i8", "of the call's task class; the higher, the more urgent"),
    Column("prompt_tokens", "i8", "tokens of the call's prompt; 0 when asked for a class"),
    Column("joined_s", "f8", "when the call joined the queue, seconds from the start; 0 when asked for a class"),
    Column("served_prompt_tokens", "i8", "prompt tokens of the class that the replica has admitted; 0 for a call"),
    Column("served_output_tokens", "i8", "tokens that calls of the class have emitted there; 0 for a call"),
)
"""What a queue order may observe of a call that joins, or of a class that waits. Output lengths are never among it."""

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
    Column("forgets", "i4", "1 if what it runs then cannot go on with conversations that were kept before"),
)
"""Changes of replicas during a run, in order of time, then replica."""
