"""What comes first as steps start and end, against arithmetic by hand (docs/engine.md, sections 5 and 5b).

Steps last 1000 ns, blocks are of 4, and there is no network delay: what is handed back goes on at once.
"""

import numpy as np
import pytest
from core_runs import Rows
from plans import build_plan, build_tasks, call, delay, end, select, split, steady

from fleetsim.engine import run
from fleetsim.tables import Scheduler

BOTH = pytest.mark.parametrize("engine", ["core", "reference"])
ONE_AFTER_THE_OTHER = [call(0, 1, keeps=1), call(1, 2, context=1), end()]
"""Two calls, the second with the first one's conversation, in a pool of its own."""


def watcher(seen):
    """A balancer of one replica that writes down what it sees of it: calls outstanding, and blocks."""

    def watch(signals, turn, luck, knobs):
        seen.append((int(signals[0].outstanding), int(signals[0].kv_blocks)))
        return 0

    return watch


@BOTH
def test_who_was_admitted_first_is_handed_back_first(engine):
    # Both are admitted at 0, the urgent one first, and finish in one step. The next pool has one seat.
    pools = [steady(queue_order="priority"), steady(max_num_seqs=1)]
    tasks = build_tasks([0, 0], class_id=[0, 1], output_tokens=1)
    records = run(build_plan(pools, ONE_AFTER_THE_OTHER, priorities=np.array([0, 1])), Rows(tasks), engine=engine)
    second = records.calls[records.calls.node == 1]
    assert second.admitted_ns.tolist() == [2000, 1000]


def test_all_who_finish_have_left_before_the_first_is_handed_back():
    # Two calls of 8 tokens finish at 1000. The second call of the first task finds no blocks held and the other call
    # outstanding still; that of the second task finds the one before it outstanding, waiting for 3 blocks.
    seen = []
    nodes = [call(0, 1, keeps=1), call(0, 2, context=1), end()]
    plan = build_plan([steady(balancer=watcher(seen))], nodes)
    run(plan, Rows(build_tasks([0, 0], prompt_tokens=8, output_tokens=1)), engine="reference")
    assert seen == [(0, 0), (1, 2), (1, 0), (1, 3)]


@BOTH
@pytest.mark.parametrize(("kv_blocks", "cached_tokens"), [(7, 12), (6, 0)])
def test_a_conversation_goes_on_before_it_could_be_dropped_in_the_same_step(engine, kv_blocks, cached_tokens):
    # Kept from 1000 on: 3 blocks, then 2. A long answer takes its 2nd block then and its 3rd at 5000, which leaves 4 of
    # 7. At 5000 the older conversation goes on: it is taken, and needs 4; only then the other is dropped. With 6 it
    # was dropped at 1000.
    nodes = [
        select([1, 4, 6], [[1, 1, 1], [0, 1, 1], [0, 0, 1]], table_key=1),
        call(0, 2, keeps=1),
        delay([4000], 3),
        call(0, 7, context=1),
        call(0, 5, keeps=1),
        delay([90_000], 7),
        call(0, 7),
        end(),
    ]
    tasks = build_tasks([0] * 3, class_id=[0, 1, 2], prompt_tokens=[12, 8, 4], output_tokens=[1, 1, 20])
    records = run(build_plan([steady(kv_blocks=kv_blocks, caches=1)], nodes), Rows(tasks), engine=engine)
    (again,) = records.calls[records.calls.node == 3]
    assert again.cached_tokens == cached_tokens


@BOTH
def test_a_step_with_a_chunk_grows_by_the_formula_too(engine):
    # 2 ns for each token read. At 1000 the first call reads 5 of them, and 6 at 2010, when the prompt that came at 1500
    # is computed; at 3022 both read 7.
    plan = build_plan([steady(alpha_ns=2.0)])
    records = run(plan, Rows(build_tasks([0, 1500], prompt_tokens=[4, 6], output_tokens=[5, 4])), engine=engine)
    rows = records.runs.rows[np.argsort(records.runs.rows.start_ns)][:3]
    found = [(row.start_ns, row.first_ns, row.growth_ns, row.steps, row.decoding) for row in rows]
    assert found == [(1000, 1010.0, 2.0, 1, 1), (2010, 1012.0, 2.0, 1, 1), (3022, 1028.0, 4.0, 2, 2)]


@BOTH
def test_an_entry_that_is_replaced_is_the_youngest(engine):
    # Two conversations of 2 blocks are kept from 1000 on. The older is replaced at 3000. At 4000 a call takes 3 of 6
    # blocks: the other is the oldest by then.
    nodes = [
        select([1, 6, 9], [[1, 1, 1], [0, 1, 1], [0, 0, 1]], table_key=1),
        call(0, 2, keeps=1),
        delay([1000], 3),
        call(0, 4, keeps=1),
        delay([3000], 5),
        call(0, 10, context=1),
        call(0, 7, keeps=1),
        delay([5000], 8),
        call(0, 10, context=1),
        call(0, 10),
        end(),
    ]
    tasks = build_tasks([0, 0, 4000], class_id=[0, 1, 2], prompt_tokens=[8, 8, 12], output_tokens=1)
    records = run(build_plan([steady(kv_blocks=6, caches=1)], nodes), Rows(tasks), engine=engine)
    again = records.calls[np.isin(records.calls.node, [5, 8])]
    assert again.admitted_ns.tolist() == [6000, 6000]
    assert again.cached_tokens.tolist() == [8, 0]


@BOTH
@pytest.mark.parametrize(("scheduler", "last_ns"), [(Scheduler.STATIC, 6001), (Scheduler.PREFILL_FIRST, 3001)])
def test_a_static_batch_lets_no_import_in_either(engine, scheduler, last_ns):
    # The first is decoded from 1001 to 5001. The KV of the second, of two tokens, is there as its step at 2001 starts.
    plan = split(None, {"scheduler": scheduler})
    records = run(plan, Rows(build_tasks([0, 1000], output_tokens=[5, 2])), engine=engine)
    assert records.calls.transferred_ns.tolist() == [1001, 2001]
    assert records.calls.finish_ns.tolist() == [5001, last_ns]


@BOTH
def test_what_is_kept_is_taken_once(engine):
    # The second call takes the 2 blocks of the first and leaves none; there is nothing for the third.
    nodes = [call(0, 1, keeps=1), call(0, 2, context=1), call(0, 3, context=1), end()]
    tasks = build_tasks([0], prompt_tokens=8, output_tokens=1)
    records = run(build_plan([steady(caches=1)], nodes), Rows(tasks), engine=engine)
    assert records.calls.cached_tokens.tolist() == [0, 8, 0]
