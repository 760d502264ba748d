"""Kept conversations against arithmetic by hand, on both engines (docs/engine.md, 5b)."""

import pytest
from core_runs import Rows
from plans import build_plan, build_tasks, call, delay, end, select, steady

from fleetsim.engine import run

GOES_ON, ENDS, RUNS = 0, 1, 2
"""Classes of tasks: one that goes on with what it said, one that does not, one whose answer is long."""


@pytest.mark.parametrize(("ends_ns", "cached_tokens"), [(4999, 12), (5000, 12), (5001, 0), (7000, 0)])
@pytest.mark.parametrize("engine", ["core", "reference"])
def test_blocks_that_an_ended_task_gives_back_come_too_late_for_what_was_dropped(engine, ends_ns, cached_tokens):
    # 8 blocks of 4. At 1000 two conversations of 12 tokens are kept, 3 blocks each; the long answer takes its 2nd block
    # then and its 3rd at 5000, in one run of steps: the older one is dropped, unless the other task has ended by then
    # (at the very instant: a delay is over before a step starts). At 8000 that conversation goes on.
    nodes = [
        select([1, 4, 6], [[1, 1, 1], [0, 1, 1], [0, 0, 1]], table_key=1),
        call(0, 2, keeps=1),
        delay([7000], 3),
        call(0, 7, context=1),
        call(0, 5, keeps=1),
        delay([ends_ns - 1000], 7),
        call(0, 7),
        end(),
    ]
    tasks = build_tasks([0] * 3, class_id=[GOES_ON, ENDS, RUNS], prompt_tokens=[12, 12, 4], output_tokens=[1, 1, 20])
    records = run(build_plan([steady(kv_blocks=8, caches=1)], nodes), Rows(tasks), engine=engine)
    (again,) = records.calls[records.calls.node == 3]
    assert (again.admitted_ns, again.cached_tokens) == (8000, cached_tokens)
