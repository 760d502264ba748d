"""A replica's queue: the calls that were preempted, and behind them the others in their order (docs/engine.md, 5c)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np

from fleetsim.engine.reference.records import Call
from fleetsim.plan import Plan
from fleetsim.tables import ORDER_SIGNALS, Asked


class Queue:
    """First come, first served: the order is not asked. What each task class is served is counted in any case."""

    def __init__(self) -> None:
        self.front: list[Call] = []  # preempted, the last one first
        self.others: list[Call] = []
        self.waited: set[int] = set()  # classes of the others when the last step had been made up
        self.last_admitted: int | None = None  # class of the others' call that was admitted last
        self.served_prompt_tokens: Counter[int] = Counter()  # by class
        self.served_output_tokens: Counter[int] = Counter()

    def __len__(self) -> int:
        return len(self.front) + len(self.others)

    def __iter__(self) -> Iterator[Call]:
        yield from self.front
        yield from self.others

    def join(self, call: Call, now_ns: int) -> None:
        """The call joins at the tail."""
        self.others.append(call)

    def put_back(self, call: Call) -> None:
        """The call was preempted: it goes to the front."""
        self.front.insert(0, call)

    @property
    def head(self) -> Call:
        """Who is next."""
        return self.front[0] if self.front else self.first_of_others()

    def first_of_others(self) -> Call:
        """Who is next of those that were not preempted."""
        return self.others[0]

    def admit_head(self) -> Call:
        """The head leaves the queue; its class is served its prompt, unless it was when it was admitted before."""
        call = self.head
        if self.front:
            self.front.remove(call)
            return call
        self.others.remove(call)
        self.last_admitted = call.class_id
        if call.admitted_ns < 0:
            self.served_prompt_tokens[call.class_id] += call.prompt_tokens
        return call

    def emitted(self, call: Call) -> None:
        """The call has emitted a token at this replica: its class is served that."""
        self.served_output_tokens[call.class_id] += 1

    def backlogged(self) -> list[int]:
        """The classes that have calls waiting, from the lowest; the preempted ones do not count."""
        return sorted({call.class_id for call in self.others})

    def step_starts(self) -> list[int]:
        """A step starts now; returns the classes that have calls waiting again."""
        return [class_id for class_id in self.backlogged() if class_id not in self.waited]

    def step_is_made_up(self) -> None:
        """All have been admitted that will be in this step."""
        self.waited = set(self.backlogged())


class KeyedQueue(Queue):
    """The order gives each call a key when it joins; the least goes first."""

    def __init__(self, plan: Plan, pool: int) -> None:
        super().__init__()
        self.order = asking(plan, pool)
        self.priorities = plan.priorities.tolist()
        self.keys: dict[Call, float] = {}

    def join(self, call: Call, now_ns: int) -> None:
        """Ask for its key."""
        priority = self.priorities[call.class_id]
        self.keys[call] = self.order(priority=priority, prompt_tokens=call.prompt_tokens, joined_s=now_ns / 1e9)
        super().join(call, now_ns)

    def first_of_others(self) -> Call:
        """The least key; among equals the one that joined first, as `min` takes them."""
        return min(self.others, key=self.keys.__getitem__)


class LinedQueue(Queue):
    """One line a task class: the class with the least level goes first."""

    def __init__(self, plan: Plan, pool: int) -> None:
        super().__init__()
        self.order = asking(plan, pool)
        self.priorities = plan.priorities.tolist()
        self.lifts = [0.0 for _ in self.priorities]

    def level(self, class_id: int) -> float:
        """What the class has been served, and what it was lifted by."""
        served = self.order(
            priority=self.priorities[class_id],
            served_prompt_tokens=self.served_prompt_tokens[class_id],
            served_output_tokens=self.served_output_tokens[class_id],
        )
        return served + self.lifts[class_id]

    def step_starts(self) -> list[int]:
        """Classes that have calls waiting again are lifted: they have saved nothing up."""
        new = super().step_starts()
        old = [class_id for class_id in self.backlogged() if class_id not in new]
        if not old and self.last_admitted is not None:
            old = [self.last_admitted]
        if old:
            reference = min(self.level(class_id) for class_id in old)
            gaps = [max(0.0, reference - self.level(class_id)) for class_id in new]
            for class_id, gap in zip(new, gaps, strict=True):
                self.lifts[class_id] += gap
        return new

    def first_of_others(self) -> Call:
        """The first call of the class with the least level."""
        chosen = min(self.backlogged(), key=self.level)
        return next(call for call in self.others if call.class_id == chosen)


def asking(plan: Plan, pool: int) -> Callable[..., float]:
    """The pool's order as a function of what it may observe; what is not given is 0."""
    rule = plan.queue_orders[plan.pools[pool].queue_order].rule
    rule, knobs = getattr(rule, "py_func", rule), plan.order_knobs[pool]

    def order(**columns: float) -> float:
        row = ORDER_SIGNALS.empty(1)[0]
        for name, value in columns.items():
            row[name] = value
        return float(rule(row, np.array(knobs)))

    return order


def queue_of(plan: Plan, pool: int) -> Queue:
    """The queue of a replica of the pool."""
    asked = plan.pools[pool].order_asked
    if asked == Asked.NEVER:
        return Queue()
    return KeyedQueue(plan, pool) if asked == Asked.JOINING else LinedQueue(plan, pool)
