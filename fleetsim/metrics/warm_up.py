"""The warm-up that was cut, and whether the run had settled behind it."""

from __future__ import annotations

import math

from fleetsim.metrics.contract import Figure, metric
from fleetsim.metrics.view import View, answered


@metric
def warm_up(view: View) -> list[Figure]:
    """The warm-up cut and the window left, in s; whether the cut is doubtful; and mean end-to-end time in both halves.

    warm_up_doubtful is 1 where MSER-5 would have cut into the run's second half: the run never settled, by its length
    or because it is overloaded, and no figure of it is one of a steady state.
    """
    tasks, done = view.tasks, answered(view.tasks)
    times_ms = (tasks.finish_ns[done] - tasks.arrival_ns[done]) / 1e6
    half = len(times_ms) // 2
    return [
        Figure("warm_up", "all", view.warm_up_s, "s"),
        Figure("warm_up_doubtful", "all", float(view.warm_up_doubtful), "", "lower"),
        Figure("window", "all", view.window_s, "s"),
        Figure("e2e_mean_first_half", "all", float(times_ms[:half].mean()) if half else math.nan, "ms", "lower"),
        Figure("e2e_mean_second_half", "all", float(times_ms[half:].mean()) if half else math.nan, "ms", "lower"),
    ]
