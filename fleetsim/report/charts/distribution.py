"""How a latency is distributed over tasks: a curve an arm, from the median out into the tail."""

from __future__ import annotations

import altair as alt
import numpy as np

from fleetsim.report.charts import theme
from fleetsim.report.contract import Cell, Chart, Table
from fleetsim.report.figures import cell
from fleetsim.report.view import ArmView, View

QUANTILES = 160
_BEYOND = 10  # a quantile with fewer values beyond it than this says more of luck than of the arm
_TICKS = {0.1: "10 %", 0.5: "50 %", 0.9: "90 %", 0.99: "99 %", 0.999: "99.9 %", 0.9999: "99.99 %", 0.99999: "99.999 %"}


def ttft_s(arm: ArmView) -> np.ndarray:
    """Time to first token of the finished tasks, in seconds."""
    arrival, first = arm.finished("arrival_ns", "first_token_ns")
    return (first - arrival)[first >= 0] / 1e9


def tpot_s(arm: ArmView) -> np.ndarray:
    """Time per output token after the first, of the finished tasks with more than one token, in seconds."""
    first, last, tokens = arm.finished("first_token_ns", "finish_ns", "output_tokens")
    several = (first >= 0) & (tokens > 1)
    return (last - first)[several] / 1e9 / (tokens[several] - 1)


def e2e_s(arm: ArmView) -> np.ndarray:
    """Time from arrival to the last token of the finished tasks, in seconds."""
    arrival, last = arm.finished("arrival_ns", "finish_ns")
    return (last - arrival) / 1e9


MEASURES = {"ttft": ("Time to first token", ttft_s), "tpot": ("Time per output token", tpot_s),
            "e2e": ("Time to the whole answer", e2e_s)}  # fmt: skip


def levels(count: int) -> np.ndarray:
    """About 160 shares of tasks: even from 1 % to 90 %, then evenly in nines as far as `count` values can tell."""
    last = 1 - _BEYOND / count if count > 2 * _BEYOND else 0.5
    body = np.linspace(0.01, min(0.9, last), QUANTILES // 2)
    if last <= 0.9:
        return body
    return np.concatenate([body, 1 - np.logspace(-1, np.log10(1 - last), QUANTILES // 2 + 1)[1:]])


def nines(share: np.ndarray | float) -> np.ndarray | float:
    """0 for none, 1 for 90 %, 2 for 99 %: the axis that gives the tail as much room as the body."""
    return -np.log10(1 - share)


def distribution(view: View, measure: str) -> Chart | None:
    """The chart of one measure (ttft, tpot, e2e); None if no arm has values."""
    title, values_of = MEASURES[measure]
    data = []
    for arm in view.arms:
        values = values_of(arm)
        if len(values) < 2:
            continue
        shares = levels(len(values))
        for share, value in zip(shares, np.quantile(values, shares), strict=True):
            if value > 0:  # the axis goes by factors
                data.append({"arm": arm.label, "s": float(f"{value:.4g}"), "n": round(float(nines(share)), 4)})
    if not data:
        return None
    return Chart(title, _READING, _curves(view, data), _table(view, measure, title), keys=view.keys)


_READING = (
    "Each curve says within what time a share of the tasks was served; further left is faster. "
    "The upper half of the axis is stretched to show the slowest tasks."
)


def _curves(view: View, data: list[dict]) -> theme.Spec:
    top = max(row["n"] for row in data)
    ticks = [share for share in _TICKS if nines(share) <= top * 1.02]
    spelled = "".join(f"datum.value < {nines(s) + 0.01:.3f} ? '{_TICKS[s]}' : " for s in ticks) + "''"
    y_axis = alt.Axis(values=[round(float(nines(s)), 4) for s in ticks], labelExpr=spelled)
    kept: theme.Data = {}
    chart = (
        alt.Chart(theme.keep(kept, data), width=theme.WIDTH - 110, height=250)
        .mark_line(strokeWidth=2, interpolate="linear", aria=False)
        .encode(
            x=alt.X("s:Q", title="seconds (each step of the axis is a factor)", scale=alt.Scale(type="log", nice=False),
                    axis=alt.Axis(format=",~r", tickCount=8, labelOverlap=True)),
            y=alt.Y("n:Q", title="share of tasks served within", axis=y_axis, scale=alt.Scale(domain=[0, top])),
            order=alt.Order("n:Q"),
            color=theme.colour(view.keys),
            strokeDash=theme.dash(view.keys),
            opacity=theme.picked(),
        )
    )  # fmt: skip
    return theme.finish(chart, kept)


def _table(view: View, measure: str, title: str) -> Table:
    statistics = ("p50", "p90", "p95", "p99")
    body = tuple(
        (Cell(arm.label, key=arm.key), *(cell(arm.figure(f"{measure}_{statistic}")) for statistic in statistics))
        for arm in view.arms
    )
    return Table(f"{title}: percentiles over tasks", ("Architecture", *statistics), body)
