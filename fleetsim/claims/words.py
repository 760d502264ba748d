"""Effects, settings and verdicts in words, the same on the terminal and on the page."""

from __future__ import annotations

import math

from fleetsim.claims.stated.contract import Effect
from fleetsim.claims.verdict import Finding, Measured, Outcome
from fleetsim.report.words import NONE, digits

SAID = {
    "holds": "holds",
    "fails": "fails",
    "depends": "depends",
    "open": "undecided",
    "holds or open": "holds where decided",
    "fails or open": "fails where decided",
}
"""Verdicts as they are read."""


def effect_text(effect: Effect, point: Measured) -> str:
    """`x0.391 (0.383 to 0.399)`, `+2.4 points (1.9 to 2.9)`, `$540 (540 to 540)`."""
    if not math.isfinite(point.value):
        return NONE
    text = _number(effect, point.value)
    if point.low is None or point.high is None:
        return text
    return f"{text} ({_bare(effect, point.low)} to {_bare(effect, point.high)})"


def bound_text(effect: Effect) -> str:
    """When it holds: `holds below x0.5`, `holds above +0 points`."""
    return f"holds {'below' if effect.better == 'lower' else 'above'} {_number(effect, effect.bound)}"


def shown_unit(effect: Effect) -> tuple[str, float]:
    """The unit in which an effect is drawn, and what a value is multiplied with: shares are shown in points."""
    if effect.how == "ratio":
        return "times", 1.0
    if effect.unit == "share":
        return ("points" if effect.how == "difference" else "%"), 100.0
    return effect.unit, 1.0


def conclusion(outcome: Outcome, finding: Finding) -> str:
    """What became of one effect: where it holds, where it fails, and on what that depends."""
    if finding.verdict in ("holds", "fails", "open"):
        return f"{SAID[finding.verdict]} at all {len(finding.points)} settings"
    by_line = {line: line_text(finding, line) for line in outcome.lines}
    differ = len(set(by_line.values())) > 1
    begun = SAID[finding.verdict]
    if finding.verdict == "depends":
        causes = [outcome.claim.axis] * bool(finding.crossings) + [outcome.claim.lines] * differ
        begun += f" on {' and on '.join(causes)}"
    where = [f"{line}: {text}" for line, text in by_line.items()] if differ else list(by_line.values())[:1]
    return f"{begun}: {'; '.join(where)}"


def line_text(finding: Finding, line: str) -> str:
    """One line of settings: `fails up to 0.8, holds from 0.9 (even near 0.83)`."""
    points = finding.of_line(line)
    met = [crossing for crossing in finding.crossings if crossing.line == line]
    decided = [point.verdict for point in points if point.verdict != "open"]
    unsure = [x_text(point.setting.x) for point in points if point.verdict == "open"]
    if not decided:
        return "undecided"
    if not met:
        return decided[0] + (f", undecided at {', '.join(unsure)}" if unsure else "")
    parts = [f"{met[0].first} up to {x_text(met[0].below)}"]
    for crossing in met:
        even = f" (even near {digits(crossing.at)})" if math.isfinite(crossing.at) else ""
        parts.append(f"{crossing.then} from {x_text(crossing.above)}{even}")
    return ", ".join(parts)


def x_text(x: float) -> str:
    """A value of what is varied, as it was chosen: `0.95`, `100,000`."""
    return f"{x:,.10g}"


def _number(effect: Effect, value: float) -> str:
    text = _bare(effect, value)
    if effect.how == "ratio":
        return f"x{text}"
    unit, _ = shown_unit(effect)
    if unit == "USD":
        return f"${text}"
    sign = "+" if effect.how == "difference" and value >= 0 else ""
    return f"{sign}{text} {unit}".strip()


def _bare(effect: Effect, value: float) -> str:
    _, scale = shown_unit(effect)
    if effect.unit == "share" and effect.how != "ratio":
        return f"{value * scale:.2f}"
    return digits(value * scale)
