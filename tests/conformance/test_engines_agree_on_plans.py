"""The core equals the reference on random plans: graphs of all nodes, endpoints, changes, kept conversations."""

from collections import Counter

import pytest
from agreement import engines_agree
from random_plans import random_plan

from fleetsim.engine.run import run as run_engine
from fleetsim.tables import NodeKind, Status

PLANS = 60
BLOCK = 10


@pytest.mark.parametrize("first", range(0, PLANS, BLOCK))
def test_engines_agree_to_the_nanosecond(first):
    engines_agree("plan", random_plan, range(first, first + BLOCK))


def test_the_plans_reach_what_matters():
    """Nodes of all kinds, all ways to be refused, kept conversations, preemptions and endpoints occur."""
    seen = Counter()
    for number in range(PLANS):
        plan, tasks = random_plan(number)
        records = run_engine(plan, tasks)
        seen.update(NodeKind(kind).name for kind in plan.nodes.kind)
        seen.update(Status(status).name for status in records.calls.status)
        seen["cached"] += int((records.calls.cached_tokens > 0).sum())
        seen["preempted"] += int(records.calls.preemptions.sum())
        seen["transferred"] += int((records.calls.transferred_ns >= 0).sum())
        seen["right"] += int((records.tasks.right == 1).sum())
        seen["wrong"] += int((records.tasks.right == 0).sum())
        seen["changes"] += len(plan.changes)
    wanted = {kind.name for kind in NodeKind} | {status.name for status in Status}
    assert not {name for name in wanted | {"cached", "preempted", "transferred", "right", "wrong"} if not seen[name]}
