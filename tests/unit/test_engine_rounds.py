"""How many rounds of tasks the reference engine is given for a closed loop."""

import numpy as np
import pytest
from plans import build_plan, build_tasks, delay, end, endpoint, fork, join, loop, solve, steady

from fleetsim.engine.run import run
from fleetsim.tables import REFUSAL_NS, JoinRule


class Rounds:
    """Tasks of `clients` clients who pause for `think_ns`, in blocks of three rounds without end."""

    def __init__(self, clients, think_ns):
        self.clients, self.think_ns = clients, think_ns

    def chunks(self):
        """Blocks of rows."""
        while True:
            yield build_tasks([0] * (3 * self.clients), output_tokens=1, think_ns=self.think_ns).view(np.recarray)


SOONEST = [fork([1, 1, 2], join=3), solve(0, 3), solve(1, 3), join(JoinRule.LAST, 4, need=1), end()]
"""The quickest of three answers."""


@pytest.mark.parametrize(
    ("pools", "nodes", "least_ns"),
    [
        ([steady(), endpoint([70, 90], [1])], SOONEST, 70),
        ([steady(), endpoint([1 << 40], [1])], SOONEST, 1000),
        ([steady(context_tokens=2), endpoint([1 << 40], [1], context_tokens=2)], SOONEST, REFUSAL_NS),
        ([steady()], [loop(1, 2, limit=3), solve(0, 0), end()], 3000),
        ([steady()], [delay([0, 500], next=1), solve(0, 2), end()], 1000),
    ],
)
@pytest.mark.parametrize("think_ns", [0, 25])
def test_there_are_rounds_enough_however_quick_the_tasks_are(pools, nodes, least_ns, think_ns):
    horizon_ns = 40 * least_ns
    plan = build_plan(pools, nodes, clients=2, horizon_ns=horizon_ns)
    tasks = run(plan, Rounds(2, think_ns), engine="reference").tasks
    ends_ns = np.asarray(tasks.finish_ns)
    assert (ends_ns - tasks.arrival_ns).min() >= least_ns
    assert np.sort(ends_ns)[-1] + think_ns >= horizon_ns
