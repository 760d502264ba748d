"""The reference engine's steps against arithmetic by hand (docs/engine.md, section 5)."""

import numpy as np
from plans import build_plan, build_tasks, linear, pool, runs_of

from fleetsim.engine.reference import simulate
from fleetsim.luck import Stream, uniforms
from fleetsim.tables import RunKind, Status


def test_a_call_alone():
    # Prefill, n = 100: base 1000 + 10*100 = 2000; area 100 * (0 + 50) = 5000, times 0.5 = 2500: 4500 ns.
    # Decode, n = 1: base 1010 + 2 * context 101 = 1212, each further step 2 * 1 longer; 3 steps = 3*1212 + 2*3 = 3642.
    plan = build_plan([pool(alpha_ns=2.0, beta_ns=0.5)])
    outcome = simulate(plan, build_tasks([70], prompt_tokens=100, output_tokens=4))
    (call,), (task,) = outcome.calls, outcome.tasks
    assert (call.sent_ns, call.queued_ns, call.admitted_ns) == (70, 70, 70)
    assert (call.first_token_ns, call.finish_ns) == (70 + 4500, 70 + 4500 + 3642)
    assert (call.replica, call.status, call.output_tokens, call.preemptions) == (0, Status.FINISHED, 4, 0)
    assert (task.first_token_ns, task.finish_ns, task.status) == (4570, 8212, Status.FINISHED)
    assert (task.calls, task.answer_pool, task.output_tokens, task.prompt_tokens) == (1, 0, 4, 100)
    assert runs_of(outcome) == [(4570, 1212.0, 2.0, 3, 1)]


def test_an_answer_of_one_token_is_ready_when_its_prefill_is():
    outcome = simulate(build_plan(), build_tasks([0], prompt_tokens=100, output_tokens=1))
    assert outcome.calls[0].first_token_ns == outcome.calls[0].finish_ns == 2000
    assert len(outcome.runs) == 0


def test_a_long_prompt_is_computed_in_chunks():
    # Budget 40, prompt 100: chunks 40, 40, 20 with areas 40*20 = 800, 40*(40+20) = 2400, 20*(80+10) = 1800.
    # Steps 1400 + 400, 1400 + 1200, 1200 + 900 = 1800, 2600, 2100.
    plan = build_plan([pool(max_batched_tokens=40, beta_ns=0.5)])
    outcome = simulate(plan, build_tasks([0], prompt_tokens=100, output_tokens=1))
    assert outcome.calls[0].admitted_ns == 0
    assert outcome.calls[0].first_token_ns == 1800 + 2600 + 2100
    assert (outcome.final[0].steps, outcome.final[0].prefill_tokens, outcome.final[0].prefill_ns) == (3, 100, 6500)


def test_an_odd_chunk_counts_half_a_token_pair():
    # area 5 * (0 + 2.5) = 12.5, times 2 = 25: 1050 + 25.
    outcome = simulate(build_plan([pool(beta_ns=2.0)]), build_tasks([0], prompt_tokens=5, output_tokens=1))
    assert outcome.calls[0].first_token_ns == 1075


def test_two_calls_share_steps():
    # Both prompts in one step of n = 30: 1300. Then D = 2: 1020 + contexts 11 + 21 = 1052, growth 2;
    # two steps 2*1052 + 2*1 = 2106: the second call has its 3 tokens at 3406. The first goes on alone:
    # 1010 + context 13 = 1023, growth 1; two steps 2*1023 + 1 = 2047: done at 5453.
    plan = build_plan([pool(alpha_ns=1.0)])
    outcome = simulate(plan, build_tasks([0, 0], prompt_tokens=[10, 20], output_tokens=[5, 3]))
    assert outcome.calls.first_token_ns.tolist() == [1300, 1300]
    assert outcome.calls.finish_ns.tolist() == [5453, 3406]
    assert runs_of(outcome) == [(1300, 1052.0, 2.0, 2, 2), (3406, 1023.0, 1.0, 2, 1)]


def test_an_arrival_in_mid_step_waits_for_the_boundary():
    # First call: prefill 0 to 1100. The second (20 tokens) joins at 1100: n = 1 + 20, 1210 ns, to 2310, where both get
    # a token. The first's third token takes a step of 1010 more.
    outcome = simulate(build_plan(), build_tasks([0, 600], prompt_tokens=[10, 20], output_tokens=[3, 1]))
    assert outcome.calls.admitted_ns.tolist() == [0, 1100]
    assert outcome.calls.finish_ns.tolist() == [3320, 2310]
    assert runs_of(outcome) == [(1100, 1210.0, 0.0, 1, 1), (2310, 1010.0, 0.0, 1, 1)]


def test_an_arrival_exactly_on_a_boundary_is_in_the_step_that_starts_there():
    outcome = simulate(build_plan(), build_tasks([0, 1100], prompt_tokens=[10, 20], output_tokens=[3, 1]))
    assert outcome.calls.admitted_ns.tolist() == [0, 1100]
    assert outcome.calls.finish_ns.tolist() == [3320, 2310]


def test_an_arrival_just_after_a_boundary_waits_a_whole_step():
    # Decode step 1100 to 2110; then n = 21, 1210 ns: both end at 3320.
    outcome = simulate(build_plan(), build_tasks([0, 1101], prompt_tokens=[10, 20], output_tokens=[3, 1]))
    assert outcome.calls.admitted_ns.tolist() == [0, 2110]
    assert outcome.calls.finish_ns.tolist() == [3320, 3320]


def test_a_run_goes_on_past_an_arrival_that_cannot_be_admitted():
    # Growth 0.25: steps of a run from 1100 end at 1100 + floor(k * 1012.75 + 0.25 * k(k-1)/2 + 0.5), context 11.
    # k = 4: 4051 + 1.5 + 0.5 = 4053. A run started afresh in between would have rounded twice.
    plan = build_plan([pool(alpha_ns=0.25, max_num_seqs=1)])
    outcome = simulate(plan, build_tasks([0, 1500], output_tokens=5))
    assert runs_of(outcome)[0] == (1100, 1012.75, 0.25, 4, 1)
    assert outcome.calls.finish_ns[0] == 1100 + 4053
    assert outcome.calls.admitted_ns[1] == outcome.calls.finish_ns[0]


def test_a_sliding_window_ends_the_growth_of_its_layers():
    # Prefill 1000, then contexts 11 and 12 (below 13): 1000 + 11 + 10*11 = 1121, growth 1 + 10: 2*1121 + 11 = 2253.
    # From context 13 on the window layers read 13: 1000 + 13 + 130 = 1143, growth 1: 3*1143 + 3 = 3432.
    limits = {"window_tokens": 13, "window_alpha_ns": 10.0, "alpha_ns": 1.0}
    plan = build_plan([pool(base_ns=linear(1000, 0), **limits)])
    outcome = simulate(plan, build_tasks([0], prompt_tokens=10, output_tokens=6))
    assert runs_of(outcome) == [(1000, 1121.0, 11.0, 2, 1), (3253, 1143.0, 1.0, 3, 1)]
    assert outcome.calls.finish_ns[0] == 1000 + 2253 + 3432


def test_without_a_window_there_is_no_window_term():
    plan = build_plan([pool(base_ns=linear(1000, 0), window_alpha_ns=10.0)])
    outcome = simulate(plan, build_tasks([0], output_tokens=3))
    assert runs_of(outcome) == [(1000, 1000.0, 0.0, 2, 1)]


def test_steps_of_fixed_size():
    # Every step lasts 1000 ns whatever is in it; the budget admits 100 tokens a step: 3 prompts of 40 take two steps.
    # Step 1: 40 + 40 + 20 of the third. Step 2: two decode + 20. So first tokens at 1000, 1000, 2000.
    plan = build_plan([pool(base_ns=linear(1000, 0), max_batched_tokens=100)])
    outcome = simulate(plan, build_tasks([0, 0, 0], prompt_tokens=40, output_tokens=[7, 2, 4]))
    assert outcome.calls.admitted_ns.tolist() == [0, 0, 0]
    assert outcome.calls.first_token_ns.tolist() == [1000, 1000, 2000]
    assert outcome.calls.finish_ns.tolist() == [7000, 2000, 5000]
    # Tokens of the step are shared by D = 2 (with a chunk), then 2, 2, 2 and 1, 1 sequences.
    assert [(r.start_ns, r.steps, r.decoding) for r in outcome.runs] == [(1000, 1, 2), (2000, 3, 2), (5000, 2, 1)]


def test_decoding_sequences_take_from_the_token_budget():
    # Budget 4: prompts of 4 and 6. Step 1: 4. Then D = 1 leaves 3 tokens a step: 3 + 3. First tokens at 1000 and 3000.
    plan = build_plan([pool(base_ns=linear(1000, 0), max_batched_tokens=4)])
    outcome = simulate(plan, build_tasks([0, 0], prompt_tokens=[4, 6], output_tokens=[9, 1]))
    assert outcome.calls.admitted_ns.tolist() == [0, 1000]
    assert outcome.calls.first_token_ns.tolist() == [1000, 3000]


def test_one_slot_first_come_first_served_is_lindleys_recursion():
    # One sequence at a time, one token each: a single server whose service time is the prefill step.
    count = 2000
    arrival_ns = np.floor(np.cumsum(uniforms(5, Stream.ARRIVAL, 0, count, 0, 0) * 6000)).astype(np.int64)
    prompts = np.floor(1 + uniforms(5, Stream.PROMPT, 0, count, 0, 0) * 350).astype(np.int32)
    plan = build_plan([pool(max_num_seqs=1)])
    outcome = simulate(plan, build_tasks(arrival_ns, prompt_tokens=prompts, output_tokens=1))
    free_ns = 0
    for call, arrived, prompt in zip(outcome.calls, arrival_ns, prompts, strict=True):
        start_ns = max(arrived, free_ns)
        free_ns = start_ns + 1000 + 10 * prompt
        assert (call.admitted_ns, call.finish_ns) == (start_ns, free_ns)
    assert (outcome.calls.admitted_ns > outcome.calls.queued_ns).mean() > 0.5  # it does queue
    assert (outcome.runs.kind == RunKind.STEPS).all()
