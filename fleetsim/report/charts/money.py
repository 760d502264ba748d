"""Where the money goes: a bar for each pool, the part that worked solid and the part that stood idle faint."""

from __future__ import annotations

import math

import altair as alt

from fleetsim.report.charts import theme
from fleetsim.report.contract import Cell, Chart, Table
from fleetsim.report.view import ArmView, View
from fleetsim.report.words import NONE, dollars, percent

_NAMES_WIDTH = 170


def money(view: View) -> Chart | None:
    """Dollars an hour of every pool of every arm; None if nothing has a price."""
    spent = [entry for arm in view.arms for entry in _pools(arm) if math.isfinite(entry["usd"])]
    if not any(entry["usd"] > 0 for entry in spent):
        return None
    reading = "Dollars an hour for each pool. The solid part paid for work, the faint part for replicas standing idle."
    return Chart("Dollars an hour by pool", reading, _drawing(view, spent), _table(view))


def _pools(arm: ArmView) -> list[dict]:
    out = []
    for pool, name in zip(arm.facts.pools, arm.pool_labels, strict=True):
        usd = arm.usd_per_hour(pool)
        busy = arm.pool_figure("utilisation", pool)
        share = min(1.0, max(0.0, busy.value)) if busy else 1.0
        said = dollars(usd) + (f", {percent(share)} working" if busy else "")
        out.append({"arm": arm.label, "pool": name, "usd": usd, "share": share, "text": said})
    return out


def _drawing(view: View, spent: list[dict]) -> theme.Spec:
    data = []
    for row, entry in enumerate(spent):
        usd, worked = entry["usd"], entry["usd"] * entry["share"]
        first = row == 0 or spent[row - 1]["arm"] != entry["arm"]
        names = {
            "arm": entry["arm"],
            "name": theme.short(entry["arm"]) if first else "",
            "pool": theme.short(entry["pool"]),
        }
        for start, stop, solid in ((0.0, worked, 1.0), (worked, usd, 0.35)):
            ends = {"start": float(f"{start:.6g}"), "stop": float(f"{stop:.6g}"), "end": float(f"{usd:.6g}")}
            data.append({"row": row, "solid": solid, "text": entry["text"]} | names | ends)
    kept: theme.Data = {}
    base = alt.Chart(theme.keep(kept, data), width=theme.WIDTH - 2 * _NAMES_WIDTH - 130, height=alt.Step(24))
    y_at = alt.Y("row:O", axis=None, scale=alt.Scale(paddingInner=0.3))
    x_scale = alt.Scale(domain=[0, max(entry["usd"] for entry in spent)], nice=False)
    filled = base.mark_bar().encode(
        x=alt.X("start:Q", title=None, scale=x_scale, axis=None), x2="stop:Q", y=y_at, color=theme.colour(view.keys),
        fillOpacity=alt.FillOpacity("solid:Q", scale=None, legend=None), opacity=theme.picked(),
        tooltip=[alt.Tooltip("arm:N", title="Architecture"), alt.Tooltip("pool:N", title="Pool"),
                 alt.Tooltip("text:N", title="Per hour")],
    )  # fmt: skip
    written = base.transform_filter("datum.solid == 1")
    said = written.mark_text(align="left", dx=6, aria=False).encode(x=alt.X("end:Q"), y=y_at, text="text:N")
    pools = written.mark_text(align="right", aria=False).encode(x=alt.value(-8), y=y_at, text="pool:N")
    arms = written.mark_text(align="left", aria=False, fontWeight=600).encode(
        x=alt.value(-2 * _NAMES_WIDTH), y=y_at, text="name:N"
    )
    return theme.finish(theme.layered(filled, said, pools, arms), kept)


def _table(view: View) -> Table:
    body = []
    for arm in view.arms:
        for pool, name in zip(arm.facts.pools, arm.pool_labels, strict=True):
            busy = arm.pool_figure("utilisation", pool)
            each = pool.usd_per_s * 3600
            numbers = (
                str(pool.replicas), "by the token" if pool.tariff else dollars(each), dollars(arm.usd_per_hour(pool)),
                percent(busy.value) if busy else NONE,
            )  # fmt: skip
            named = (Cell(arm.label, key=arm.key), Cell(name), Cell(f"{pool.model} on {pool.hardware}"))
            body.append((*named, *(Cell(number, number=True) for number in numbers)))
    columns = ("Architecture", "Pool", "What it is", "Replicas", "A replica per hour", "The pool per hour", "Working")
    return Table("What the fleets cost", columns, tuple(body))
