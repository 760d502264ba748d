"""Disaggregated pools of the reference engine: refusals, cuts, networks, workflows, and what is seen in transfer."""

import pytest
from plans import build_plan, build_tasks, call, end, select, split, steady

from fleetsim.engine.reference import simulate
from fleetsim.tables import REFUSAL_NS, Status


def test_network_delays():
    # Sent 1000, delivered 1100, first token 2100. Between the pools there is only the link: there at 2101, second
    # token 3101. Each is at the client 50 later.
    delays = {"delay_ns": 100, "return_delay_ns": 50}
    outcome = simulate(split(delays, delays), build_tasks([1000], output_tokens=2))
    (row,), (task,) = outcome.calls, outcome.tasks
    assert (row.sent_ns, row.queued_ns, row.first_token_ns) == (1000, 1100, 2100)
    assert (row.transferred_ns, row.finish_ns) == (2101, 3101)
    assert (task.first_token_ns, task.finish_ns) == (2150, 3151)


def test_a_workflow_goes_on_from_the_pool_that_decodes():
    # A draft of 2 tokens: 1000, there at 1001, 2001. The answer of one token needs no second pool: 3001.
    nodes = [call(0, next=1, output_tokens=2, answers=0), call(0, next=2, output_tokens=1), end()]
    outcome = simulate(split(nodes=nodes), build_tasks([0]))
    calls, (task,) = outcome.calls, outcome.tasks
    assert list(zip(calls.node, calls.pool, calls.replica, calls.prefill_replica, strict=True)) == [
        (0, 1, 1, 0),
        (1, 0, 0, -1),
    ]
    assert calls.sent_ns.tolist() == [0, 2001]
    assert calls.finish_ns.tolist() == [2001, 3001]
    assert (task.answer_pool, task.first_token_ns, task.finish_ns) == (1, 3001, 3001)


def test_two_pools_prefill_for_one():
    # Each says how fast its own links are. The decode pool's columns of the link mean nothing.
    link = {"transfer_latency_ns": 7, "decode_pool": 2}
    pools = [steady(decode_pool=2), steady(**link), steady(replicas=2, transfer_latency_ns=999)]
    nodes = [select([1, 2], [[1.0, 1.0], [0.0, 1.0]]), call(0, next=3), call(1, next=3), end()]
    outcome = simulate(build_plan(pools, nodes), build_tasks([0, 0], domain=[0, 1], output_tokens=2))
    calls = outcome.calls
    assert calls.pool.tolist() == outcome.tasks.answer_pool.tolist() == [2, 2]
    assert calls.prefill_replica.tolist() == [0, 1]
    assert calls.replica.tolist() == [2, 3]
    assert calls.transferred_ns.tolist() == [1001, 1007]
    assert calls.finish_ns.tolist() == [2001, 2007]


STOPS = [
    # stop, (pool, replica, prefill replica, transferred), blocks at both, waiting and running where it decodes
    (999, (0, 0, -1, -1), [3, 0], (0, 0)),
    (1000, (0, 0, -1, -1), [3, 0], (0, 0)),
    (1499, (0, 0, -1, -1), [3, 0], (0, 0)),
    (1500, (1, 1, 0, 1500), [0, 3], (0, 1)),
    (2499, (1, 1, 0, 1500), [0, 3], (0, 1)),
]


@pytest.mark.parametrize(("stop_ns", "place", "blocks", "queued"), STOPS)
def test_a_run_that_stops_on_the_way(stop_ns, place, blocks, queued):
    # Prompt 10 is 3 blocks, with the next entry too.
    plan = split({"transfer_ns_per_token": 50.0}, horizon_ns=500, stop_ns=stop_ns)
    outcome = simulate(plan, build_tasks([0]))
    (row,), (task,), (there, here) = outcome.calls, outcome.tasks, outcome.final
    assert (row.pool, row.replica, row.prefill_replica, row.transferred_ns) == place
    assert row.first_token_ns == task.first_token_ns == (1000 if stop_ns >= 1000 else -1)
    assert (row.status, row.finish_ns, task.answer_pool) == (Status.IN_FLIGHT, -1, 1)
    assert (task.output_tokens, task.status) == (5, Status.IN_FLIGHT)
    assert outcome.final.kv_blocks.tolist() == blocks
    assert (there.waiting, there.running) == (0, 1 if stop_ns < 1000 else 0)
    assert (here.waiting, here.running) == queued
    assert (here.prefill_ns, here.decode_ns) == (0, max(0, stop_ns - 1500))
    assert len(outcome.runs) == 0


def test_samples_during_a_transfer():
    # Ready at 1000, there at 1500, steps to 2500 and 3500.
    plan = split({"transfer_latency_ns": 500}, sample_every_ns=250, horizon_ns=2000)
    samples = simulate(plan, build_tasks([0], output_tokens=3)).samples
    there, here = (samples[samples.replica == number] for number in (0, 1))
    assert there.kv_blocks.tolist() == [3] * 6 + [0] * 3
    assert there.running.tolist() == [1] * 4 + [0] * 5
    assert there.output_tokens.tolist() == [0] * 4 + [1] * 5
    assert there.prefill_ns.tolist() == [0, 250, 500, 750] + [1000] * 5
    assert here.kv_blocks.tolist() == [0] * 6 + [3] * 3
    assert here.running.tolist() == [0] * 6 + [1] * 3
    assert here.decode_ns.tolist() == [0] * 7 + [250, 500]
    assert there.waiting.tolist() == here.waiting.tolist() == here.prefill_ns.tolist() == [0] * 9


def test_a_closed_loop():
    # One client: 1000, there at 1001, 2001 back at the client, who thinks for 99.
    plan = split(clients=1, horizon_ns=3000)
    tasks = simulate(plan, build_tasks([0, 0], output_tokens=2, think_ns=[99, 10**6])).tasks
    assert tasks.arrival_ns.tolist() == [0, 2100]
    assert tasks.finish_ns.tolist() == [2001, 4101]


@pytest.mark.parametrize(("blocks", "asked", "status"), [(3, 1, Status.FINISHED), (2, 2, Status.CUT)])
def test_an_answer_of_one_token_is_finished_where_it_was_prefilled(blocks, asked, status):
    # 2 blocks of 4 where it would be decoded leave a prompt of 8 one token, which is never stored.
    outcome = simulate(split(decode={"kv_blocks": blocks}), build_tasks([0], prompt_tokens=8, output_tokens=asked))
    (row,), (task,) = outcome.calls, outcome.tasks
    assert (row.pool, row.replica, row.prefill_replica, row.transferred_ns) == (0, 0, -1, -1)
    assert (row.status, row.output_tokens, row.first_token_ns, row.finish_ns) == (status, 1, 1000, 1000)
    assert (task.status, task.answer_pool, task.finish_ns) == (status, 1, 1000)
    assert outcome.final.kv_blocks.tolist() == [0, 0]
    assert len(outcome.runs) == 0


REFUSALS = [
    ({"context_tokens": 50}, {}, [50, 49], Status.REFUSED_CONTEXT),
    ({}, {"context_tokens": 50}, [50, 49], Status.REFUSED_CONTEXT),
    ({"kv_blocks": 2}, {}, [9, 8], Status.REFUSED_KV),
    ({}, {"kv_blocks": 2}, [9, 8], Status.REFUSED_KV),
    ({}, {"kv_blocks": 2, "context_tokens": 9}, [9, 8], Status.REFUSED_CONTEXT),
]


@pytest.mark.parametrize(("prefill", "decode", "prompts", "status"), REFUSALS)
def test_either_pool_refuses(prefill, decode, prompts, status):
    outcome = simulate(split(prefill, decode), build_tasks([7, 7], prompt_tokens=prompts, output_tokens=1))
    refused, taken = outcome.calls
    assert (refused.status, refused.pool, refused.replica, refused.prefill_replica) == (status, 0, -1, -1)
    assert (refused.queued_ns, refused.admitted_ns, refused.transferred_ns) == (7, -1, -1)
    assert (taken.status, taken.finish_ns) == (Status.FINISHED, 1007)
    task = outcome.tasks[0]
    assert (task.status, task.finish_ns, task.answer_pool) == (status, 7 + REFUSAL_NS, 1)


CUTS = [
    ({"context_tokens": 50}, {}, 45, 5),
    ({}, {"context_tokens": 50}, 45, 5),
    ({}, {"kv_blocks": 3}, 8, 5),  # 12 - 8 + 1
    ({"kv_blocks": 3}, {}, 8, 10),  # what is decoded elsewhere needs no room here
]


@pytest.mark.parametrize(("prefill", "decode", "prompt", "tokens"), CUTS)
def test_either_pool_cuts_the_answer(prefill, decode, prompt, tokens):
    outcome = simulate(split(prefill, decode), build_tasks([0], prompt_tokens=prompt, output_tokens=10))
    status = Status.FINISHED if tokens == 10 else Status.CUT
    assert (outcome.calls.output_tokens[0], outcome.calls.status[0]) == (tokens, status)
    assert (outcome.tasks.output_tokens[0], outcome.tasks.status[0]) == (tokens, status)
    assert (outcome.tasks.finish_ns[0], outcome.tasks.preemptions[0]) == (1001 + 1000 * (tokens - 1), 0)
