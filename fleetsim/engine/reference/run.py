"""A whole run: the workflow, its pools and their replicas on one clock, looked at on a regular grid."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import simpy

from fleetsim.engine.reference.changes import Changes
from fleetsim.engine.reference.clients import Clients
from fleetsim.engine.reference.clock import Clock
from fleetsim.engine.reference.endpoint import Endpoint
from fleetsim.engine.reference.records import Outcome, Sample, outcome
from fleetsim.engine.reference.replica import Replica
from fleetsim.plan import Plan
from fleetsim.tables import Rank


def simulate(plan: Plan, tasks: np.recarray) -> Outcome:
    """What happens to `tasks` (rows of tables.TASKS) in the fleet of `plan`, as docs/engine.md says.

    Open loop: the tasks in order of arrival. Closed loop: row j*N+c is the j-th task of client c, as many rounds
    as the horizon may need.

    Raises EngineFault when a rule breaks its contract (a balancer names a replica that its pool does not have, say), or
    a closed loop runs out of tasks.
    """
    clock = Clock()
    clients = Clients(plan, tasks, clock)
    replicas = [replica for pool in clients.workflow.pools for replica in pool.replicas]
    replicas.sort(key=lambda replica: replica.number)
    samples: list[Sample] = []
    clock.env.process(timeline(plan, clock, replicas, samples))
    Changes(plan, clock, replicas).schedule()
    clients.open_doors()
    end_ns = clock.run_until(plan.stop_ns)
    return outcome(
        tasks=list(clients.tasks.values()),
        runs=[run for replica in replicas for run in replica.runs],
        samples=samples,
        final=[replica.sample(end_ns) for replica in replicas],
    )


def timeline(
    plan: Plan, clock: Clock, replicas: list[Replica | Endpoint], samples: list[Sample]
) -> Generator[simpy.Event, None, None]:
    """The process that looks at every replica on the grid, up to and including the horizon."""
    for time_ns in range(0, plan.horizon_ns + 1, plan.sample_every_ns):
        yield clock.at(time_ns, Rank.SAMPLE)
        samples.extend(replica.sample(time_ns) for replica in replicas)
