"""Where the money goes."""

from __future__ import annotations

from fleetsim.report.charts.money import money as draw
from fleetsim.report.contract import Block, section
from fleetsim.report.view import View


@section(order=72, title="What each pool costs")
def money(view: View) -> list[Block]:
    """Dollars an hour by pool, working and idle."""
    chart = draw(view)
    return [chart] if chart else []
