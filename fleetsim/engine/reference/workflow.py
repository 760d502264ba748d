"""Tasks arrive, walk through the workflow's nodes and make calls (docs/engine.md, section 3)."""

from __future__ import annotations

from functools import partial

import numpy as np

from fleetsim.engine.reference.clock import Clock
from fleetsim.engine.reference.plan_rows import NodeRow
from fleetsim.engine.reference.pool import Pool
from fleetsim.engine.reference.records import Call, Task
from fleetsim.errors import EngineFault
from fleetsim.luck import Stream, uniform
from fleetsim.plan import Plan
from fleetsim.tables import REFUSAL_NS, NodeKind, Rank, Status


class Workflow:
    """The clients with their tasks, and the pools that they send calls to."""

    def __init__(self, plan: Plan, rows: np.recarray, clock: Clock) -> None:
        self.plan = plan
        self.rows = rows
        self.nodes = [NodeRow(*row) for row in plan.nodes.tolist()]
        self.clock = clock
        self.pools = [Pool(plan, index, clock, self.departed, self.transferred) for index in range(len(plan.pools))]
        self.tasks: dict[int, Task] = {}  # those that have arrived

    # Arrivals

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
        """The task enters the workflow at node 0."""
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
        self.enter(task, 0)

    # Nodes

    def enter(self, task: Task, node: int) -> None:
        """The task enters a node now."""
        while self.nodes[node].kind == NodeKind.SELECT:
            node = self.select(task, node)
        if self.nodes[node].kind == NodeKind.CALL:
            self.send(task, node)
        else:
            cut = task.answer is not None and task.answer.status == Status.CUT
            self.end(task, Status.CUT if cut else Status.FINISHED)

    def select(self, task: Task, node: int) -> int:
        """The node that follows a SELECT, drawn from the row of its table for the task's domain."""
        row = self.nodes[node]
        u = uniform(self.plan.seed, int(Stream.SELECT), task.task, node, 0)
        first = row.cdf_offset + task.domain * row.branches
        cdf = self.plan.branch_cdf[first : first + row.branches]
        branch = next((j for j in range(row.branches) if u < cdf[j]), row.branches - 1)
        return int(self.plan.branch_targets[row.first_branch + branch])

    def send(self, task: Task, node: int) -> None:
        """The task makes the node's call, which travels to its pool."""
        row = self.nodes[node]
        prompt_tokens = task.prompt_tokens if row.prompt_tokens == -1 else row.prompt_tokens
        if row.prompt_limit != -1:
            prompt_tokens = min(prompt_tokens, row.prompt_limit)
        pool = self.pools[row.pool]
        call = Call(
            task=task.task,
            node=node,
            attempt=sum(earlier.node == node for earlier in task.sent),
            pool=row.pool,
            prompt_tokens=prompt_tokens,
            output_tokens=task.full_output_tokens if row.output_tokens == -1 else row.output_tokens,
            sent_ns=self.clock.now_ns,
            return_delay_ns=pool.row.return_delay_ns,
            decode_pool=pool.decode_pool,
        )
        task.sent.append(call)
        if row.answers == 1:
            task.answer = call
        self.clock.travel(partial(pool.deliver, call), pool.row.delay_ns, Rank.DELIVER, task.task, node)

    def transferred(self, call: Call) -> None:
        """The call's KV has reached the pool that decodes it; there is no network delay between pools."""
        self.pools[call.decode_pool].take_over(call)

    def departed(self, call: Call) -> None:
        """The call has left its pool, finished or refused: the answer travels to the client."""
        delay_ns = max(call.return_delay_ns, REFUSAL_NS) if call.refused else call.return_delay_ns
        self.clock.travel(partial(self.returned, call), delay_ns, Rank.RETURN, call.task, call.node)

    def returned(self, call: Call) -> None:
        """The client has the answer: the task goes on, or ends with the refusal."""
        task = self.tasks[call.task]
        if call.refused:
            self.end(task, call.status)
        else:
            self.enter(task, self.nodes[call.node].next)

    def end(self, task: Task, status: Status) -> None:
        """The task has ended; in closed loop its client thinks, and then sends its next."""
        task.status = status
        task.finish_ns = self.clock.now_ns
        if self.plan.clients:
            think_ns = int(self.rows[task.task].think_ns)
            self.schedule_arrival(task.task + self.plan.clients, self.clock.now_ns + think_ns)
