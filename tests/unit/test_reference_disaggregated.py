"""The reference engine's disaggregated pools against arithmetic by hand (docs/engine.md, section 4a)."""

import pytest
from plans import build_plan, build_tasks, call, end, linear, pool, runs_of, select, split, steady

from fleetsim.engine.reference import simulate
from fleetsim.luck import Stream, bits
from fleetsim.tables import RunKind, Status


def watcher(seen):
    """A balancer of a single replica that writes down its signals but for kept conversations."""

    def watch(signals, turn, luck, knobs):
        seen.append(tuple(signals[0].tolist()[:3]))
        return 0

    return watch


def test_a_call_alone():
    # Prefill, n = 100: 2000, to 2070. On the link 100 * 3 = 300, on the way 30: there at 2400. Decode, n = 1:
    # 1010 + 2 * 101 = 1212, to 3612, a run by itself; then 1010 + 2 * 102 = 1214 and 1216, to 6042.
    link = {"decode_pool": 1, "transfer_ns_per_token": 3.0, "transfer_latency_ns": 30}
    outcome = simulate(
        build_plan([pool(**link), pool(alpha_ns=2.0)]), build_tasks([70], prompt_tokens=100, output_tokens=4)
    )
    (row,), (task,) = outcome.calls, outcome.tasks
    assert (row.pool, row.replica, row.prefill_replica, row.status) == (1, 1, 0, Status.FINISHED)
    assert (row.sent_ns, row.queued_ns, row.admitted_ns, row.first_token_ns) == (70, 70, 70, 2070)
    assert (row.transferred_ns, row.finish_ns, row.preemptions) == (2400, 6042, 0)
    assert (task.answer_pool, task.first_token_ns, task.finish_ns, task.calls) == (1, 2070, 6042, 1)
    assert runs_of(outcome) == [(2070, 1542.0, 0.0, 1, 1), (3612, 1214.0, 2.0, 2, 1)]
    assert outcome.runs.kind.tolist() == [RunKind.RESUMED, RunKind.STEPS]
    assert outcome.runs.replica.tolist() == [1, 1]
    there, here = outcome.final
    assert (there.prefill_ns, there.decode_ns, there.prefill_tokens, there.output_tokens) == (2000, 0, 100, 1)
    assert (here.prefill_ns, here.decode_ns, here.prefill_tokens, here.output_tokens) == (0, 3642, 0, 3)


def test_a_link_carries_one_call_after_the_other():
    # Two calls ready at 1000: on the link to 1300 and from there to 1900, 50 on the way. The third finds it free.
    link = {"transfer_ns_per_token": 30.0, "transfer_latency_ns": 50}
    tasks = build_tasks([0, 0, 5000], prompt_tokens=[10, 20, 10], output_tokens=2)
    assert simulate(split(link), tasks).calls.transferred_ns.tolist() == [1350, 1950, 6350]
    # Each replica has a link of its own.
    calls = simulate(split(link | {"replicas": 2}), tasks).calls
    assert calls.transferred_ns.tolist() == [1350, 1650, 6350]
    assert calls.prefill_replica.tolist() == [0, 1, 0]
    assert calls.replica.tolist() == [2, 2, 2]


def test_the_next_call_has_its_seat_while_the_link_is_busy():
    plan = split({"max_num_seqs": 1, "transfer_ns_per_token": 300.0})
    calls = simulate(plan, build_tasks([0, 0], output_tokens=2)).calls
    assert calls.admitted_ns.tolist() == [0, 1000]
    assert calls.transferred_ns.tolist() == [4000, 7000]  # ready at 2000, on the link from 4000


def test_the_whole_prompt_travels_once_its_last_chunk_is_computed():
    # Budget 40, prompts 100 and 20: 40, 40, then 20 + 20.
    plan = split({"max_batched_tokens": 40, "transfer_ns_per_token": 10.0})
    calls = simulate(plan, build_tasks([0, 0], prompt_tokens=[100, 20], output_tokens=2)).calls
    assert calls.first_token_ns.tolist() == [3000, 3000]
    assert calls.transferred_ns.tolist() == [4000, 4200]


@pytest.mark.parametrize(("per_token_ns", "arrived_ns"), [(0.0, [1001, 1001]), (0.25, [1003, 1005])])
def test_a_transfer_is_rounded_once_and_lasts_at_least_a_nanosecond(per_token_ns, arrived_ns):
    # 10 * 0.25 = 2.5 gives 3, then 9 * 0.25 = 2.25 gives 2. Of nothing the link is free at once.
    plan = split({"transfer_ns_per_token": per_token_ns})
    calls = simulate(plan, build_tasks([0, 0], prompt_tokens=[10, 9], output_tokens=2)).calls
    assert calls.transferred_ns.tolist() == arrived_ns


def test_blocks_in_transfer_keep_the_next_prefill_out():
    # 3 blocks; the first call's 2 are held until its KV is there at 1000 + 800 + 200 = 2000. The second needs 2: the
    # replica idles until then, also when the third comes at 1500, which would fit.
    prefill = {"kv_blocks": 3, "transfer_ns_per_token": 100.0, "transfer_latency_ns": 200}
    plan = split(prefill, sample_every_ns=500, horizon_ns=2000)
    outcome = simulate(plan, build_tasks([0, 0, 1500], prompt_tokens=[8, 8, 4], output_tokens=2))
    assert outcome.calls.admitted_ns.tolist() == [0, 2000, 2000]
    assert outcome.calls.transferred_ns.tolist() == [2000, 4000, 4400]  # ready at 3000, 800 and 400 on the link
    there = outcome.samples[outcome.samples.replica == 0]
    assert [(s.waiting, s.running, s.kv_blocks, s.prefill_ns) for s in there] == [
        (1, 1, 2, 0),
        (1, 1, 2, 500),
        (1, 0, 2, 1000),
        (2, 0, 2, 1000),
        (0, 2, 3, 1000),
    ]


def test_blocks_are_free_for_a_step_that_starts_as_the_transfer_ends():
    # 4 blocks: calls 0 and 1 (from 1000 to 2000) hold 2 each. Call 0's KV is there at 2000.
    plan = split({"kv_blocks": 4, "transfer_latency_ns": 1000})
    calls = simulate(plan, build_tasks([0, 500, 500], prompt_tokens=8, output_tokens=2)).calls
    assert calls.admitted_ns.tolist() == [0, 1000, 2000]


@pytest.mark.parametrize(("delay_ns", "blocks"), [(0, 2), (100, 0)])
def test_a_transfer_goes_after_an_arrival_and_before_a_delivery(delay_ns, blocks):
    # The first call's KV is there at delay + 2000, the second call arrives at 2000 and is delivered then. Nothing is
    # outstanding, but at 2000 sharp the blocks are still held.
    seen = []
    prefill = {"transfer_latency_ns": 1000, "balancer": watcher(seen), "delay_ns": delay_ns}
    simulate(split(prefill, {"delay_ns": delay_ns}), build_tasks([0, 2000], prompt_tokens=8))
    assert seen == [(0, 0, 0), (0, 0, blocks)]


def test_a_transfer_goes_before_the_delivery_of_an_earlier_task():
    # Task 0 is with pool 2 until 2000 and delivered at 2100, when task 1's KV is there.
    seen = []
    prefill = steady(decode_pool=1, transfer_latency_ns=1000, balancer=watcher(seen), delay_ns=100)
    slow = steady(base_ns=linear(2000, 0))
    nodes = [select([1, 2], [[1.0, 1.0], [0.0, 1.0]]), call(2, next=2, output_tokens=1), call(0, next=3), end()]
    plan = build_plan([prefill, steady(delay_ns=100), slow], nodes)
    simulate(plan, build_tasks([0, 0], domain=[0, 1], prompt_tokens=8))
    assert seen == [(0, 0, 0), (0, 0, 0)]


def test_calls_finished_and_calls_sent_on_leave_in_their_order():
    # At 1000 task 0's call of one token is done and its next is delivered at once; task 1's is still outstanding but
    # has left the batch, and its block is held.
    seen = []
    plan = split({"balancer": watcher(seen)}, nodes=[call(0, next=1), call(0, next=2, output_tokens=1), end()])
    simulate(plan, build_tasks([0, 0], prompt_tokens=[3, 4], output_tokens=[1, 3]))
    assert seen[:3] == [(0, 0, 0), (1, 3, 1), (1, 4, 1)]


def test_the_signals_of_the_pool_that_decodes():
    # One seat. At 1001 the imports come in the order of tasks and wait for 2, 2 and 1 blocks. At 2001 the first has 2
    # tokens and 3 blocks (9 entries) when the fourth comes.
    seen = []
    plan = split(decode={"max_num_seqs": 1, "balancer": watcher(seen)})
    outcome = simulate(plan, build_tasks([0, 0, 0, 1000], prompt_tokens=[8, 8, 4, 4], output_tokens=3))
    assert seen == [(0, 0, 0), (1, 8, 2), (2, 16, 4), (3, 20, 6)]
    assert outcome.calls.finish_ns.tolist() == [3001, 5001, 7001, 9001]
    assert outcome.calls.admitted_ns.tolist() == [0, 0, 0, 1000]


def test_each_pool_has_its_turn_and_its_luck():
    seen = []

    def watch(signals, turn, luck, knobs):
        seen.append((turn, int(luck)))
        return (turn + 1) % 2

    both = {"replicas": 2, "balancer": watch}
    calls = simulate(split(both, both, seed=7), build_tasks([0, 0], output_tokens=2)).calls
    luck = [[bits(7, int(Stream.BALANCE), task, 0, attempt) for attempt in (0, 1)] for task in (0, 1)]
    assert seen == [(0, luck[0][0]), (0, luck[1][0]), (0, luck[0][1]), (0, luck[1][1])]
    assert calls.prefill_replica.tolist() == [1, 1]
    assert calls.replica.tolist() == [3, 3]


def test_an_import_takes_the_block_of_its_next_token_too():
    # Prompt 8 is 2 blocks, but an import holds 9 entries: 3. Two of them fit into 6 blocks, not into 5: then the second
    # begins when the first has its 4 tokens, at 4001. Each step writes an entry: the 13th needs a block at 5001.
    for blocks, finish_ns in ((6, [4001, 4001]), (5, [4001, 7001])):
        plan = split(decode={"kv_blocks": blocks})
        calls = simulate(plan, build_tasks([0, 0], prompt_tokens=8, output_tokens=4)).calls
        assert calls.finish_ns.tolist() == finish_ns
        assert calls.transferred_ns.tolist() == [1001, 1001]
    plan = split(sample_every_ns=1000, horizon_ns=7000)
    samples = simulate(plan, build_tasks([0], prompt_tokens=8, output_tokens=6)).samples
    assert samples.kv_blocks[samples.replica == 1].tolist() == [0, 0, 3, 3, 3, 3, 4, 0]


def test_an_import_joins_those_that_decode():
    # Call 0 (10 in, 5 out): tokens at 1000, then from 1500 on 1010 + 11 = 1021: 2521, and 1022: 3543. Call 1 (20 in,
    # 4 out): prefill 1200 to 2200, there at 2700, admitted at 3543: 1020 + 13 + 21 = 1054, to 4597, a step that one
    # sequence waited for and one began with. Then both 1020 + 14 + 22 = 1056: 5653; call 1 alone 1010 + 23: 6686.
    decode = pool(alpha_ns=1.0)
    plan = build_plan([steady(decode_pool=1, transfer_latency_ns=500), decode])
    outcome = simulate(plan, build_tasks([0, 1200], prompt_tokens=[10, 20], output_tokens=[5, 4]))
    assert outcome.calls.finish_ns.tolist() == [5653, 6686]
    assert [(*run, kind) for run, kind in zip(runs_of(outcome), outcome.runs.kind, strict=True)] == [
        (1000, 1521.0, 0.0, 1, 1, RunKind.RESUMED),
        (2200, 2397.0, 0.0, 1, 1, RunKind.RESUMED),
        (2521, 1022.0, 1.0, 1, 1, RunKind.STEPS),
        (3543, 1054.0, 2.0, 1, 1, RunKind.STEPS),
        (4597, 1056.0, 2.0, 1, 2, RunKind.STEPS),
        (5653, 1033.0, 1.0, 1, 1, RunKind.STEPS),
    ]
    assert (outcome.final[1].decode_ns, outcome.final[1].steps) == (6686 - 1500, 5)


def test_an_import_counts_for_the_window_and_for_its_growth():
    # Window 13. Alone the first takes 1000 + 10 * 11 = 1110, to 2111. Then its context is 12 and the import's 11, both
    # under the window: 1000 + 10 * (12 + 11) = 1230, growth 10 each. Then 13, which is not under it, and 12: 1250.
    decode = {"window_tokens": 13, "window_alpha_ns": 10.0}
    outcome = simulate(split(decode=decode), build_tasks([0, 1000], output_tokens=4))
    steps = outcome.runs[outcome.runs.kind == RunKind.STEPS]
    assert [(r.start_ns, r.first_ns, r.growth_ns, r.decoding) for r in steps] == [
        (2111, 1230.0, 20.0, 1),
        (3341, 1250.0, 10.0, 2),
        (4591, 1130.0, 0.0, 1),
    ]
    assert outcome.calls.finish_ns.tolist() == [4591, 5721]


@pytest.mark.parametrize(("budget", "last_ns"), [(11, [11001, 11001]), (10, [11001, 12001]), (9, [12001, 12001])])
def test_an_import_is_preempted_and_computed_again_where_it_decodes(budget, last_ns):
    # 5 blocks, two imports of 5 entries at 1001. At 5001 both hold 8 entries: the second is preempted (5 tokens out).
    # The first is done at 10001; the second computes 4 + 5 tokens anew to 11001, and is done at 15001. Two more
    # (prompt 1) come at 4501 and would fit, but not in the step of the preemption and then not past the head; at 10001
    # they are in the step of the chunk if there is a token left for each.
    decode = {"kv_blocks": 5, "max_num_seqs": 4, "max_batched_tokens": budget}
    tasks = build_tasks([0, 0, 3500, 3500], prompt_tokens=[4, 4, 1, 1], output_tokens=[10, 10, 2, 2])
    outcome = simulate(split(decode=decode), tasks)
    calls, (there, here) = outcome.calls, outcome.final
    assert calls.finish_ns.tolist() == [10001, 15001, *last_ns]
    assert calls.preemptions.tolist() == outcome.tasks.preemptions.tolist() == [0, 1, 0, 0]
    assert calls.transferred_ns.tolist() == [1001, 1001, 4501, 4501]
    assert (there.prefill_tokens, there.output_tokens, there.preemptions) == (10, 4, 0)
    assert (here.prefill_tokens, here.output_tokens, here.preemptions) == (9, 9 + 9 + 2, 1)
    assert (here.prefill_ns, here.decode_ns) == (1000, 13000)
    resumed = outcome.runs[outcome.runs.kind == RunKind.RESUMED]
    gaps = [(1000, 1001.0), (1000, 1001.0), *((4500, at_ns - 4500.0) for at_ns in last_ns), (5001, 6000.0)]
    assert [(r.start_ns, r.first_ns) for r in resumed] == gaps
    steps = outcome.runs[outcome.runs.kind == RunKind.STEPS]
    expected = [(2001, 3, 2), (5001, 5, 1)] + ([(11001, 4, 1)] if budget == 11 else [(11001, 1, 1), (12001, 3, 1)])
    assert [(r.start_ns, r.steps, r.decoding) for r in steps] == expected
