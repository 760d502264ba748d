"""Effects, settings and verdicts in words, the same on the terminal and on the page."""

from __future__ import annotations

import math
from collections.abc import Sequence

from fleetsim.claims.stated.contract import Claim, Effect
from fleetsim.claims.verdict import Finding, Measured, Outcome
from fleetsim.report.words import NONE, digits

SAID = {"holds": "holds", "fails": "fails", "depends": "depends", "open": "undecided"}


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
    if finding.verdict != "depends":
        return f"{SAID[finding.verdict]} at all {len(finding.points)} settings"
    claim = outcome.claim
    by_line = {line: line_text(claim, finding, line) for line in outcome.lines}
    if len(set(by_line.values())) == 1:
        return f"{_on(claim, finding, ())}: {next(iter(by_line.values()))}"
    return f"{_on(claim, finding, tuple(by_line.values()))}: " + "; ".join(f"{n}: {t}" for n, t in by_line.items())


def line_text(claim: Claim, finding: Finding, line: str) -> str:
    """One line of settings: `fails up to 0.8, holds from 0.9 (even near 0.83)`."""
    points = finding.of_line(line)
    met = [crossing for crossing in finding.crossings if crossing.line == line]
    decided = [point.verdict for point in points if point.verdict != "open"]
    unsure = [digits(point.setting.x) for point in points if point.verdict == "open"]
    if not decided:
        return "undecided"
    if not met:
        return decided[0] + (f", undecided at {', '.join(unsure)}" if unsure else "")
    parts = [f"{met[0].first} up to {digits(met[0].below)}"]
    for crossing in met:
        even = f" (even near {digits(crossing.at)})" if math.isfinite(crossing.at) else ""
        parts.append(f"{crossing.then} from {digits(crossing.above)}{even}")
    return ", ".join(parts)


def _on(claim: Claim, finding: Finding, texts: Sequence[str]) -> str:
    """On what it depends: the axis where a line turns, the lines where they differ."""
    turns = bool(finding.crossings) or not texts
    causes = [claim.axis] * turns + [claim.lines] * bool(texts and claim.lines)
    undecided_only = {point.verdict for point in finding.points} <= {"holds", "open"}
    if not finding.crossings and undecided_only:
        return "holds where it is decided"
    if not finding.crossings and {point.verdict for point in finding.points} <= {"fails", "open"}:
        return "fails where it is decided"
    return f"depends on {' and on '.join(causes)}"


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
