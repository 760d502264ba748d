"""Threads: what walks through the graph for a task, and how threads come together (docs/engine.md, section 3)."""

from __future__ import annotations

from dataclasses import dataclass, field

from fleetsim.engine.reference.records import Task
from fleetsim.tables import BLANK, LANES


@dataclass(frozen=True)
class Answer:
    """What a thread has to say so far, and who made it."""

    right: int = -1  # 1 right, 0 wrong, -1 not judged
    label: int = BLANK
    flagged: int = 0  # it was seen to be doubtful
    model: int = -1  # maker: row of the quality tables
    role: int = 0  # maker: part of the task it worked on
    sample: int = 0  # maker: attempt of its call
    pool: int = -1  # maker: pool that decoded it
    tokens: int = 0  # its length
    weight: float = 1.0  # in a vote
    agreement: float = 0.0  # share of votes behind it


@dataclass(frozen=True)
class Taken:
    """Which option was taken at a SELECT that learns."""

    node: int
    branch: int
    guess: int  # domain that the task was taken for


@dataclass(frozen=True)
class Best:
    """The best of a thread's answers that a VERIFY has seen."""

    node: int
    answer: Answer
    context_tokens: int  # what the thread's conversation held with it


@dataclass(eq=False)
class Thread:
    """One walk through the graph."""

    task: Task
    context_tokens: int  # what its conversation holds
    lane: int = 0  # its number among the threads side by side
    round: int = 0  # rounds of loops so far
    passes: list[int] = field(default_factory=lambda: [0, 0, 0])  # begun of the loops it is in, by their depth
    role: int = 0  # part of the task it works on
    good: int = 1  # whether all finished stages of a pipeline were right
    answer: Answer = Answer()
    gathering: Gathering | None = None  # the FORK it came from and is to be joined for
    tried: Taken | None = None  # last, at a SELECT that its own task remembers, and not reported on yet
    best: Best | None = None  # at the VERIFY that keeps the best which it entered last

    @property
    def attempt(self) -> int:
        """The number that names all it does now."""
        return LANES * self.round + self.lane

    @property
    def cut_off(self) -> bool:
        """Whether nobody waits for it any more: its gathering, or one further out, is closed."""
        gathering = self.gathering
        while gathering is not None:
            if not gathering.open:
                return True
            gathering = gathering.thread.gathering
        return False


@dataclass(eq=False)
class Gathering:
    """What a FORK opens: the thread that forked waits here for those that it let go."""

    fork: int  # its node
    thread: Thread
    branches: int  # how many threads were let go
    counted: list[Thread] = field(default_factory=list)  # those that have reached the JOIN, in their order
    open: bool = True


def branch_off(thread: Thread, fork: int, branches: int, role_step: int) -> list[Thread]:
    """The threads that a FORK lets go for `thread`, in a gathering of their own."""
    gathering = Gathering(fork, thread, branches)
    return [
        Thread(
            task=thread.task,
            context_tokens=thread.context_tokens,
            lane=thread.lane * branches + j,
            round=thread.round,
            passes=list(thread.passes),
            role=thread.role + j * role_step,
            gathering=gathering,
        )
        for j in range(branches)
    ]
