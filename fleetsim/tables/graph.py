"""Workflows: nodes, and the options of those that choose by rule."""

from __future__ import annotations

from fleetsim.tables.column import Column, Table

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
    Column("learns", "i4", "SELECT by rule: Learns"),
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
    Column("keeps_best", "i4", "VERIFY of answers: 1 if the thread goes on with the best that it has seen of it"),
    Column("times_offset", "i4", "DELAY: where its quantiles begin in times_ns; LOOP: of passes; -1: `limit` passes"),
    Column("times_count", "i4", "DELAY, LOOP: how many"),
    Column("limit", "i4", "LOOP: passes at most"),
    Column("depth", "i4", "LOOP: its number, 0 to 2; loops within it or behind it have greater ones"),
    Column("model", "i4", "LOOP: row of the quality tables whose difficulty makes it long; -1: none"),
    Column("difficulty", "f8", "LOOP: correlation of passes with difficulty"),
)

OPTIONS = Table(
    Column("model", "i4", "row of the quality tables; -1: its answers are not judged"),
    Column("pool", "i4", "pool whose load is the option's; -1: none"),
    Column("cost_usd", "f8", "what a task costs that takes it, as expected before the run"),
    Column("seconds", "f8", "how long it takes without waiting, as expected before the run"),
    Column("memory", "i4", "row of its reports on the first domain in the memory of the run, or of the task"),
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
