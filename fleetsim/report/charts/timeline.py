"""How one arm went over time: load, queue, work and KV memory of each pool."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from fleetsim.metrics.contract import PoolFacts
from fleetsim.report.charts import theme
from fleetsim.report.contract import Cell, Chart, Table
from fleetsim.report.view import ArmView
from fleetsim.report.words import NONE, digits, percent
from fleetsim.tables import UNLIMITED_BLOCKS

POINTS = 90
"""Points of a curve: more are more than its width can show."""

_RATES = 30  # points of the rates, which are noisy when counted over short intervals
_DASHES = ((1, 0), (6, 3), (2, 2), (8, 3, 2, 3))
_PANELS = (
    ("rate", "Tasks per second", ",~r"),
    ("waiting", "Calls waiting", ",~r"),
    ("busy", "Replicas working", ".0%"),
    ("kv", "KV memory held", ".0%"),
)


def timeline(arm: ArmView) -> Chart | None:
    """The panels of the arm's first replicate, those that have something to show; None if it was not sampled twice."""
    curves = {name: pool_curves(arm, pool) for pool, name in zip(arm.facts.pools, arm.pool_labels, strict=True)}
    times = next((curve["time"] for curve in curves.values()), np.zeros(0))
    if len(times) == 0:
        return None
    data = _rates(arm, times) + [row for name, curve in curves.items() for row in _rows(name, curve)]
    there = {row["panel"] for row in data}  # no KV memory is held where it has no limit
    kept: theme.Data = {}
    apart = {"scale": {"strokeDash": "independent"}}
    chart = theme.in_columns(
        *(_panel(arm, kept, data, *panel) for panel in _PANELS if panel[0] in there),
        columns=4,
        spacing=52,
        bounds="flush",
        resolve=apart,
    )
    return Chart("Over time", "", theme.finish(chart, kept), _table(arm, curves), of=arm.key)


def pool_curves(arm: ArmView, pool: PoolFacts) -> dict[str, np.ndarray]:
    """Means over the intervals between the points of the timeline, the pool's replicas together.

    `time` (end of the interval, s), `waiting` (calls), `busy` and `kv` (shares; nan where KV memory is unlimited).
    """
    samples = np.asarray(arm.first.records.samples)
    mine = samples[
        (samples["replica"] >= pool.first_replica) & (samples["replica"] < pool.first_replica + pool.replicas)
    ]
    times, at = np.unique(mine["time_ns"], return_inverse=True)
    if len(times) < 2:
        return {"time": np.zeros(0), "waiting": np.zeros(0), "busy": np.zeros(0), "kv": np.zeros(0)}

    def total(*columns: str) -> np.ndarray:
        return sum(np.bincount(at, weights=mine[column].astype(float), minlength=len(times)) for column in columns)

    edges = np.unique(np.linspace(0, len(times) - 1, min(POINTS + 1, len(times))).round().astype(int))
    work = np.diff(total("prefill_ns", "decode_ns")[edges]) / (np.diff(times[edges].astype(float)) * pool.replicas)
    counts = np.diff(edges)
    waiting = np.add.reduceat(total("waiting")[1:], edges[:-1]) / counts
    held = np.add.reduceat(total("kv_blocks")[1:], edges[:-1]) / counts
    limited = 0 < pool.kv_blocks < UNLIMITED_BLOCKS
    kv = held / (pool.kv_blocks * pool.replicas) if limited else np.full(len(held), np.nan)
    return {"time": times[edges[1:]] / 1e9, "waiting": waiting, "busy": np.clip(work, 0, 1), "kv": kv}


def _rates(arm: ArmView, times: np.ndarray) -> list[dict]:
    tasks = np.asarray(arm.first.records.tasks)
    edges = np.concatenate([[0.0], times])[:: max(1, len(times) // _RATES)]
    arrived = np.histogram(tasks["arrival_ns"] / 1e9, edges)[0] / np.diff(edges)
    ended = np.histogram(tasks["finish_ns"][tasks["finish_ns"] >= 0] / 1e9, edges)[0] / np.diff(edges)
    return [
        {"time": _round(t), "series": series, "panel": "rate", "value": _round(v)}
        for series, values in (("arrived", arrived), ("answered", ended))
        for t, v in zip(edges[1:], values, strict=True)
    ]


def _rows(name: str, curve: dict[str, np.ndarray]) -> list[dict]:
    return [
        {"time": _round(t), "series": name, "panel": panel, "value": _round(v)}
        for panel in ("waiting", "busy", "kv")
        for t, v in zip(curve["time"], curve[panel], strict=True)
        if np.isfinite(v)
    ]


def _round(value: float) -> float:
    return float(f"{value:.4g}")


def _panel(arm: ArmView, kept: theme.Data, data: list[dict], panel: str, title: str, shown: str) -> alt.Chart:
    mine = [{k: v for k, v in row.items() if k != "panel"} for row in data if row["panel"] == panel]
    series = ["arrived", "answered"] if panel == "rate" else list(arm.pool_labels)
    dashes = [(2, 2), (1, 0)] if panel == "rate" else [_DASHES[i % len(_DASHES)] for i in range(len(series))]
    top: dict[str, Any] = {"domainMin": 0} | ({"domainMax": 1} if shown == ".0%" else {})
    shown_once = panel in ("rate", "waiting")
    legend = alt.Legend(orient="bottom", title=None, direction="horizontal", columns=2, symbolSize=300, labelLimit=95,
                        symbolStrokeColor=arm.look.colour) if shown_once else None  # fmt: skip
    return (
        alt.Chart(theme.keep(kept, mine), width=theme.WIDTH // 4 - 52, height=110, title=title)
        .mark_line(strokeWidth=1.6, color=arm.look.colour, aria=False)
        .encode(
            x=alt.X("time:Q", title="seconds", axis=alt.Axis(tickCount=4, grid=False, format=",~r")),
            y=alt.Y("value:Q", title=None, scale=alt.Scale(**top), axis=alt.Axis(tickCount=3, format=shown)),
            strokeDash=alt.StrokeDash(
                "series:N", sort=None, legend=legend, scale=alt.Scale(domain=series, range=dashes)
            ),
        )
    )


def _table(arm: ArmView, curves: dict[str, dict[str, np.ndarray]]) -> Table:
    body = []
    for name, curve in curves.items():
        cells = [Cell(name)]
        for panel, say in (("waiting", digits), ("busy", percent), ("kv", percent)):
            values = curve[panel][np.isfinite(curve[panel])]
            cells += [Cell(say(float(f(values))) if len(values) else NONE, number=True) for f in (np.mean, np.max)]
        body.append(tuple(cells))
    columns = (
        "Pool",
        "Waiting, mean",
        "Waiting, peak",
        "Working, mean",
        "Working, peak",
        "KV held, mean",
        "KV held, peak",
    )
    return Table("Load of the pools over the whole run", columns, tuple(body))
