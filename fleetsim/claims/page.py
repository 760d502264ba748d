"""The page: every claim with where it holds and where it is false."""

from __future__ import annotations

from collections.abc import Sequence

from fleetsim.claims.stated.contract import Setting
from fleetsim.claims.verdict import Finding, Measured, Outcome
from fleetsim.claims.words import SAID, bound_text, conclusion, effect_text, shown_unit, x_text
from fleetsim.findings import Curve, CurvePoint, Line
from fleetsim.report.charts.curve import curve as draw
from fleetsim.report.contract import Block, Cell, Fold, Listing, Points, Prose, Section, Table
from fleetsim.report.page import compose, unchecked
from fleetsim.report.view import View
from fleetsim.study.results import Study

TITLE = "What is claimed of AI fleets, tested"
QUESTION = "Which claims about mixtures of experts, specialists, routers and collectives hold, and where not?"


def render(outcomes: Sequence[Outcome], command: str) -> str:
    """The page as text; the same outcomes give the same text."""
    with unchecked():
        parts = [(_section("answer", 0, "All claims"), _summary(outcomes))]
        for order, outcome in enumerate(outcomes, 1):
            parts.append((_section(outcome.claim.name, order, outcome.claim.sentence), _blocks(outcome)))
    again = [Listing("The command that made this page", command)]
    parts.append((_section("again", len(outcomes) + 1, "How to make this page again"), list[Block](again)))
    return compose(TITLE, QUESTION, parts)


def _section(name: str, order: int, title: str) -> Section:
    return Section(name, order, title, lambda view: [])


def _summary(outcomes: Sequence[Outcome]) -> list[Block]:
    body = tuple(
        (
            Cell(outcome.claim.name if first else "", ", ".join(outcome.claim.kinds) if first else ""),
            Cell(finding.effect.says),
            Cell(SAID[finding.verdict]),
            Cell(conclusion(outcome, finding)),
        )
        for outcome in outcomes
        for finding in outcome.findings
        for first in [finding is outcome.findings[0]]
    )
    return [
        Table("What became of each claim", ("Claim", "It says", "Verdict", "Where"), body),
        Prose(
            "Every number comes from paired runs: both sides of a comparison see the same tasks and the same luck. "
            "At a setting a claim holds if the whole 95 % interval lies on its side of the bound, fails if it lies "
            "on the other, and is undecided else. A setting tried is a setting known; between two of them the place "
            "where it turns is read off a straight line.",
            "note",
        ),
    ]


def _blocks(outcome: Outcome) -> list[Block]:
    claim = outcome.claim
    items = tuple(f"{found.effect.says}: {conclusion(outcome, found)}" for found in outcome.findings)
    blocks: list[Block] = [Points(items, f"The claim {SAID[outcome.verdict]}.")]
    curves = [_curve(outcome, finding) for finding in outcome.findings]
    view = View(Study(claim.name, claim.sentence, (), {}, "", tuple(curves)))
    blocks += [chart for chart in (draw(view, curve) for curve in curves) if chart is not None]
    blocks.append(Fold("Every setting", tuple(_table(outcome, finding) for finding in outcome.findings)))
    how = f"Scenario {claim.scenario}, {outcome.replications} paired runs a setting" + ", shortened" * outcome.quick
    return [*blocks, Points((*claim.premises, how), "What it rests on", "note")]


def _curve(outcome: Outcome, finding: Finding) -> Curve:
    claim, effect = outcome.claim, finding.effect
    unit, scale = shown_unit(effect)
    named = effect.figure if effect.how == "level" else f"{effect.figure}, {effect.how}"
    return Curve(
        named,
        unit,
        claim.axis,
        tuple(Line(line or claim.rival, _points(finding.of_line(line), scale)) for line in outcome.lines),
        claim.axis_unit,
        effect.better,
        limit=effect.bound * scale,
    )


def _points(points: Sequence[Measured], scale: float) -> tuple[CurvePoint, ...]:
    return tuple(
        CurvePoint(
            p.setting.x,
            p.value * scale,
            None if p.low is None else p.low * scale,
            None if p.high is None else p.high * scale,
        )
        for p in points
    )


def _table(outcome: Outcome, finding: Finding) -> Table:
    claim, effect = outcome.claim, finding.effect
    body = tuple(
        (
            Cell(point.setting.line or claim.rival, _against(outcome, point.setting)),
            Cell(f"{x_text(point.setting.x)} {claim.axis_unit}".strip(), number=True),
            Cell(effect_text(effect, point), number=True),
            Cell(SAID[point.verdict]),
        )
        for point in finding.points
    )
    caption = f"{effect.says}: {effect.figure}, {effect.how}; {bound_text(effect)}"
    return Table(caption, (claim.lines or "Setting", claim.axis, "Effect", "Verdict"), body)


def _against(outcome: Outcome, setting: Setting) -> str:
    base, rival = setting.base or outcome.claim.base, setting.rival or outcome.claim.rival
    return rival if base == rival else f"{rival} against {base}"
