"""The reference engine's schedulers against arithmetic by hand (docs/engine.md, 5a)."""

from plans import build_plan, build_tasks, pool, runs_of, split, steady

from fleetsim.engine.reference import simulate
from fleetsim.tables import RunKind, Scheduler

PREFILL_FIRST, STATIC = Scheduler.PREFILL_FIRST, Scheduler.STATIC


def kinds_of(outcome):
    return [(*run, RunKind(kind).name) for run, kind in zip(runs_of(outcome), outcome.runs.kind, strict=True)]


def test_a_prompt_has_a_step_of_its_own_while_others_pause():
    # A: prefill 0 to 1100, a decode step to 2110. B came meanwhile: its 20 tokens alone take 1200, to 3310, and read no
    # context of A. Then both decode: 1020 + contexts 12 + 21 = 1053 to 4363 (A has waited since 2110), then 1055.
    plan = build_plan([pool(alpha_ns=1.0, scheduler=PREFILL_FIRST)])
    outcome = simulate(plan, build_tasks([0, 1200], prompt_tokens=[10, 20], output_tokens=[4, 3]))
    assert outcome.calls.first_token_ns.tolist() == [1100, 2121 + 1200]
    assert outcome.calls.finish_ns.tolist() == [3321 + 1053 + 1055, 3321 + 1053 + 1055]
    assert kinds_of(outcome) == [
        (1100, 1021.0, 1.0, 1, 1, "STEPS"),
        (2121, 1200.0 + 1053.0, 0.0, 1, 1, "RESUMED"),
        (3321, 1053.0, 2.0, 1, 1, "STEPS"),
        (4374, 1055.0, 2.0, 1, 2, "STEPS"),
    ]
    assert (outcome.final[0].prefill_ns, outcome.final[0].decode_ns) == (1100 + 1200, 1021 + 1053 + 1055)


def test_prompts_go_on_before_anybody_decodes():
    # Budget 8, three prompts of 8 at once: a step of 1000 each. First tokens at 1000, 2000, 3000; the next ones of all
    # at 4000: gaps of 3000, 2000 and 1000.
    plan = build_plan([steady(max_batched_tokens=8, max_num_seqs=8, scheduler=PREFILL_FIRST)])
    outcome = simulate(plan, build_tasks([0, 0, 0], prompt_tokens=8, output_tokens=3))
    assert outcome.calls.first_token_ns.tolist() == [1000, 2000, 3000]
    assert outcome.calls.finish_ns.tolist() == [5000, 5000, 5000]
    assert kinds_of(outcome) == [
        (1000, 3000.0, 0.0, 1, 1, "RESUMED"),
        (2000, 2000.0, 0.0, 1, 1, "RESUMED"),
        (3000, 1000.0, 0.0, 1, 1, "STEPS"),
        (4000, 1000.0, 0.0, 1, 3, "STEPS"),
    ]


def test_those_who_waited_since_one_time_share_a_row():
    # Two calls decode from 1000; a third (8 tokens) pauses both from 2000 to 3000.
    plan = build_plan([steady(max_num_seqs=8, scheduler=PREFILL_FIRST)])
    outcome = simulate(plan, build_tasks([0, 0, 1500], prompt_tokens=8, output_tokens=4))
    assert (2000, 2000.0, 0.0, 1, 2, "RESUMED") in kinds_of(outcome)
    assert outcome.calls.finish_ns.tolist() == [5000, 5000, 6000]


def test_pausing_sequences_take_no_blocks_and_keep_their_last_token_when_preempted():
    # 5 blocks of 4. A and B (prompts 4) have tokens at 1000 and 2000 and hold two blocks each. C takes the fifth and
    # has a token at 3000. Then all three decode, C needs a block and none is free: C is preempted, its last token was
    # at 3000; for its 5 tokens it needs two blocks. A and B, who have waited since 2000, have tokens at 4000, 5000,
    # 6000. Then both hold 8 entries and need a block, one is free: B is preempted. A finishes at 10000. B and C are
    # computed again in one step and have their next tokens at 11000.
    plan = build_plan([steady(kv_blocks=5, max_num_seqs=8, scheduler=PREFILL_FIRST)])
    outcome = simulate(plan, build_tasks([0, 0, 1500], prompt_tokens=4, output_tokens=[9, 9, 2]))
    assert outcome.calls.preemptions.tolist() == [0, 1, 1]
    assert outcome.calls.first_token_ns.tolist() == [1000, 1000, 3000]
    assert outcome.calls.finish_ns.tolist() == [10000, 14000, 11000]
    assert [row for row in kinds_of(outcome) if row[-1] == "RESUMED"] == [
        (2000, 2000.0, 0.0, 1, 2, "RESUMED"),
        (3000, 8000.0, 0.0, 1, 1, "RESUMED"),
        (6000, 5000.0, 0.0, 1, 1, "RESUMED"),
    ]


def test_a_static_batch_runs_to_its_end():
    # Two of three at once fit: prefill to 1000, tokens at 2000 and 3000. The first finishes at 2000; the third waits
    # for the second, which finishes at 4000, and is prefilled then.
    plan = build_plan([steady(max_num_seqs=2, scheduler=STATIC)])
    outcome = simulate(plan, build_tasks([0, 0, 0], prompt_tokens=4, output_tokens=[2, 4, 2]))
    assert outcome.calls.admitted_ns.tolist() == [0, 0, 4000]
    assert outcome.calls.finish_ns.tolist() == [2000, 4000, 6000]


def test_a_static_batch_is_prefilled_in_several_steps():
    # Budget 8: prompts of 8 at 0, 1000; a third that comes at 1500 still belongs to the batch; one at 3500 does not.
    plan = build_plan([steady(max_batched_tokens=8, max_num_seqs=8, scheduler=STATIC)])
    outcome = simulate(plan, build_tasks([0, 0, 1500, 3500], prompt_tokens=8, output_tokens=3))
    assert outcome.calls.admitted_ns.tolist() == [0, 1000, 2000, 5000]
    assert outcome.calls.finish_ns.tolist() == [5000, 5000, 5000, 8000]


def test_what_was_prefilled_elsewhere_decodes_in_steps_without_chunks():
    # The KV of two calls (1 ns after their prefill at 1000) is there at 1001; both join the same step.
    outcome = simulate(
        split(decode={"scheduler": PREFILL_FIRST, "max_num_seqs": 4}),
        build_tasks([0, 0], prompt_tokens=4, output_tokens=3),
    )
    assert outcome.calls.finish_ns.tolist() == [3001, 3001]
