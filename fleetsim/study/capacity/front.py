"""Of the fleets simulated those that no other beats in price, tail latency and quality."""

from __future__ import annotations

import numpy as np

from fleetsim.statistics import replications
from fleetsim.study.capacity.answer import FrontPoint
from fleetsim.study.capacity.bench import Fleet
from fleetsim.study.capacity.decide import Course, fleet_words

_QUALITY = ("accuracy", "task_accuracy", "correct_share", "quality")


def front(course: Course, chosen: Fleet | None) -> tuple[FrontPoint, ...]:
    """Of the candidates simulated at the scenario's load: those that no other beats in price, tail and quality."""
    rows = [
        (fleet, _respects(course, fleet))
        for fleet in sorted(course.bench.fleets_seen)
        if fleet.load == 1.0 and fleet.gone is None and len(course.bench.seen(fleet)) >= course.bench.first_runs
    ]
    found = []
    for fleet, (signed, shown) in rows:
        beaten = any((other <= signed).all() and (other < signed).any() for _, (other, _) in rows)
        if not beaten:
            variant = course.question.space.variants[fleet.variant]
            holds = course.known.at(1.0)[fleet.variant][fleet.index] > 0
            price = float(variant.usd_per_hour[fleet.index])
            name = f"{variant.name}: {fleet_words(course.question, fleet)}"
            headings = {h.name: h for h in course.bench.seen(fleet)[0].headings if h.scope == "all"}
            units = {figure: headings[figure].unit for figure in shown}
            better = {figure: headings[figure].better for figure in shown}
            found.append(
                FrontPoint(name, variant.architecture, price, shown, units, better, bool(holds), fleet == chosen)
            )
    return tuple(sorted(found, key=lambda point: point.usd_per_hour))


def _respects(course: Course, fleet: Fleet) -> tuple[np.ndarray, dict[str, float]]:
    """Price, tail latency and quality where there is one: less is better; and as they are shown."""
    results = course.bench.seen(fleet)
    shown = {}
    for name in ("ttft_p99", "e2e_p99", *_QUALITY):
        value = replications([r.value(name) for r in results]).value
        if np.isfinite(value):
            shown[name] = value
    signed = [-value if name in _QUALITY else value for name, value in shown.items()]
    return np.array([float(course.question.space.variants[fleet.variant].usd_per_hour[fleet.index]), *signed]), shown
