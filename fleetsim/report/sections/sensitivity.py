"""What the answer hangs on."""

from __future__ import annotations

from fleetsim.findings import Sensitivity, Tornado
from fleetsim.report.charts.tornado import sensitivity as draw_sensitivity
from fleetsim.report.charts.tornado import tornado as draw_tornado
from fleetsim.report.contract import Block, section
from fleetsim.report.view import View


@section(order=45, title="What it hangs on")
def sensitivity(view: View) -> list[Block]:
    """Tornadoes, and indices of influence."""
    charts = [draw_tornado(view, found) for found in view.found(Tornado)]
    charts += [draw_sensitivity(view, found) for found in view.found(Sensitivity)]
    return [chart for chart in charts if chart]
