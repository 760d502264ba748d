"""A what-if as plain text: the same study gives the same text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from fleetsim.cli.text import NO_TARGETS, NONE, give_or_take, grid, spread, three, wrapped

if TYPE_CHECKING:
    from fleetsim.statistics import Estimate
    from fleetsim.study.whatif import WhatIf
    from fleetsim.study.whatif.break_even import BreakEven
    from fleetsim.study.whatif.curves import Response

_ROWS = 40


def whatif_text(found: WhatIf) -> str:
    """The question, what was run, and a table for each figure and path; then crossings and influences."""
    count = len({(row.architecture, repr(row.values)) for row in found.rows})
    said = f"{found.design} design, {count:,} arms of {found.replications} replications, {found.runs:,} runs in all"
    found = _known(found)
    blocks = [
        wrapped(f"{found.name}: {found.question}" if found.question else found.name),
        wrapped(f"seed {found.provenance['seed']}, {said}, intervals at 95 %, all arms under the same luck"),
        *_curves(found),
        *_tornado(found),
        *_correlations(found),
        "\n".join(map(_crossing, found.break_evens)) if found.break_evens else "",
        "No two architectures cross on this scale." if found.break_evens == () else "",
        *_influences(found),
        "\n".join(wrapped(note, first="! ") for note in found.notes),
    ]
    return "\n\n".join(block for block in blocks if block)


def _known(found: WhatIf) -> WhatIf:
    """Without figures that no arm has in any run."""
    there = {row.figure for row in found.rows if math.isfinite(row.estimate.value)}
    nothing = [figure for figure in found.figures if figure not in there]
    if not nothing:
        return found
    word = f"no arm has {' or '.join(nothing)}"
    if "slo_attainment" in nothing:
        word += f". {NO_TARGETS}"
    return replace(
        found,
        responses=tuple(row for row in found.responses if row.figure in there),
        swings=tuple(row for row in found.swings if row.figure in there),
        correlations=tuple(row for row in found.correlations if row[1] in there),
        influences=found.influences and tuple(row for row in found.influences if row.figure in there),
        notes=(*found.notes, word),
    )


def _curves(found: WhatIf) -> Iterator[str]:
    """A figure along a path: architectures side by side, with the change against the first value."""
    paths = [factor.path for factor in found.factors]
    for path in paths:
        for figure in found.figures:
            rows = [row for row in found.responses if (row.path, row.figure) == (path, figure)]
            if rows:
                yield _curve(rows, len(paths) > 1)


def _curve(rows: Sequence[Response], several: bool) -> str:
    path, figure = rows[0].path, rows[0].figure
    names = list(dict.fromkeys(row.architecture for row in rows))
    unit = f", {rows[0].unit}" if rows[0].unit else ""
    body = [[path.rsplit(".", 1)[-1], *(text for name in names for text in (name, "change"))]]
    for value in dict.fromkeys(repr(row.value) for row in rows):
        own = {row.architecture: row for row in rows if repr(row.value) == value}
        cells = [str(next(iter(own.values())).value)]
        for row in map(own.get, names):
            cells += ["", ""] if row is None else [_estimate(row.estimate, row.unit), _change(row.change)]
        body.append(cells)
    others = " (mean over the other paths)" if several else ""
    return f"{figure}{unit}, by {path}{others}\n{grid(body, right=range(1, 2 * len(names) + 1), indent='  ')}"


def _tornado(found: WhatIf) -> Iterator[str]:
    for (architecture, figure), swings in groupby(found.swings, key=lambda s: (s.architecture, s.figure)):
        body = [["path", "least at", "change", "most at", "change"]]
        unit = base = ""
        for swing in swings:
            unit, base = swing.unit, _estimate(swing.base, swing.unit)
            down, up = _change(swing.down), _change(swing.up)
            body.append([swing.path, str(swing.lowest), down, str(swing.highest), up])
        yield f"{figure} of {architecture}: {base} {unit}\n{grid(body, right=(2, 4), indent='  ')}"


def _correlations(found: WhatIf) -> Iterator[str]:
    if not found.correlations:
        return
    body = [["architecture", "figure", "path", "rank correlation"]]
    body += [[name, figure, path, f"{value:+.2f}"] for name, figure, path, value in found.correlations[:_ROWS]]
    yield grid(body, right=(3,))


def _crossing(found: BreakEven) -> str:
    ends = [("beyond the scale" if end is None else str(end)) for end in (found.low, found.high)]
    return wrapped(
        f"break-even: {found.less_below} has less {found.figure} below {found.path} = {found.at}, {found.less_above} "
        f"above (95 %: {ends[0]} to {ends[1]}; {found.evaluations} values tried)"
    )


def _influences(found: WhatIf) -> Iterator[str]:
    if not found.influences:
        return
    sobol = found.method == "sobol"
    own, total = ("alone", "with interactions") if sobol else ("spread (sigma)", "mean effect (mu*)")
    body = [["architecture", "figure", "path", total, own]]
    for row in found.influences[:_ROWS]:
        ends = [_give(row.total, row.total_half), _give(row.own, row.own_half)]
        body.append([row.architecture, row.figure, row.path, *ends])
    yield f"influence by {found.method}\n{grid(body, right=(3, 4), indent='  ')}"


def _give(value: float, half: float) -> str:
    return give_or_take(value, half) if half == half and half > 0 else three(value)  # nan is no half


def _estimate(estimate: Estimate, unit: str = "") -> str:
    if estimate.low is None or estimate.high is None or estimate.low == estimate.high:
        return three(estimate.value)
    return spread(estimate.value, estimate.low, estimate.high, unit == "share")


def _change(estimate: Estimate) -> Any:
    if estimate.value == 0 and not estimate.high:
        return ""
    text = _estimate(estimate)
    return text if text == NONE or text.startswith("-") else f"+{text}"
