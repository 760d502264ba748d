"""Paired differences between arms."""

from __future__ import annotations

from fleetsim.findings import Difference
from fleetsim.report.charts.differences import differences as draw
from fleetsim.report.charts.differences import table_of
from fleetsim.report.contract import Block, section
from fleetsim.report.view import View


@section(order=22, title="Differences under the same luck")
def differences(view: View) -> list[Block]:
    """Every paired difference with its interval and verdict."""
    found = view.found(Difference)
    if not found:
        return []
    return [draw(view, found) or table_of(view, found)]
