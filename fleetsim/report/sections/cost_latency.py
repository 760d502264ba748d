"""Cost against latency."""

from __future__ import annotations

from fleetsim.report.charts.scatter import scatter
from fleetsim.report.contract import Block, section
from fleetsim.report.view import View


@section(order=30, title="Cost against latency")
def cost_latency(view: View) -> list[Block]:
    """A point an architecture."""
    chart = scatter(view)
    return [chart] if chart else []
