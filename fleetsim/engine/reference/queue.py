"""The calls that wait at a replica, and which of them is the head of its queue (docs/engine.md, section 5c)."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

from fleetsim.engine.reference.records import Call
from fleetsim.errors import EngineFault
from fleetsim.plan import Plan
from fleetsim.tables import ORDER_SIGNALS, Asked


class Queue:
    """The front, which are the preempted calls, and behind it the others, which stand in the way of the pool's order.

    It has a length and goes through its calls like a list, the order of the others apart.
    """

    def __init__(self, others: InTurn) -> None:
        self.front: list[Call] = []
        self.others = others
        self.lines = others if isinstance(others, InLines) else None

    def __len__(self) -> int:
        return len(self.front) + len(self.others.calls)

    def __iter__(self):
        return iter(self.front + self.others.calls)

    def put_in_front(self, call: Call) -> None:
        """The call has been preempted: it is the new head."""
        self.front.insert(0, call)

    def join(self, call: Call, now_ns: int) -> None:
        """The call comes to the tail; where it stands among the others is the order's affair."""
        self.others.join(call, now_ns)

    @property
    def head(self) -> Call:
        """The call that is admitted next, or nobody is."""
        return self.front[0] if self.front else self.others.first()

    def take_head(self) -> Call:
        """The head is admitted."""
        return self.front.pop(0) if self.front else self.others.take_first()

    def step_start_begins(self) -> None:
        """A STEP_START begins: before all else lines are lifted, if there are lines."""
        if self.lines:
            self.lines.lift()

    def step_start_is_over(self) -> None:
        """A STEP_START is over: lines that hold a call now will not be new at the next one."""
        if self.lines:
            self.lines.held = self.lines.backlogged()

    def emitted(self, call: Call) -> None:
        """A call that was admitted here has emitted a token, which is service of its class."""
        if self.lines:
            self.lines.accounts[class_of(call)].served_output_tokens += 1


class InTurn:
    """The others where the order is never asked: who joined first is first."""

    def __init__(self) -> None:
        self.calls: list[Call] = []  # in the order in which they joined

    def join(self, call: Call, now_ns: int) -> None:
        """The call is one of the others from now on."""
        self.calls.append(call)

    def first(self) -> Call:
        """The first of the others; there is one."""
        return self.calls[0]

    def take_first(self) -> Call:
        """The first is admitted: it is none of them any more."""
        call = self.first()
        self.calls.remove(call)
        return call


class ByKey(InTurn):
    """The others where the order is asked as calls join: the least key is first."""

    def __init__(self, order: Order) -> None:
        super().__init__()
        self.order = order
        self.keys: dict[Call, float] = {}

    def join(self, call: Call, now_ns: int) -> None:
        """The call has a key from now on."""
        super().join(call, now_ns)
        self.keys[call] = self.order.ask(class_of(call), prompt_tokens=call.prompt_tokens, joined_s=now_ns / 1e9)

    def first(self) -> Call:
        """The call with the least key, the one that joined first among equals."""
        return min(self.calls, key=self.keys.get)


@dataclass
class Account:
    """What a class has had of a replica."""

    lift: float = 0.0  # what it has not had, but is counted as if it had, for the time when it asked for nothing
    served_prompt_tokens: int = 0
    served_output_tokens: int = 0


class InLines(InTurn):
    """The others where the order is asked as steps start: a line for each class, and the least level is first."""

    def __init__(self, order: Order) -> None:
        super().__init__()
        self.order = order
        self.accounts: dict[int, Account] = defaultdict(Account)  # by class
        self.held: list[int] = []  # classes whose lines held a call when the last STEP_START was over
        self.admitted_last: int | None = None  # class

    def backlogged(self) -> list[int]:
        """The classes with a call in their line, the lowest first."""
        return sorted({class_of(call) for call in self.calls})

    def level(self, class_id: int) -> float:
        """Where the class stands: the lower, the more it is owed."""
        account = self.accounts[class_id]
        return account.lift + self.order.ask(
            class_id,
            served_prompt_tokens=account.served_prompt_tokens,
            served_output_tokens=account.served_output_tokens,
        )

    def first(self) -> Call:
        """The first call of the line with the least level, of the lowest class among equals."""
        class_id = min(self.backlogged(), key=self.level)
        return next(call for call in self.calls if class_of(call) == class_id)

    def take_first(self) -> Call:
        """The first is admitted; its prompt is service, unless it was admitted before, where it was prefilled."""
        call = super().take_first()
        self.admitted_last = class_of(call)
        if call.admitted_ns < 0:
            self.accounts[class_of(call)].served_prompt_tokens += call.prompt_tokens
        return call

    def lift(self) -> None:
        """Lines that were empty are lifted to those that were not, or to the one that was served last."""
        levels = {class_id: self.level(class_id) for class_id in self.backlogged()}
        old = [level for class_id, level in levels.items() if class_id in self.held]
        if not old and self.admitted_last is None:
            return
        reference = min(old) if old else self.level(self.admitted_last)
        for class_id, level in levels.items():
            if class_id not in self.held:
                self.accounts[class_id].lift += max(0.0, reference - level)


class Order:
    """A pool's queue order with its knobs."""

    def __init__(self, plan: Plan, pool: int) -> None:
        self.pool = pool
        self.order = plan.queue_orders[plan.pools[pool].queue_order]
        self.rule = getattr(self.order.rule, "py_func", self.order.rule)
        self.knobs = plan.order_knobs[pool]
        self.priorities = plan.priorities

    def ask(self, class_id: int, **signals: float) -> float:
        """What the order says of a call or a line of the class. `signals`: columns of ORDER_SIGNALS; others are 0.

        Raises EngineFault if that is no finite number.
        """
        (row,) = ORDER_SIGNALS.empty(1)
        row.priority = self.priorities[class_id]
        for column, value in signals.items():
            row[column] = value
        said = float(self.rule(row, self.knobs))
        if not math.isfinite(said):
            raise EngineFault(
                f"queue order {self.order.name!r} of pool {self.pool} returned {said} for a call, or the calls, of "
                f"class {class_id}: return a finite number"
            )
        return said


def class_of(call: Call) -> int:
    """The class of the call's task."""
    return call.thread.task.class_id


def queue_of(plan: Plan, pool: int) -> Queue:
    """An empty queue of a replica of the pool."""
    match plan.pools[pool].order_asked:
        case Asked.NEVER:
            return Queue(InTurn())
        case Asked.JOINING:
            return Queue(ByKey(Order(plan, pool)))
        case Asked.STARTING:
            return Queue(InLines(Order(plan, pool)))
