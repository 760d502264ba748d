"""The answer of differences and curves: what a change makes better or worse, and where two alternatives are equal."""

from __future__ import annotations

from fleetsim.findings import CapacityAnswer, Curve, Difference, Sensitivity, Tornado
from fleetsim.report.charts.differences import told_of
from fleetsim.report.figures import in_text, kind_of, name_of
from fleetsim.report.named import figure_at, last_words
from fleetsim.report.view import View
from fleetsim.report.words import digits, label, listed, plainly, span

_MOST = 6
_MOST_MOVED = 3
_WORDS = {"better": "better", "worse": "worse", "differs": "different"}


def lead(view: View) -> str:
    """The answer in one sentence, of a study without runs to set side by side."""
    lines = [*turning_points(view), *judged(view), *led(view)]
    return lines[0] if lines else "The study holds no runs."


def leads(view: View) -> bool:
    """Whether the study asked what becomes of figures, and not which of the arms side by side is the better one."""
    return not view.found(Difference) and bool(turning_points(view) or led(view))


def led(view: View) -> list[str]:
    """What moves figures and how far, for studies that found no more than that."""
    if view.found(CapacityAnswer) or view.found(Difference):
        return []
    return [*hangs_on(view), *_ranges(view), *_influences(view)][:_MOST_MOVED]


def _ranges(view: View) -> list[str]:
    """How far each alternative's figure goes along a curve, a sentence a curve."""
    lines = []
    for curve in view.found(Curve):
        parts = []
        for line in curve.lines:
            if len(line.points) > 1 and not curve.x_names:
                first, last = (figure_at(curve, line.points[end]) for end in (0, -1))
                ends = [kind_of(figure).say(figure.value) for figure in (first, last)]
                how = f"stays at {ends[0]}" if ends[0] == ends[1] else f"goes from {ends[0]} to {ends[1]}"
                parts.append(f"{view.key(line.arm).label} {how}")
        if parts:
            lines.append(f"{_across(curve)}, {in_text(curve.figure)}{_of(curve)} of {listed(parts)}.")
    return lines


def _across(curve: Curve) -> str:
    ends = [point.x for line in curve.lines for point in line.points]
    unit = f" {label(curve.x_unit)}" if curve.x_unit else ""
    return f"As {label(last_words(curve.x_path))} goes from {plainly(min(ends))} to {plainly(max(ends))}{unit}"


def _of(curve: Curve) -> str:
    return "" if curve.scope == "all" else f" of {label(curve.scope)}"


def _influences(view: View) -> list[str]:
    lines = []
    for found in view.found(Sensitivity):
        most = max(found.influences, key=lambda i: abs(i.value), default=None)
        if most is not None:
            what = f"{in_text(found.figure)} of {view.key(found.arm).label}"
            lines.append(f"Of all inputs moved at once, {label(last_words(most.path))} moves {what} most.")
    return lines


def turning_points(view: View) -> list[str]:
    """Where two alternatives are equal, a sentence a crossing."""
    lines = []
    for curve in view.found(Curve):
        for c in curve.crossings[:_MOST]:
            unit = f" {label(curve.x_unit)}" if curve.x_unit else ""
            doubt = f" ({span(c.low, c.high)})" if span(c.low, c.high) else ""
            below, above = view.key(c.below).label, view.key(c.above).label
            lines.append(
                f"In {in_text(curve.figure)}, {below} is better below and {above} above "
                f"{label(last_words(curve.x_path))} = {digits(c.x)}{unit}{doubt}."
            )
        if curve.searched and not curve.crossings and len(curve.lines) > 1:
            ends = [point.x for line in curve.lines for point in line.points]
            unit = f" {label(curve.x_unit)}" if curve.x_unit else ""
            lines.append(
                f"In {in_text(curve.figure)} no two cross between {label(last_words(curve.x_path))} = "
                f"{plainly(min(ends))} and {plainly(max(ends))}{unit}."
            )
    return lines


def judged(view: View) -> list[str]:
    """What is better and worse, a sentence a pair of arms."""
    pairs: dict[tuple[str, str], list[Difference]] = {}
    for found in view.found(Difference):
        if found.scope == "all":
            pairs.setdefault((found.b, found.a), []).append(found)
    return [_pair(view, b, a, found) for (b, a), found in list(pairs.items())[:_MOST]]


def hangs_on(view: View) -> list[str]:
    """The inputs that move a figure most, a sentence a tornado."""
    lines = []
    for found in view.found(Tornado):
        sure = [s for s in found.swings if s.certain]
        most = sorted(sure, key=lambda s: -max(abs(s.least - found.base), abs(s.most - found.base)))[:2]
        if most and found.base:
            moved = [max(abs(s.least - found.base), abs(s.most - found.base)) / abs(found.base) for s in most]
            inputs = [f"{label(last_words(s.path))} (up to {100 * m:.0f} %)" for s, m in zip(most, moved, strict=True)]
            lines.append(f"{name_of(found.figure)} of {view.key(found.arm).label} hangs most on {listed(inputs)}.")
    return lines


def _pair(view: View, b: str, a: str, found: list[Difference]) -> str:
    parts = []
    for verdict in ("better", "worse", "differs"):
        of = [f"{in_text(d.figure)} ({told_of(d)})" for d in found if d.verdict == verdict]
        if of:
            parts.append(f"{_WORDS[verdict]} in {'; '.join(of)}")
    even = [in_text(d.figure) for d in found if d.verdict == "no evidence"]
    if even:
        parts.append(f"not told apart in {listed(even)}")
    return f"{view.key(b).label} against {view.key(a).label}: {', '.join(parts)}."
