"""Where calls and dollars go."""

from __future__ import annotations

from fleetsim.report.charts.flow import READING
from fleetsim.report.charts.flow import flow as draw
from fleetsim.report.contract import Block, Fold, Prose, section
from fleetsim.report.view import View

_SHOWN = 4


@section(order=70, title="Where calls and dollars go")
def flow(view: View) -> list[Block]:
    """Bands from classes and pools to outcomes, an arm a row."""
    charts = [chart for arm in view.arms if (chart := draw(view, arm))]
    if not charts:
        return []
    blocks: list[Block] = [Prose(READING), *charts[:_SHOWN]]
    if charts[_SHOWN:]:
        blocks.append(Fold(f"The other {len(charts) - _SHOWN} architectures", tuple(charts[_SHOWN:])))
    return blocks
