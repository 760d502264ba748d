"""What is remembered of tasks, calls and runs of steps, and how it becomes tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fleetsim.engine.reference.plan_rows import NodeRow
from fleetsim.tables import BLANK, CALLS, LANES, RUNS, SAMPLES, TASK_RECORDS, RunKind, Status, Table

if TYPE_CHECKING:
    from fleetsim.engine.reference.threads import Answer, Thread


class Outcome(NamedTuple):
    """The records of one run; all np.recarray."""

    calls: np.recarray  # tables.CALLS, by (task, node, attempt)
    tasks: np.recarray  # tables.TASK_RECORDS, by task
    runs: np.recarray  # tables.RUNS, by (replica, start_ns, kind, first_ns)
    samples: np.recarray  # tables.SAMPLES, by (time_ns, replica)
    final: np.recarray  # tables.SAMPLES, one row a replica at the run's end


@dataclass(eq=False)
class Call:
    """One model invocation: its row of CALLS, and where it stands at its replica."""

    task: int
    node: int
    attempt: int
    role: int
    pool: int
    prompt_tokens: int
    output_tokens: int
    sent_ns: int
    thread: Thread  # that waits for it
    node_row: NodeRow
    return_delay_ns: int
    decode_pool: int  # the pool that decodes it: where it is sent to, or the one behind that
    model: int = -1
    right: int = -1
    replica: int = -1
    prefill_replica: int = -1
    cached_tokens: int = 0
    preemptions: int = 0
    status: Status = Status.IN_FLIGHT
    queued_ns: int = -1
    admitted_ns: int = -1
    first_token_ns: int = -1
    transferred_ns: int = -1
    finish_ns: int = -1

    label: int = BLANK  # which answer it is, if it is judged
    accepted: bool = False  # given to a replica
    cut: bool = False  # its answer was shortened when it was accepted
    target_tokens: int = 0  # what its prefill has to compute
    computed_tokens: int = 0  # what its prefill has computed
    emitted_tokens: int = 0  # tokens of the answer so far
    blocks: int = 0  # KV blocks held
    last_token_ns: int = -1
    interrupted: bool = False  # preempted or moved after its last token, so the gap to the next is a RESUMED row

    @property
    def decodes(self) -> bool:
        """Whether its prefill target is complete: it emits a token in each step."""
        return self.computed_tokens == self.target_tokens

    @property
    def context_tokens(self) -> int:
        """KV entries a decode step of it reads: T + g, which is the prompt and all tokens emitted."""
        return self.prompt_tokens + self.emitted_tokens

    @property
    def answered(self) -> bool:
        """Whether it has emitted its whole answer."""
        return self.emitted_tokens == self.output_tokens

    @property
    def refused(self) -> bool:
        """Whether its pool did not take it."""
        return self.status >= Status.REFUSED_CONTEXT

    @property
    def conversation(self) -> tuple[int, int]:
        """Task and lane of the thread that made it: whose conversation it belongs to."""
        return self.task, self.attempt % LANES


@dataclass(eq=False)
class Task:
    """One task with its threads; its properties complete its row of TASK_RECORDS."""

    task: int
    class_id: int
    domain: int
    prompt_tokens: int
    full_output_tokens: int
    arrival_ns: int
    status: Status = Status.IN_FLIGHT
    right: int = -1
    flagged: int = 0
    finish_ns: int = -1
    sent: list[Call] = field(default_factory=list)
    streamed: Call | None = None  # the last call whose tokens the user reads as they come
    answer: Answer | None = None  # what its thread had at the END
    threads: int = 0  # those that walk; one that waits for a JOIN is none

    @property
    def calls(self) -> int:
        """Calls sent."""
        return len(self.sent)

    @property
    def preemptions(self) -> int:
        """Preemptions over all its calls."""
        return sum(call.preemptions for call in self.sent)

    @property
    def answer_pool(self) -> int:
        """Pool that decodes the answer, -1 before its call is sent."""
        if self.streamed:
            return self.streamed.decode_pool
        return self.answer.pool if self.answer else -1

    @property
    def output_tokens(self) -> int:
        """Tokens of the answer, 0 before its call has been accepted."""
        if self.streamed:
            return self.streamed.output_tokens if self.streamed.accepted else 0
        return self.answer.tokens if self.answer else 0

    @property
    def first_token_ns(self) -> int:
        """When the answer's first token reaches the client, -1 before it is ready at the replica."""
        if self.streamed:
            ready_ns = self.streamed.first_token_ns
            return -1 if ready_ns < 0 else ready_ns + self.streamed.return_delay_ns
        return self.finish_ns if self.answer else -1


@dataclass(eq=False)
class Run:
    """A row of RUNS, and what its steps have in common (docs/engine.md, section 5, Duration)."""

    replica: int
    start_ns: int
    first_ns: float
    growth_ns: float
    decoding: int
    steps: int = 0  # completed
    kind: RunKind = RunKind.STEPS
    sequences: list[Call] = field(default_factory=list)
    under_window: int = 0
    over: bool = False  # its replica was changed since: the next step is a run of its own
    alone: bool = False  # its step has a chunk or an import: no other step belongs to the run


class Sample(NamedTuple):
    """A row of SAMPLES."""

    time_ns: int
    replica: int
    open: int
    waiting: int
    running: int
    kv_blocks: int
    prefill_ns: int
    decode_ns: int
    steps: int
    prefill_tokens: int
    output_tokens: int
    preemptions: int


def as_table(table: Table, items: Sequence[object]) -> np.recarray:
    """One row for each item, from its attributes of the columns' names."""
    rows = table.empty(len(items))
    for column in table:
        rows[column.name] = [getattr(item, column.name) for item in items]
    return rows


def outcome(tasks: list[Task], runs: list[Run], samples: list[Sample], final: list[Sample]) -> Outcome:
    """The tables of all that happened, each in its order."""
    calls = sorted(
        (call for task in tasks for call in task.sent), key=lambda call: (call.task, call.node, call.attempt)
    )
    seen = (run for run in runs if run.decoding > 0 and run.steps > 0)
    seen = sorted(seen, key=lambda run: (run.replica, run.start_ns, run.kind, run.first_ns))
    return Outcome(
        calls=as_table(CALLS, calls),
        tasks=as_table(TASK_RECORDS, sorted(tasks, key=lambda task: task.task)),
        runs=as_table(RUNS, seen),
        samples=as_table(SAMPLES, samples),
        final=as_table(SAMPLES, final),
    )
