"""The way of tasks through each architecture."""

from __future__ import annotations

from fleetsim.report.charts.graph import graph
from fleetsim.report.contract import Block, Prose, section
from fleetsim.report.view import View


@section(order=65, title="The way of a task")
def workflow(view: View) -> list[Block]:
    """The graph of calls of every arm whose tasks make calls of more than one node."""
    charts = [chart for arm in view.arms if (chart := graph(arm))]
    if not charts:
        return []
    text = (
        "The calls that tasks made in the first run, from left to right as one followed another; a way is as thick as "
        "the share of tasks that took it. Architectures in which every task makes the same single call are left out."
    )
    return [Prose(text), *charts]
