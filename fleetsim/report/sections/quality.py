"""How good the answers are, what is wrong and goes unnoticed, and what right answers cost."""

from __future__ import annotations

from fleetsim.report.charts.bars import Panel, bars
from fleetsim.report.contract import Block, Cell, Table, section
from fleetsim.report.figures import cell, name_of
from fleetsim.report.view import ArmView, View
from fleetsim.report.words import label

_KEY = ("accuracy", "wrong_undetected_share", "cost_per_correct_usd", "calls_per_task", "escalation_rate")
_BARS = "Whiskers are 95 % intervals. A refused task counts as wrong."
_MOST_DOMAINS = 9


@section(order=32, title="Quality of the answers")
def quality(view: View) -> list[Block]:
    """Right and wrong answers by arm and domain, their cost and effort, and who gave them; of judged answers alone.

    Their cost against how many are right is drawn among the trade-offs.
    """
    if not view.judged:
        return []
    blocks = [
        _key_figures(view),
        bars(view, "Right answers", _BARS, _by_domain(view), up_to=1.0),
        _shares(view),
    ]
    return [block for block in blocks if block is not None]


def _key_figures(view: View) -> Table:
    names = [name for name in _KEY if any(arm.figure(name) for arm in view.arms)]
    body = tuple((Cell(arm.label, key=arm.key), *(cell(arm.figure(name)) for name in names)) for arm in view.arms)
    note = (
        "Wrong and unnoticed: the answer is wrong, and no verification or blank answer tells. Escalated: answers of "
        "more than one judged model were asked for."
    )
    return Table("Answers and what they take", ("Architecture", *map(name_of, names)), body, note)


def _by_domain(view: View) -> list[Panel]:
    domains = list(dict.fromkeys(domain for arm in view.arms for domain in arm.facts.domains))
    own = [(label(domain), "accuracy", f"domain {domain}") for domain in domains[:_MOST_DOMAINS]]
    known = [panel for panel in own if any(arm.figure(*panel[1:]) for arm in view.arms)]
    return [("all tasks", "accuracy", "all"), *(known if len(known) > 1 else [])]


def _shares(view: View) -> Table | None:
    """Which pool gave how many of the answers."""
    body = tuple(row for arm in view.arms for row in _pools(arm))
    if not body:
        return None
    return Table("Who gave the answers", ("Pool", "Architecture", "Model", "Share of answers"), body)


def _pools(arm: ArmView) -> list[tuple[Cell, ...]]:
    return [
        (Cell(name), Cell(arm.label, key=arm.key), Cell(label(pool.model)), cell(figure))
        for pool, name in zip(arm.facts.pools, arm.pool_labels, strict=True)
        if (figure := arm.pool_figure("answer_share", pool))
    ]
