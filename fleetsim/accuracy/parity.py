"""Parity plots: every prediction against what was measured, on two logarithmic axes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import altair as alt
import numpy as np

from fleetsim.accuracy.scores import scores
from fleetsim.accuracy.tables import score_table
from fleetsim.report.charts import theme
from fleetsim.report.contract import Chart, Table

if TYPE_CHECKING:
    import pandas as pd

_DEVICES = 8  # so many have a colour of their own; the others share one
_OTHER = "others"
_COLOURS = ("#0a84d6", "#d87a00", "#8a3ffc", "#4f7a3a", "#b5476f", "#009e9e", "#c2403a", "#6f5a9e", "#7c868f")
_BAND = 1.25
_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6}


@dataclass(frozen=True)
class Panel:
    """One plot: which rows, and in which unit."""

    title: str
    unit: str
    of: Callable[[pd.DataFrame], pd.Series]


PANELS = (
    Panel("Time per output token", "ms", lambda rows: rows["metric"].str.match(r"(tpot|itl|token_time)")),
    Panel("Time to first token, closed loop", "ms", lambda r: r["metric"].str.match("ttft") & _closed(r)),
    Panel("Time to first token, other loads", "ms", lambda r: r["metric"].str.match("ttft|prompt_time") & ~_closed(r)),
    Panel("End to end", "ms", lambda rows: rows["metric"].str.match(r"(e2e|elapsed|makespan)")),
    Panel("Tokens per second", "tokens/s", lambda rows: rows["unit"].str.startswith("tok/s")),
    Panel("Power and energy", "as measured", lambda r: r["metric"].str.contains("power|joules")),
)


def _closed(rows: pd.DataFrame) -> pd.Series:
    return rows["load"].str.startswith("closed_loop")


def parity(rows: pd.DataFrame, panel: Panel) -> Chart:
    """The plot of a panel, coloured by device."""
    chosen = rows[panel.of(rows)]
    done = chosen[np.isfinite(chosen["predicted"]) & (chosen["predicted"] > 0)]
    devices = list(done.groupby("device").size().sort_values(ascending=False, kind="stable").index[:_DEVICES])
    scale = _scale(done, panel)
    points = [
        {"x": float(f"{x:.4g}"), "y": float(f"{y:.4g}"), "d": d if d in devices else _OTHER, "m": m, "f": f, "p": p}
        for x, y, d, m, f, p in zip(
            done["value"] * scale, done["predicted"] * scale, done["device"], done["model"], done["framework"],
            done["point_id"], strict=True,
        )
    ]  # fmt: skip
    reading = f"In {panel.unit}. On the line both are equal; the broken lines are a factor of {_BAND:g} off."
    data: theme.Data = {}
    return Chart(panel.title, reading, theme.finish(_chart(points, devices, data), data), _table(chosen, panel))


def _scale(rows: pd.DataFrame, panel: Panel) -> np.ndarray:
    """What turns a row's own unit into the panel's."""
    if panel.unit != "ms":
        return np.ones(len(rows))
    return rows["unit"].map(_SECONDS).fillna(1.0).to_numpy() * 1e3


def _chart(points: list[dict], devices: list[str], data: theme.Data) -> theme.Spec:
    ends = [value for point in points for value in (point["x"], point["y"])] or [1.0]
    low, high = float(f"{min(ends) / 1.5:.2g}"), float(f"{max(ends) * 1.5:.2g}")
    lines = [
        {"x": end, "k": k, "y": end * factor} for k, factor in enumerate((1.0, _BAND, 1 / _BAND)) for end in (low, high)
    ]
    axis = {"scale": alt.Scale(type="log", nice=False, domain=[low, high], clamp=True), "axis": alt.Axis(format="~s")}
    x, y = alt.X("x:Q", title="measured", **axis), alt.Y("y:Q", title="predicted", **axis)
    base = alt.Chart(theme.keep(data, points), width=theme.WIDTH - 320, height=theme.WIDTH - 420)
    names = [*devices, _OTHER]
    colours = alt.Scale(domain=names, range=[*_COLOURS[: len(devices)], _COLOURS[-1]])
    dashes = alt.Scale(domain=[0, 1, 2], range=[[1, 0], [4, 4], [4, 4]])
    said = (("p", "point"), ("d", "device"), ("m", "model"), ("f", "framework"), ("x", "measured"), ("y", "predicted"))
    marks = base.mark_circle(size=22, opacity=0.55).encode(
        x=x,
        y=y,
        color=alt.Color("d:N", title="device", scale=colours),
        tooltip=[alt.Tooltip(f"{field}:{'Q' if field in 'xy' else 'N'}", title=title) for field, title in said],
    )
    ruled = alt.Chart(theme.keep(data, lines), width=theme.WIDTH - 320, height=theme.WIDTH - 420)
    band = ruled.mark_line(color=theme.INK, opacity=0.6, strokeWidth=1, clip=True, aria=False).encode(
        x=x, y=y, detail="k:O", strokeDash=alt.StrokeDash("k:O", legend=None, scale=dashes)
    )
    return theme.layered(band, marks)


def _table(rows: pd.DataFrame, panel: Panel) -> Table:
    return score_table(panel.title, scores(rows, ["device"]), ("device",))
