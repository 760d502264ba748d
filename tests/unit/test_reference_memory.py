"""The reference engine's KV memory against arithmetic by hand: preemption, refusal, cut answers, the signal."""

from plans import build_plan, build_tasks, linear, pool, runs_of

from fleetsim.engine.reference import simulate
from fleetsim.tables import REFUSAL_NS, RunKind, Status


def small(**columns):
    """A pool with blocks of 4 tokens whose steps all last 1000 ns."""
    return pool(**({"base_ns": linear(1000, 0), "block_tokens": 4} | columns))


def test_preemption_and_recompute():
    # 4 blocks, two calls of prompt 4 and answer 10. At 1000 both have a token and take their second block; at 5000
    # both hold 8 entries (5 tokens out) and need a third, none free: the second is preempted. The first finishes at
    # 10000 (at 9000 it takes its fourth block). Then the second computes 4 + 5 = 9 tokens anew: token 6 at 11000,
    # token 10 at 15000.
    outcome = simulate(build_plan([small(kv_blocks=4)]), build_tasks([0, 0], prompt_tokens=4, output_tokens=10))
    assert outcome.calls.first_token_ns.tolist() == [1000, 1000]
    assert outcome.calls.finish_ns.tolist() == [10000, 15000]
    assert outcome.calls.preemptions.tolist() == outcome.tasks.preemptions.tolist() == [0, 1]
    assert outcome.calls.admitted_ns.tolist() == [0, 0]
    assert [(*run, kind) for run, kind in zip(runs_of(outcome), outcome.runs.kind, strict=True)] == [
        (1000, 1000.0, 0.0, 4, 2, RunKind.STEPS),
        (5000, 1000.0, 0.0, 5, 1, RunKind.STEPS),
        (5000, 6000.0, 0.0, 1, 1, RunKind.RESUMED),
        (11000, 1000.0, 0.0, 4, 1, RunKind.STEPS),
    ]
    final = outcome.final[0]
    assert (final.prefill_tokens, final.output_tokens, final.preemptions, final.steps) == (4 + 4 + 9, 20, 1, 15)
    assert (final.prefill_ns, final.decode_ns, final.kv_blocks, final.waiting) == (2000, 13000, 0, 0)


def test_several_preempted_at_once_return_in_their_order():
    # 3 blocks, three calls of prompt 4 and answer 3: at 1000 each needs a second block, none is free: the third,
    # then the second is preempted. The first finishes at 3000. Each of the others needs 2 blocks for its 5 tokens,
    # so one at a time: the second from 3000 to 5000, the third from 5000 to 7000. Their gaps: 1000 to 4000, and
    # 1000 to 6000.
    outcome = simulate(build_plan([small(kv_blocks=3)]), build_tasks([0, 0, 0], prompt_tokens=4, output_tokens=3))
    assert outcome.calls.finish_ns.tolist() == [3000, 5000, 7000]
    assert outcome.calls.preemptions.tolist() == [0, 1, 1]
    resumed = outcome.runs[outcome.runs.kind == RunKind.RESUMED]
    assert [(r.start_ns, r.first_ns) for r in resumed] == [(1000, 3000.0), (1000, 5000.0)]


def test_a_sequence_preempted_in_prefill_leaves_no_gap():
    # Budget 2. The first (prompt 4, answer 6) has its first token at 2000 and takes its second block; the second
    # (prompt 8) takes the last two and computes 1 token a step. At 6000 the first has 8 entries and needs a block:
    # the second loses 4 tokens of work. No admission in that step; the first finishes at 7000; then 8 tokens in
    # steps of 2: first token at 11000.
    plan = build_plan([small(kv_blocks=4, max_batched_tokens=2)])
    outcome = simulate(plan, build_tasks([0, 0], prompt_tokens=[4, 8], output_tokens=[6, 1]))
    assert outcome.calls.finish_ns.tolist() == [7000, 11000]
    assert outcome.calls.admitted_ns.tolist() == [0, 2000]
    assert outcome.calls.preemptions.tolist() == [0, 1]
    assert (outcome.runs.kind == RunKind.STEPS).all()
    assert outcome.runs.start_ns.tolist() == [2000, 3000, 4000, 5000, 6000]
    assert outcome.final[0].prefill_tokens == 4 + 4 + 8


def test_a_head_that_does_not_fit_blocks_those_behind_it():
    # 4 blocks: the first holds 2 (3 from 1000 on), the second needs 3, the third would fit but has to wait its turn.
    outcome = simulate(
        build_plan([small(kv_blocks=4)]), build_tasks([0, 0, 0], prompt_tokens=[8, 12, 4], output_tokens=[2, 1, 1])
    )
    assert outcome.calls.admitted_ns.tolist() == [0, 2000, 2000]
    assert outcome.calls.finish_ns.tolist() == [2000, 3000, 3000]


def test_refusals():
    # Context 50: a prompt of 50 leaves no room. 2 blocks of 4: a prompt of 9 is larger than the memory; 8 just fits.
    cases = [
        (small(context_tokens=50), [50, 49], Status.REFUSED_CONTEXT),
        (small(kv_blocks=2), [9, 8], Status.REFUSED_KV),
    ]
    for spec, prompts, status in cases:
        outcome = simulate(build_plan([spec]), build_tasks([7, 7], prompt_tokens=prompts, output_tokens=1))
        refused, taken = outcome.calls
        assert (refused.status, refused.replica, refused.queued_ns) == (status, -1, 7)
        assert (refused.admitted_ns, refused.first_token_ns, refused.finish_ns) == (-1, -1, -1)
        assert taken.status == Status.FINISHED
        task = outcome.tasks[0]
        assert (task.status, task.finish_ns, task.first_token_ns) == (status, 7 + REFUSAL_NS, -1)
        assert (task.calls, task.answer_pool, task.output_tokens) == (1, 0, 0)


def test_a_slow_network_brings_the_refusal_late():
    plan = build_plan([small(context_tokens=50, delay_ns=10, return_delay_ns=REFUSAL_NS + 5)])
    outcome = simulate(plan, build_tasks([0], prompt_tokens=50))
    assert outcome.calls.queued_ns[0] == 10
    assert outcome.tasks.finish_ns[0] == 10 + REFUSAL_NS + 5


def test_answers_are_cut_at_the_context_and_at_the_memory():
    # Context 50, prompt 45: 5 tokens. 3 blocks of 4, prompt 8: 12 - 8 + 1 = 5, the last token is never stored.
    for spec, prompt in ((small(context_tokens=50), 45), (small(kv_blocks=3), 8)):
        for asked, status in ((10, Status.CUT), (6, Status.CUT), (5, Status.FINISHED)):
            outcome = simulate(build_plan([spec]), build_tasks([0], prompt_tokens=prompt, output_tokens=asked))
            assert (outcome.calls.output_tokens[0], outcome.calls.status[0]) == (5, status)
            assert (outcome.tasks.output_tokens[0], outcome.tasks.status[0]) == (5, status)
            assert outcome.tasks.finish_ns[0] == 5000
            assert outcome.tasks.preemptions[0] == 0


def test_the_memory_signal_counts_blocks_held_and_blocks_waited_for():
    # Blocks of 4, one seat. At 500 the first (prompt 8) holds 2. At 1500 it decodes (started at 1000 with 8
    # entries: a third block) and the second (prompt 5) waits for 2: 5. At 2000 the first has
    # finished and the second and third wait for 2 + 1.
    seen = []

    def watch(signals, turn, luck, knobs):
        seen.append(tuple(signals[0])[:3])
        return 0

    plan = build_plan([small(max_num_seqs=1, balancer=watch, kv_blocks=100)])
    simulate(plan, build_tasks([0, 500, 1500, 2000], prompt_tokens=[8, 5, 1, 1], output_tokens=2))
    assert seen == [(0, 0, 0), (1, 8, 2), (2, 13, 5), (2, 6, 3)]


def test_the_memory_signal_is_hidden_from_rules_that_do_not_declare_it():
    plan = build_plan([small(balancer=lambda signals, turn, luck, knobs: int(signals[0].kv_blocks) + 1, reads_kv=0)])
    assert simulate(plan, build_tasks([0])).calls.replica[0] == 0
