"""Points whose queue is not first come, first served: priorities that interrupt nobody, and the shortest first."""

from __future__ import annotations

import theory_figures as see
import theory_formulas as formulas
from theory_point import Check, Point, Span
from theory_runs import STEP_S, exponential, job, poisson, queue

_SOURCE = "[Cob54] Cobham 1954; [K76] 3.6"


def _priorities(name: str, rates: tuple[float, float], means_s: tuple[float, float], span: Span) -> Point:
    """Two classes with answers without memory; the one the scenario names second is the urgent one."""
    classes = {
        "late": job(exponential(means_s[0]), arrivals=poisson(rates[0]), priority=-1),
        "soon": job(exponential(means_s[1]), arrivals=poisson(rates[1]), priority=3),
    }
    squares_s2 = [mean * (2 * mean - STEP_S) for mean in means_s]  # of a geometric number of steps
    soon, late = formulas.priority_waits_s(rates[::-1], means_s[::-1], squares_s2[::-1])
    checks = (
        Check("Wq of the urgent", soon, see.wait_of(1), 0.01),
        Check("Wq of the others", late, see.wait_of(0), 0.03),
    )
    return Point(name, "M/M/1 priority", _SOURCE, (queue(None, classes, queue_order="priority"),), span, checks)


def priorities() -> list[Point]:
    """One slot, the urgent class small or large, its work short or long."""
    return [
        _priorities("PRIO-80", (0.5, 0.3), (1.0, 1.0), Span(2_000, 150_000, 40_000)),
        _priorities("PRIO-90", (0.2, 1.0), (2.0, 0.5), Span(5_000, 400_000)),
    ]


def shortest() -> list[Point]:
    """A prompt is one step whose time is in proportion to it: sizes are known, and no time is lost to whole steps."""
    mean_tokens, token_s = 100, 0.01
    prompts = {"prompt": {"kind": "geometric", "mean": mean_tokens}, "output": 1}
    points = []
    for name, rate, span in (
        ("SJF-80", 0.8, Span(2_000, 150_000, 60_000)),
        ("SJF-90", 0.9, Span(5_000, 400_000)),
    ):
        document = queue(poisson(rate), prompts, base="0 s", per_token="10 ms", queue_order="shortest_first")
        exact_s = formulas.shortest_first_wait_s(rate, mean_tokens, token_s)
        check = Check("Wq", exact_s, see.wait(), 0.02)
        points.append(Point(name, "M/G/1 shortest first", "[Phi56] Phipps 1956", (document,), span, (check,), bias=0.0))
    return points
