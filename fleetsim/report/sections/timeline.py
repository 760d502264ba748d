"""Load, queue, work and memory over time."""

from __future__ import annotations

from fleetsim.report.charts.timeline import timeline as draw
from fleetsim.report.contract import Block, Prose, section
from fleetsim.report.view import View
from fleetsim.report.words import duration


@section(order=60, title="Over time")
def timeline(view: View) -> list[Block]:
    """Four small panels an arm."""
    charts = [chart for arm in view.arms if (chart := draw(arm))]
    if not charts:
        return []
    cuts = sorted({run.warm_up_s for arm in view.arms for run in arm.arm.runs})
    cut = duration(cuts[0]) if cuts[0] == cuts[-1] else f"{duration(cuts[0])} to {duration(cuts[-1])}"
    text = (
        "Each row is one architecture, its first run. A queue that keeps growing, or replicas that never rest, mean "
        f"too small a fleet. Figures leave out the warm-up (the first {cut}); these curves show the whole run. "
        "The scales of tasks and of queues differ between rows."
    )
    return [Prose(text), *charts]
