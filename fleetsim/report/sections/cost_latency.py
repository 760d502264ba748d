"""Cost against latency and quality."""

from __future__ import annotations

from fleetsim.findings import Front, Option
from fleetsim.report.charts.pareto import READING, Panel, Spot, pareto
from fleetsim.report.contract import Block, section
from fleetsim.report.palette import Key, Look, look
from fleetsim.report.view import View, distinct

_COSTS = ("cost_per_correct_usd", "usd_per_slo_met_task", "usd_per_million_output_tokens")
_FAINT = "Pale ones do not meet the constraints."
_PANELS = (("ttft_p99", "usd_per_slo_met_task"), ("e2e_p99", "usd_per_million_output_tokens"))


@section(order=30, title="Trade-offs")
def cost_latency(view: View) -> list[Block]:
    """A point an architecture, and the alternatives that a search has traded off."""
    spots = [Spot(arm.key, arm.figure) for arm in view.arms]
    charts = [pareto("Cost against the slowest one in a hundred", READING, spots, _panels(view))]
    charts += [_searched(view, front) for front in view.found(Front)]
    return [chart for chart in charts if chart]


def _panels(view: View) -> list[Panel]:
    """Cost against latency; with answers judged, also cost and latency against the share of right ones."""
    panels = [panel for panel in _PANELS if all(any(arm.figure(name) for arm in view.arms) for name in panel)]
    if view.judged:
        cost = next((name for name in _COSTS if any(arm.figure(name) for arm in view.arms)), None)
        panels += [("accuracy", name) for name in (cost, "e2e_p99") if name]
    return panels


def _searched(view: View, front: Front) -> Block | None:
    labels = distinct([option.name for option in front.options])
    spots = [
        Spot(
            Key(name, _look(view, option)),
            option.figure,
            not option.feasible,
            option.chosen,
            _note(option),
            view.key(option.arm) if option.arm else None,
        )
        for name, option in zip(labels, front.options, strict=True)
    ]
    first, *others = front.axes
    panels = [(other, first) for other in others]
    better = {figure.name: figure.better for option in front.options for figure in option.figures}
    if len(others) == 2 and better.get(others[0]) != better.get(others[1]):  # of two times the first says the most
        panels.append((others[1], others[0]))
    return pareto("The alternatives that were searched", f"{READING} {_FAINT}", spots, panels)


def _look(view: View, option: Option) -> Look:
    return view.key(option.arm).look if option.arm else look(0)


def _note(option: Option) -> str:
    if option.chosen:
        return "chosen"
    return "" if option.feasible else "does not meet the constraints"
