"""Clients and their tasks: when each arrives, in open and in closed loop (docs/engine.md, section 3)."""

from __future__ import annotations

from functools import partial

import numpy as np

from fleetsim.engine.reference.clock import Clock
from fleetsim.engine.reference.records import Task
from fleetsim.engine.reference.workflow import Workflow
from fleetsim.errors import EngineFault
from fleetsim.plan import Plan
from fleetsim.tables import Rank


class Clients:
    """Those who send the tasks into the workflow."""

    def __init__(self, plan: Plan, rows: np.recarray, clock: Clock) -> None:
        self.plan = plan
        self.rows = rows
        self.clock = clock
        self.workflow = Workflow(plan, clock, ended=self.think)
        self.tasks: dict[int, Task] = {}  # those that have arrived

    def open_doors(self) -> None:
        """Schedule the arrivals that depend on nothing: all in open loop, each client's first in closed loop."""
        first_round = range(self.plan.clients or len(self.rows))
        for number in first_round:
            self.check_row(number)
            self.schedule_arrival(number, int(self.rows[number].arrival_ns))

    def schedule_arrival(self, number: int, time_ns: int) -> None:
        """The task arrives at `time_ns`, unless the horizon is reached by then."""
        if time_ns < self.plan.horizon_ns:
            self.check_row(number)
            self.clock.call_at(partial(self.arrive, number), time_ns, Rank.ARRIVAL, number)

    def check_row(self, number: int) -> None:
        """Raises EngineFault when a closed loop needs more tasks than it was given."""
        if number >= len(self.rows):
            raise EngineFault(
                f"the closed loop of {self.plan.clients} clients ran out of tasks: it needs task {number} before the "
                f"horizon but was given {len(self.rows)}; give it more rows"
            )

    def arrive(self, number: int) -> None:
        """The task enters the workflow."""
        row = self.rows[number]
        task = Task(
            task=number,
            class_id=int(row.class_id),
            domain=int(row.domain),
            prompt_tokens=int(row.prompt_tokens),
            full_output_tokens=int(row.output_tokens),
            arrival_ns=self.clock.now_ns,
        )
        self.tasks[number] = task
        self.workflow.begin(task)

    def think(self, task: Task) -> None:
        """The task has ended; in closed loop its client thinks, and then sends its next."""
        if self.plan.clients:
            think_ns = int(self.rows[task.task].think_ns)
            self.schedule_arrival(task.task + self.plan.clients, self.clock.now_ns + think_ns)
