"""The contract of a queue order: which of the calls that wait at a replica is the next to be admitted.

A queue order is one function `rule(waiting, knobs) -> float`; the least goes first:

* `waiting`: a row of `tables.ORDER_SIGNALS`; nothing else of the call or its class is seen;
* `knobs`: float64[tables.KNOBS], the rule's tuning, in the order of its declared knobs.

It must change nothing and return a finite number; any other stops the run. `asked` says when it is asked
(docs/engine.md, 5c): once for each call as it joins the queue, or for each task class with calls waiting as the
replica's steps start, with what the class has been served so far. Among equals the call that joined first goes first,
or the class that the scenario names first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numba
from numba import types

from fleetsim.compiled import typed_kernel
from fleetsim.registry import Family
from fleetsim.tables import ORDER_SIGNALS, Asked

ORDER_SIGNATURE = types.float64(numba.from_dtype(ORDER_SIGNALS.dtype), types.Array(types.float64, 1, "C"))


@dataclass(frozen=True)
class QueueOrder:
    """A rule with what the scenario may say of it."""

    name: str
    rule: Callable  # compiled for ORDER_SIGNATURE; the plain Python function is `rule.py_func`
    meaning: str
    asked: Asked
    knobs: dict[str, float] = field(default_factory=dict)  # name -> default, in the order the rule reads them


QUEUE_ORDERS: Family[QueueOrder] = Family("queue order", "fleetsim.policies.scheduling")


def queue_order(*, asked: Asked, knobs: dict[str, float] | None = None) -> Callable[[Callable], Callable]:
    """Register the decorated function as a queue order under its own name."""

    def register(function: Callable) -> Callable:
        rule = typed_kernel(ORDER_SIGNATURE)(function)
        meaning = (function.__doc__ or "").strip().splitlines()[0]
        QUEUE_ORDERS.add(function.__name__, QueueOrder(function.__name__, rule, meaning, asked, knobs or {}))
        return rule

    return register
