"""The contract of a balancer.

A balancer is one function `rule(signals, turn, luck, knobs) -> index`:

* `signals`: the pool's rows of `tables.SIGNALS`, one a replica, as they are when the call reaches the pool;
* `turn`: the index after the one chosen last, from which to search so that ties do not all fall on the first;
* `luck`: one random word; `fleetsim.luck.choice(luck, draw, count)` makes picks from it;
* `knobs`: float64[tables.KNOBS], the rule's tuning, in the order of its declared knobs.

It must change nothing and return an index below `len(signals)`. The engine stops the run if it does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numba
from numba import types

from fleetsim.compiled import typed_kernel
from fleetsim.registry import Family
from fleetsim.tables import SIGNALS

SIGNATURE = types.int64(
    types.Array(numba.from_dtype(SIGNALS.dtype), 1, "C"), types.int64, types.uint64, types.Array(types.float64, 1, "C")
)


@dataclass(frozen=True)
class Balancer:
    """A rule with what the scenario may say of it."""

    name: str
    rule: Callable  # compiled for SIGNATURE; the plain Python function is `rule.py_func`
    meaning: str
    knobs: dict[str, float] = field(default_factory=dict)  # name -> default, in the order the rule reads them
    reads_kv: bool = False


BALANCERS: Family[Balancer] = Family("balancer", "fleetsim.policies.balancers")


def balancer(*, knobs: dict[str, float] | None = None, reads_kv: bool = False) -> Callable[[Callable], Callable]:
    """Register the decorated function as a balancer under its own name.

    `reads_kv` declares that the rule looks at `kv_blocks`, which costs the engine work; else that signal is -1.
    """

    def register(function: Callable) -> Callable:
        rule = typed_kernel(SIGNATURE)(function)
        meaning = (function.__doc__ or "").strip().splitlines()[0]
        BALANCERS.add(function.__name__, Balancer(function.__name__, rule, meaning, knobs or {}, reads_kv))
        return rule

    return register
