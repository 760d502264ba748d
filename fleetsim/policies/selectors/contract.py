"""The contract of a selector: the rule by which a SELECT chooses a branch for a task.

A selector is one function `rule(options, luck, knobs) -> index`:

* `options`: rows of `tables.OPTION_SIGNALS`, one a branch, in their order; nothing else of the task is seen;
* `luck`: one random word; `choice(luck, draw, count)` and `fraction(luck, draw)` of `fleetsim.luck` draw from it;
* `knobs`: float64[tables.KNOBS], the rule's tuning, in the order of its declared knobs.

It must change nothing and return an index below `len(options)`. The engine stops the run if it does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numba
from numba import types

from fleetsim.compiled import typed_kernel
from fleetsim.registry import Family
from fleetsim.tables import OPTION_SIGNALS

SELECTOR_SIGNATURE = types.int64(
    types.Array(numba.from_dtype(OPTION_SIGNALS.dtype), 1, "C"), types.uint64, types.Array(types.float64, 1, "C")
)


@dataclass(frozen=True)
class Selector:
    """A rule with what the scenario may say of it."""

    name: str
    rule: Callable  # compiled for SELECTOR_SIGNATURE; the plain Python function is `rule.py_func`
    meaning: str
    knobs: dict[str, float] = field(default_factory=dict)  # name -> default, in the order the rule reads them
    bound: bool = False  # sees what nobody can see in production: which answers would be right


SELECTORS: Family[Selector] = Family("selector", "fleetsim.policies.selectors", "selectors")


def selector(*, knobs: dict[str, float] | None = None, bound: bool = False) -> Callable[[Callable], Callable]:
    """Register the decorated function as a selector under its own name; `bound` rules see the column `right`."""

    def register(function: Callable) -> Callable:
        rule = typed_kernel(SELECTOR_SIGNATURE)(function)
        meaning = (function.__doc__ or "").strip().splitlines()[0]
        SELECTORS.add(function.__name__, Selector(function.__name__, rule, meaning, knobs or {}, bound))
        return rule

    return register
