"""SELECT: which branch a thread takes (docs/engine.md, section 3b)."""

from __future__ import annotations

from fleetsim.engine.reference.plan_rows import NodeRow
from fleetsim.engine.reference.threads import Thread
from fleetsim.luck import Stream, uniform
from fleetsim.plan import Plan
from fleetsim.tables import TableKey


class Choices:
    """The choices of all SELECTs."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def branch(self, row: NodeRow, node: int, thread: Thread) -> int:
        """The number of the branch that the thread takes, drawn from the table of shares."""
        task = thread.task
        key = task.class_id if row.table_key == TableKey.CLASS else task.domain
        first = row.cdf_offset + key * row.branches
        return self.drawn(Stream.SELECT, first, row.branches, node, thread)

    def drawn(self, stream: Stream, first: int, count: int, node: int, thread: Thread) -> int:
        """One of `count` numbers, by the shares, added up, that begin at `first` in branch_cdf."""
        u = uniform(self.plan.seed, int(stream), thread.task.task, node, thread.attempt)
        cdf = self.plan.branch_cdf[first : first + count]
        return next((j for j in range(count) if u < cdf[j]), count - 1)
