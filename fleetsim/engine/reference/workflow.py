"""Threads walk through the workflow's nodes and make calls (docs/engine.md, section 3)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from fleetsim.engine.reference import joins, nodes
from fleetsim.engine.reference.choices import Choices
from fleetsim.engine.reference.clock import Clock
from fleetsim.engine.reference.endpoint import Endpoint
from fleetsim.engine.reference.plan_rows import NodeRow
from fleetsim.engine.reference.pool import Pool
from fleetsim.engine.reference.records import Call, Task
from fleetsim.engine.reference.threads import Thread, branch_off
from fleetsim.plan import Plan
from fleetsim.tables import REFUSAL_NS, Look, NodeKind, Rank, Status

Place = tuple[Thread, int]
"""A thread and the node that it is to enter."""


class Workflow:
    """The graph and the pools that it sends calls to. `ended(task)` is told of every task that has ended."""

    def __init__(self, plan: Plan, clock: Clock, ended: Callable[[Task], None]) -> None:
        self.plan = plan
        self.clock = clock
        self.ended = ended
        self.nodes = [NodeRow(*row) for row in plan.nodes.tolist()]
        self.pools = [self.pool(index) for index in range(len(plan.pools))]
        self.choices = Choices(plan, self.pools)
        self.visits: dict[int, Callable[[Thread, int], Place | None]] = {
            NodeKind.CALL: self.send,
            NodeKind.SELECT: self.select,
            NodeKind.END: self.finish,
            NodeKind.FORK: self.fork,
            NodeKind.JOIN: self.join,
            NodeKind.VERIFY: self.verify,
            NodeKind.DELAY: self.delay,
            NodeKind.LOOP: self.loop,
        }

    def pool(self, index: int) -> Pool | Endpoint:
        """The pool of that row of the plan."""
        if self.plan.pools[index].endpoint == 1:
            return Endpoint(self.plan, index, self.clock, self.departed)
        return Pool(self.plan, index, self.clock, self.departed, self.transferred)

    def begin(self, task: Task) -> None:
        """A task has arrived: it has one thread, which enters node 0."""
        task.threads = 1
        self.walk(Thread(task, task.prompt_tokens), 0)

    def walk(self, thread: Thread, node: int) -> None:
        """The thread enters the node, and then one after the other, until it waits or is no more.

        Behind a JOIN it is the thread that once forked which goes on.
        """
        place: Place | None = (thread, node)
        while place is not None:
            thread, node = place
            if thread.cut_off:
                self.vanish(thread)
                return
            place = self.visits[self.nodes[node].kind](thread, node)

    def vanish(self, thread: Thread) -> None:
        """The thread is no more. With the last of a task that has ended all that was kept for it goes."""
        task = thread.task
        task.threads -= 1
        if task.threads == 0 and task.status != Status.IN_FLIGHT:
            for pool in self.pools:
                if pool.row.caches == 1:
                    pool.forget(task.task)

    # What a node does with a thread that enters it: where who goes on then, if anybody does

    def send(self, thread: Thread, node: int) -> None:
        """CALL: the call travels to its pool, and the thread waits for its answer."""
        row, task = self.nodes[node], thread.task
        pool = self.pools[row.pool]
        call = Call(
            task=task.task,
            node=node,
            attempt=thread.attempt,
            role=row.role + thread.role,
            pool=row.pool,
            prompt_tokens=nodes.prompt_tokens(row, thread),
            output_tokens=nodes.output_tokens(row, thread),
            sent_ns=self.clock.now_ns,
            thread=thread,
            node_row=row,
            return_delay_ns=pool.row.return_delay_ns,
            decode_pool=pool.decode_pool,
        )
        task.sent.append(call)
        if row.answers == 1:
            task.streamed = call
        self.travel(partial(pool.deliver, call), pool.row.delay_ns, Rank.DELIVER, thread, node)

    def select(self, thread: Thread, node: int) -> Place:
        """SELECT: the thread takes one of the branches."""
        row = self.nodes[node]
        branch = self.choices.branch(row, node, thread)
        return thread, int(self.plan.branch_targets[row.first_branch + branch])

    def fork(self, thread: Thread, node: int) -> None:
        """FORK: new threads enter the branches, each when all that follows at once from the one before is done."""
        row = self.nodes[node]
        thread.task.threads += row.branches - 1
        for j, branch in enumerate(branch_off(thread, node, row.branches, row.role_step)):
            self.walk(branch, int(self.plan.branch_targets[row.first_branch + j]))

    def join(self, thread: Thread, node: int) -> Place | None:
        """JOIN: the thread is counted, and perhaps the one goes on that forked."""
        row, gathering = self.nodes[node], thread.gathering
        gathering.counted.append(thread)
        self.vanish(thread)
        if not joins.fires(row, gathering):
            return None
        thread.task.threads += 1
        return joins.go_on(row, node, gathering, self.plan), row.next

    def verify(self, thread: Thread, node: int) -> Place:
        """VERIFY: the thread goes one way or the other."""
        row = self.nodes[node]
        if row.look == Look.ANSWER:
            self.choices.report(thread, row, self.nodes)
            if row.keeps_best == 1:
                nodes.keep_best(row, node, thread, self.plan)
        passed = nodes.passes(row, thread, self.clock.now_ns, self.plan)
        return thread, row.next if passed else row.other

    def delay(self, thread: Thread, node: int) -> None:
        """DELAY: the thread waits."""
        row = self.nodes[node]
        delay_ns = nodes.delay_ns(row, node, thread, self.plan)
        self.travel(partial(self.walk, thread, row.next), delay_ns, Rank.RESUME, thread, node)

    def loop(self, thread: Thread, node: int) -> Place:
        """LOOP: the thread makes another pass or goes on behind it."""
        row = self.nodes[node]
        return thread, row.next if nodes.goes_round(row, node, thread, self.plan) else row.other

    def finish(self, thread: Thread, node: int) -> None:
        """END: the user has the thread's answer."""
        task, answer = thread.task, thread.answer
        task.answer = answer
        task.right = -1 if answer.right == -1 else int(answer.right == 1 and thread.good == 1)
        task.flagged = answer.flagged
        self.choices.learn(task, self.nodes)
        was_cut = task.streamed is not None and task.streamed.status == Status.CUT
        self.end(thread, Status.CUT if was_cut else Status.FINISHED)

    # What becomes of calls

    def travel(self, action: Callable[[], None], delay_ns: int, rank: Rank, thread: Thread, node: int) -> None:
        """Let `action`, which is the thread's at the node, happen after a delay."""
        self.clock.travel(action, delay_ns, rank, thread.task.task, node, thread.attempt)

    def transferred(self, call: Call) -> None:
        """The call's KV has reached the pool that decodes it; there is no network delay between pools."""
        self.pools[call.decode_pool].take_over(call)

    def departed(self, call: Call) -> None:
        """The call has left its pool, finished or refused: the answer travels to the client."""
        delay_ns = max(call.return_delay_ns, REFUSAL_NS) if call.refused else call.return_delay_ns
        self.travel(partial(self.returned, call), delay_ns, Rank.RETURN, call.thread, call.node)

    def returned(self, call: Call) -> None:
        """The client has the answer, or knows of the refusal."""
        row, thread = call.node_row, call.thread
        if not call.refused:
            nodes.take_answer(row, thread, call)
            self.walk(thread, row.next)
        elif row.other != -1:
            self.walk(thread, row.other)
        elif thread.gathering is not None:
            nodes.take_refusal(thread, self.may_be_judged(row))
            self.walk(thread, self.nodes[thread.gathering.fork].join)
        else:
            thread.task.right = 0 if any(self.may_be_judged(node_row) for node_row in self.nodes) else -1
            thread.task.flagged = 1
            self.end(thread, call.status)

    def may_be_judged(self, row: NodeRow) -> bool:
        """Whether the node makes calls whose answers are right or wrong."""
        return row.kind == NodeKind.CALL and row.solves == 1 and self.pools[row.pool].row.model != -1

    def end(self, thread: Thread, status: Status) -> None:
        """The task has ended, with this thread."""
        thread.task.status = status
        thread.task.finish_ns = self.clock.now_ns
        self.vanish(thread)
        self.ended(thread.task)
