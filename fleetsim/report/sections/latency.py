"""Latency distributions."""

from __future__ import annotations

from fleetsim.report.charts.distribution import MEASURES, distribution
from fleetsim.report.contract import Block, section
from fleetsim.report.view import View


@section(order=50, title="How long tasks take")
def latency(view: View) -> list[Block]:
    """Curves of TTFT, TPOT and E2E."""
    return [chart for measure in MEASURES if (chart := distribution(view, measure))]
