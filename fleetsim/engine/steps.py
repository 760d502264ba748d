"""How long steps take: the one arithmetic that both engines use, so that they agree to the nanosecond.

The step-time model is step = base[n] + context * alpha + area * beta (see docs/engine.md, section 5).
The order of operations is part of the contract; nothing here may be rearranged.
"""

from __future__ import annotations

import math

from fleetsim.compiled import helper


@helper
def first_step_ns(base_ns, alpha_ns, context, window_alpha_ns, window_context, beta_ns, area):
    """float: duration of a step from its token count's base time and what its attention reads."""
    return base_ns + alpha_ns * context + window_alpha_ns * window_context + beta_ns * area


@helper
def growth_per_step_ns(alpha_ns, decoding, window_alpha_ns, under_window):
    """float: how much longer each further step of a run takes, every sequence reading one token more."""
    return alpha_ns * decoding + window_alpha_ns * under_window


@helper
def run_end_ns(start_ns, first_ns, growth_ns, steps):
    """int: when the `steps`-th step of a run ends; an arithmetic series, rounded once."""
    return start_ns + math.floor(steps * first_ns + growth_ns * (0.5 * steps * (steps - 1)) + 0.5)


@helper
def refilled(level, elapsed_ns, per_ns, most):
    """float: how far a limit of so much a nanosecond, and `most` at once, has recovered after `elapsed_ns`."""
    return min(most, level + elapsed_ns * per_ns)
