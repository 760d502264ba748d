"""Kept conversations of the reference engine, worked out by hand.

Steps of n tokens last 1000 + 10 n ns, blocks are of 4. A task is a conversation of two calls: 10 in, 5 out, kept; then
all of it with 6 more, 3 out.
"""

import pytest
from core_runs import simulate as core_engine
from plans import build_plan, build_tasks, call, changes, delay, end, fork, join, pool

from fleetsim.engine.reference import simulate
from fleetsim.engine.reference.clients import Clients
from fleetsim.engine.reference.clock import Clock
from fleetsim.tables import JoinRule


def keeping(**columns):
    """A pool that keeps conversations."""
    return pool(block_tokens=4, caches=1, **columns)


TURN = {"context": 1, "added_tokens": 6, "output_tokens": 3}
PAUSE = delay([100], next=2)
DIALOGUE = [call(0, 1, keeps=1), PAUSE, call(0, 3, **TURN), end()]


def watcher(seen):
    """A balancer of one replica that writes down what is kept there of each call's conversation."""

    def watch(signals, turn, luck, knobs):
        seen.append([int(tokens) for tokens in signals.cached_tokens])
        return 0

    return watch


def test_what_is_kept_is_not_computed_again():
    # First call: prefill of 10 to 1100, then 4 steps of 1010 to 5140. 14 of 15 tokens are stored: 3 blocks, 12 tokens.
    # The second, of 21 at 5240, has 9 left: 1090. Two more tokens.
    seen = []
    plan = build_plan([keeping(balancer=watcher(seen))], DIALOGUE)
    outcome = simulate(plan, build_tasks([0]))
    first, second = outcome.calls
    assert seen == [[0], [12]]
    assert (first.finish_ns, first.cached_tokens, second.prompt_tokens) == (5140, 0, 21)
    assert (second.cached_tokens, second.first_token_ns, second.finish_ns) == (12, 5240 + 1090, 5240 + 1090 + 2020)
    assert outcome.final.prefill_tokens.tolist() == [10 + 9]


def test_a_pool_that_keeps_nothing():
    seen = []
    plan = build_plan([pool(block_tokens=4, balancer=watcher(seen))], DIALOGUE)
    second = simulate(plan, build_tasks([0])).calls[1]
    assert seen == [[-1], [-1]]
    assert (second.cached_tokens, second.first_token_ns) == (0, 5240 + 1210)


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"in_place": 1, "forgets": 1}, 0),
        ({"in_place": 1, "forgets": 0}, 12),
        ({"in_place": 0, "load_ns": 40}, 0),
    ],
)
@pytest.mark.parametrize("engine", [simulate, core_engine])
def test_another_model_has_no_use_for_what_was_kept(engine, change, kept):
    # Between the two calls the replica is changed: at once, or by loading, when its memory is emptied in any case.
    plan = build_plan([keeping()], DIALOGUE, changes=changes({"time_ns": 5180, "replica": 0, **change}))
    second = engine(plan, build_tasks([0])).calls[1]
    assert second.cached_tokens == kept


def test_the_attention_begins_behind_what_is_kept():
    # beta 2: the chunk of 9 behind 12 tokens has the area 9 * (12 + 4.5) = 148.5.
    plan = build_plan([keeping(beta_ns=2.0)], DIALOGUE)
    first, second = simulate(plan, build_tasks([0])).calls
    assert first.first_token_ns == 1100 + 2 * 50
    assert second.first_token_ns - second.admitted_ns == 1090 + 2 * 148.5


def test_kept_blocks_are_nobodys():
    # Seen at 5200: nothing is held. At 5300 the second call has its 6 blocks (21 tokens), cached ones among them.
    plan = build_plan([keeping()], DIALOGUE, sample_every_ns=100, horizon_ns=5300)
    samples = simulate(plan, build_tasks([0])).samples
    assert samples.kv_blocks[[52, 53]].tolist() == [0, 6]


def test_the_last_token_is_computed_in_any_case():
    # 10 + 7 leave 16 stored tokens, 4 blocks. The next prompt is cut to 16: 15 of them would do, that is 3 blocks.
    nodes = [call(0, 1, output_tokens=7, keeps=1), call(0, 2, context=1, prompt_limit=16), end()]
    second = simulate(build_plan([keeping()], nodes), build_tasks([0])).calls[1]
    assert (second.cached_tokens, second.first_token_ns - second.admitted_ns) == (12, 1000 + 10 * 4)


def test_less_than_a_block_is_not_kept_and_changes_nothing():
    # A short call (2 + 1: 2 stored) behind the first leaves what there is: 12 tokens.
    short = call(0, 2, prompt_tokens=2, output_tokens=1, keeps=1)
    nodes = [call(0, 1, keeps=1), short, call(0, 3, context=1, added_tokens=50), end()]
    calls = simulate(build_plan([keeping()], nodes), build_tasks([0])).calls
    assert calls.cached_tokens.tolist() == [0, 0, 12]


def test_a_call_without_context_takes_nothing_and_replaces_what_there_was():
    # The second call, of the task's own prompt, leaves 10 + 7 - 1 = 16 tokens in place of 12.
    nodes = [call(0, 1, keeps=1), call(0, 2, output_tokens=7, keeps=1), call(0, 3, context=1, added_tokens=9), end()]
    seen = []
    calls = simulate(build_plan([keeping(balancer=watcher(seen))], nodes), build_tasks([0])).calls
    assert calls.cached_tokens.tolist() == [0, 0, 16]
    assert seen == [[0], [12], [16]]


def test_the_conversation_may_be_elsewhere():
    # Round robin of two replicas: the second call does not find the first.
    calls = simulate(build_plan([keeping(replicas=2)], DIALOGUE), build_tasks([0])).calls
    assert (calls.replica.tolist(), calls.cached_tokens.tolist()) == ([0, 1], [0, 0])


@pytest.mark.parametrize(("kv_blocks", "cached"), [(6, [0, 0]), (7, [12, 0]), (8, [12, 0]), (9, [12, 12])])
def test_the_oldest_are_dropped_for_a_steps_blocks(kv_blocks, cached):
    # One seat. Task 0 leaves 3 blocks at 5140; task 1 holds 4 in the end, beside which they need 7; it leaves 3 at
    # 10280. At 35140 task 0 takes its own and holds 6: task 1's 3 stay if there are 9. Task 1 goes on at 40280.
    nodes = [call(0, 1, keeps=1), delay([30000], next=2), call(0, 3, **TURN), end()]
    plan = build_plan([keeping(kv_blocks=kv_blocks, max_num_seqs=1)], nodes)
    calls = simulate(plan, build_tasks([0, 0])).calls
    assert calls.finish_ns[calls.node == 0].tolist() == [5140, 10280]
    assert calls.sent_ns[calls.node == 2].tolist() == [35140, 40280]
    assert calls.cached_tokens[calls.node == 2].tolist() == cached


def test_entries_are_trimmed_oldest_first():
    # Three tasks one after the other leave 3 blocks each in 8: the first is dropped when the third holds blocks. Later
    # the second and third are there when calls of one token look for them.
    seen = []
    nodes = [call(0, 1, keeps=1), delay([50000], next=2), call(0, 3, context=1, prompt_limit=1, output_tokens=1), end()]
    plan = build_plan([keeping(kv_blocks=8, max_num_seqs=1, balancer=watcher(seen))], nodes)
    simulate(plan, build_tasks([0, 10000, 20000]))
    assert seen == [[0], [0], [0], [0], [12], [12]]


def test_every_thread_has_a_conversation_of_its_own():
    # Lane 0 of the fork goes on with what lane 0 has left; lane 1 has the same context, but nothing of it is kept.
    side = call(0, 3, answers=0, **TURN)
    nodes = [call(0, 1, keeps=1), fork([2, 2], join=3), side, join(JoinRule.LAST, 4, need=2), end()]
    calls = simulate(build_plan([keeping()], nodes), build_tasks([0])).calls
    assert calls.prompt_tokens.tolist() == [10, 21, 21]
    assert calls.cached_tokens.tolist() == [0, 12, 0]


def kept_at(time_ns, nodes, **columns):
    """What is kept of the only task after all that happens up to `time_ns`: lane -> blocks."""
    clock = Clock()
    clients = Clients(build_plan([keeping(**columns)], nodes), build_tasks([0]), clock)
    clients.open_doors()
    clock.run_until(time_ns)
    (replica,) = clients.workflow.pools[0].replicas
    return {lane: blocks for (_, lane), blocks in replica.batch.kept.blocks.items()}


@pytest.mark.parametrize(("time_ns", "kept"), [(5139, {}), (5140, {0: 3}), (5239, {0: 3}), (5240, {})])
def test_a_conversation_ends_with_its_task(time_ns, kept):
    # The last token is ready at 5140 and at the client, where the task ends, at 5240.
    assert kept_at(time_ns, [call(0, 1, keeps=1), end()], return_delay_ns=100) == kept


@pytest.mark.parametrize(("time_ns", "kept"), [(5249, {}), (5250, {1: 3}), (5349, {1: 3}), (5350, {})])
def test_a_conversation_ends_with_the_tasks_last_thread(time_ns, kept):
    # The lanes prefill 10 and 11 to 1210, when lane 0 has its only token; the task ends with it at 1310. Lane 1 goes
    # on: 1010 for each of 4 tokens, 5250. It is at the client, which waits no more, at 5350.
    short, long = call(0, 3, answers=0, output_tokens=1), call(0, 3, answers=0, keeps=1, prompt_tokens=11)
    nodes = [fork([1, 2], join=3), short, long, join(JoinRule.LAST, 4, need=1), end()]
    assert kept_at(time_ns, nodes, return_delay_ns=100) == kept


def test_preempted_calls_are_computed_in_full():
    # At 5140 task 1 (4 in, 9 out: a block) and task 0's second call (15, of which 12 are kept: 4 blocks) are admitted,
    # to 6210. Four steps of two later, at 10290, they hold 2 and 5 of 7, and task 1 needs one more: task 0, with 5 of 8
    # tokens, waits until it has finished at 14330. Then all its 20 tokens are computed, 1200 to 15530, and two more.
    nodes = [call(0, 1, keeps=1), call(0, 2, context=1, output_tokens=8), end()]
    tasks = build_tasks([0, 5100], prompt_tokens=[10, 4], output_tokens=[5, 9])
    outcome = simulate(build_plan([keeping(kv_blocks=7)], nodes, stop_ns=17550), tasks)
    second = outcome.calls[1]
    assert (second.cached_tokens, second.preemptions, second.first_token_ns) == (12, 1, 6210)
    assert second.finish_ns == 15530 + 2 * 1010
    assert outcome.final.prefill_tokens.tolist() == [10 + 4 + 3 + 20]
