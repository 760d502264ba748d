"""A what-if as a study that a report can be made of."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby

from fleetsim.findings import RANKS, Crossing, Curve, CurvePoint, Finding, Influence, Line, Sensitivity, Swing, Tornado
from fleetsim.statistics import Estimate
from fleetsim.study.results import Study
from fleetsim.study.shown import recorded
from fleetsim.study.whatif import curves, sensitivity
from fleetsim.study.whatif.answer import WhatIf
from fleetsim.study.whatif.break_even import BreakEven
from fleetsim.study.whatif.curves import Response
from fleetsim.study.whatif.design import Factor
from fleetsim.study.whatif.trials import scoped


def study_of(found: WhatIf) -> Study:
    """What was found, and one run of every architecture as it stands. Raises EngineFault if a law is broken."""
    made = (
        f"Curves and influences rest on {found.replications} runs of every combination, {found.runs:,} in all, "
        "under the same luck. Side by side are the architectures as the scenario has them."
    )
    about = found.provenance | {"notes": list(found.notes), "made": [made]}
    told = (*_curves(found), *_tornadoes(found), *_correlations(found), *_sensitivities(found))
    return Study(found.name, found.question, recorded(found.shown), about, found.resolved, told)


def _curves(found: WhatIf) -> Iterator[Finding]:
    for factor in found.factors:
        for figure in found.figures:
            rows = [row for row in found.responses if (row.path, row.figure) == (factor.path, figure)]
            crossings = [c for c in found.break_evens or () if (c.path, c.figure) == (factor.path, figure)]
            lines = tuple(_lines(factor, rows))
            if lines or crossings:
                name, scope = scoped(figure)
                scale = factor.scale
                yield Curve(
                    figure=name,
                    unit=rows[0].unit if rows else "",
                    x_path=factor.path,
                    lines=lines,
                    x_unit=f"{scale.prefix} {scale.unit}".strip() if scale else "",
                    better=found.better.get(figure, ""),
                    scope=scope,
                    here=_here(found, factor),
                    crossings=tuple(_crossing(factor, c, found.better.get(figure, "")) for c in crossings),
                    searched=bool(found.break_evens is not None and figure == found.sought),
                    x_names=() if scale else tuple(map(str, factor.values)),
                )


def _lines(factor: Factor, rows: Sequence[Response]) -> Iterator[Line]:
    """The points by rising number; of values that are no numbers, in the order in which they were given."""
    for arm in dict.fromkeys(row.architecture for row in rows):
        own = [row for row in rows if row.architecture == arm and math.isfinite(row.estimate.value)]
        points = [
            CurvePoint(_place(factor, row.value), row.estimate.value, row.estimate.low, row.estimate.high)
            for row in own
        ]
        if points:
            yield Line(arm, tuple(sorted(points, key=lambda point: point.x)))


def _place(factor: Factor, value: object) -> float:
    return factor.scale.number(value) if factor.scale else float(factor.values.index(value))


def _here(found: WhatIf, factor: Factor) -> float | None:
    """The scenario's own value, where it is written in the unit of the others and lies among them."""
    scale = factor.scale
    if scale is None or Factor("", (*factor.values, found.standing.get(factor.path))).scale is None:
        return None
    number = scale.number(found.standing[factor.path])
    return number if scale.low <= number <= scale.high else None


def _crossing(factor: Factor, c: BreakEven, better: str) -> Crossing:
    """Less of a figure is better unless more is: then the one with less below is the better one above."""
    below, above = (c.less_above, c.less_below) if better == "higher" else (c.less_below, c.less_above)
    ends = [None if end is None else _place(factor, end) for end in (c.low, c.high)]
    return Crossing(_place(factor, c.at), below, above, *ends)


def _tornadoes(found: WhatIf) -> Iterator[Finding]:
    for (arm, figure), swings in groupby(found.swings, key=lambda swing: (swing.architecture, swing.figure)):
        own = list(swings)
        base, better = own[0].base.value, found.better.get(figure, "")
        if math.isfinite(base):
            yield Tornado(figure_name(figure), own[0].unit, arm, base, tuple(_swing(one) for one in own), better)


def figure_name(figure: str) -> str:
    """A figure of all tasks by its name, another with what it is of."""
    return figure.removesuffix(" all")


def _swing(one: curves.Swing) -> Swing:
    base = one.base.value
    sure = any(not _spans_zero(change) for change in (one.down, one.up))
    ends = base + min(one.down.value, 0.0), base + max(one.up.value, 0.0)
    stands = "as it stands"
    least_at = str(one.lowest) if one.down.value <= 0 else stands
    most_at = str(one.highest) if one.up.value >= 0 else stands
    return Swing(one.path, least_at, most_at, *ends, sure)


def _spans_zero(change: Estimate) -> bool:
    return change.low is None or change.high is None or change.low <= 0 <= change.high


def _sensitivities(found: WhatIf) -> Iterator[Finding]:
    rows = found.influences or ()
    units = {row.figure: row.unit for row in found.rows}
    for (arm, figure), own in groupby(rows, key=lambda row: (row.architecture, row.figure)):
        influences = tuple(
            Influence(row.path, row.total, *_ends(row), row.own if math.isfinite(row.own) else None)
            for row in own
            if math.isfinite(row.total)
        )
        method = (found.method or "").capitalize()
        yield Sensitivity(figure_name(figure), units.get(figure, ""), arm, method, influences, found.samples)


def _correlations(found: WhatIf) -> Iterator[Finding]:
    """Rank correlations of a Latin hypercube, the strongest first."""
    units = {row.figure: row.unit for row in found.rows}
    for (arm, figure), own in groupby(found.correlations, key=lambda row: row[:2]):
        rows = tuple(Influence(path, value) for _, _, path, value in own if math.isfinite(value))
        points = sum(row.architecture == arm and row.figure == figure for row in found.rows)
        if rows:
            yield Sensitivity(figure_name(figure), units.get(figure, ""), arm, RANKS, rows, points)


def _ends(row: sensitivity.Influence) -> tuple[float | None, float | None]:
    return (row.total - row.total_half, row.total + row.total_half) if math.isfinite(row.total_half) else (None, None)
