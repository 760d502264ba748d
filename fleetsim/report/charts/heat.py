"""How well each architecture serves each class, as a field of cells."""

from __future__ import annotations

import math

import altair as alt

from fleetsim.metrics.contract import Figure
from fleetsim.report.charts import theme
from fleetsim.report.contract import Cell, Chart, Table
from fleetsim.report.figures import cell, said
from fleetsim.report.view import View
from fleetsim.report.words import NONE, chosen_share, percent

_MET, _MISSED = "#0a84d6", "#d87a00"
_LEAST_MISSED = 1e-4  # a goal of all tasks is told from one of nearly all no finer
_NAMES, _CELL, _HEIGHT = 190, 170, 34
_READING = (
    "Blue: at least {goal} of the class's tasks met all their targets, paler where the interval leaves "
    "that in doubt. Orange: fewer did, stronger the more were missed. Refused and unfinished tasks count as missed."
)


def heat(view: View, classes: list[tuple[str, str]]) -> Chart:
    """A cell for every architecture and class (label, scope)."""
    data = [
        {"arm": arm.label, "class": name} | _look(arm.figure("slo_attainment", scope), view.goal)
        for arm in view.arms
        for name, scope in classes
    ]
    kept: theme.Data = {}
    names = [name for name, _ in classes]
    width = min(_CELL, (theme.WIDTH - _NAMES) // len(names)) * len(names)
    base = alt.Chart(theme.keep(kept, data), width=width, height=_HEIGHT * len(view.arms))
    x_at = alt.X("class:N", sort=None, title=None, scale=alt.Scale(domain=names, padding=0.04),
                 axis=alt.Axis(orient="top", labelAngle=0, labelLimit=width // len(names) - 8, grid=False))  # fmt: skip
    y_at = alt.Y("arm:N", sort=None, title=None, scale=alt.Scale(domain=view.labels, padding=0.06),
                 axis=alt.Axis(labelLimit=_NAMES - 10, grid=False))  # fmt: skip
    field = base.mark_rect(cornerRadius=3).encode(
        x=x_at, y=y_at, color=alt.Color("colour:N", scale=None, legend=None),
        fillOpacity=alt.FillOpacity("strength:Q", scale=None, legend=None), opacity=theme.picked(),
        tooltip=[alt.Tooltip("arm:N", title="Architecture"), alt.Tooltip("class:N", title="Class"),
                 alt.Tooltip("all:N", title="Within targets")],
    )  # fmt: skip
    text = base.mark_text(fontSize=12, aria=False).encode(x=x_at, y=y_at, text="text:N", opacity=theme.picked())
    table = Table(
        "Share of tasks within all their targets",
        ("Architecture", *names),
        tuple(
            (Cell(arm.label, key=arm.key), *(cell(arm.figure("slo_attainment", scope)) for _, scope in classes))
            for arm in view.arms
        ),
    )
    return Chart(
        "Share of tasks within all their targets",
        _READING.format(goal=chosen_share(view.goal)),
        theme.finish(theme.layered(field, text), kept),
        table,
    )


def _look(figure: Figure | None, goal: float) -> dict[str, str | float]:
    if figure is None:
        return {"colour": _MISSED, "strength": 0.0, "text": NONE, "all": NONE}
    if figure.value >= goal:
        sure = figure.low is not None and figure.low >= goal
        look = {"colour": _MET, "strength": 0.42 if sure else 0.2}
    else:
        allowed = max(1 - goal, _LEAST_MISSED)
        missed = math.log10((1 - figure.value) / allowed) / 2  # 0 at the goal, 1 for a hundred times as many
        look = {"colour": _MISSED, "strength": round(0.18 + 0.5 * min(1.0, max(0.0, missed)), 2)}
    return look | {"text": percent(figure.value), "all": said(figure)}
