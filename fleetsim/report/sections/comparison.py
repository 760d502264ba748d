"""All arms side by side."""

from __future__ import annotations

from fleetsim.metrics.contract import Figure
from fleetsim.report.contract import Block, Cell, Fold, Table, section
from fleetsim.report.figures import cell, name_of
from fleetsim.report.view import View, apart
from fleetsim.report.words import label

KEY = (
    "slo_attainment", "accuracy", "cost_per_correct_usd", "usd_per_slo_met_task", "usd_per_million_output_tokens",
    "usd_per_hour", "goodput",
    "ttft_p99", "tpot_p99", "e2e_p99",
)  # fmt: skip
_MOST_COLUMNS = 8
_SPARED = ("goodput", "tpot_p99")  # left to the table of all figures where there are more
_ARMS_A_TABLE = 5


@section(order=20, title="Side by side")
def comparison(view: View) -> list[Block]:
    """The key figures of every arm with intervals, the best marked; all figures folded below."""
    names = [name for name in KEY if any(arm.figure(name) for arm in view.arms)]
    for spared in _SPARED[: max(0, len(names) - _MOST_COLUMNS)]:
        names = [name for name in names if name != spared]
    if not names:
        return []
    marks = {name: _marks(view, name) for name in names}
    body = tuple(
        (Cell(arm.label, small=label(arm.facts.description, 160) if arm.facts.description else "", key=arm.key),
         *(cell(arm.figure(name), marks[name].get(arm.index, "")) for name in names))
        for arm in view.arms
    )  # fmt: skip
    note = "Small print: 95 % intervals; a figure without one is exact (fleet cost) or rests on too few tasks to tell."
    if len(view.arms) > 1:
        note += (
            " ● marks the best of a column; ≈ those whose interval overlaps the best's: "
            "these runs do not tell them apart."
        )
    table = Table("Key figures of every architecture", ("Architecture", *map(name_of, names)), body, note)
    return [table, *_all_figures(view)]


def _marks(view: View, name: str) -> dict[int, str]:
    ranked = view.ranked(name)
    figures = [arm.figure(name) for arm in ranked]
    if len(ranked) < 2 or not figures[0].better:
        return {}
    level = {arm.index: "tie" for arm, figure in zip(ranked, figures, strict=True) if not apart(figure, figures[0])}
    if len(level) == len(ranked) and len({figure.value for figure in figures}) == 1:
        return {}
    best = {arm.index: "best" for arm, figure in zip(ranked, figures, strict=True) if figure.value == figures[0].value}
    return level | best


def _all_figures(view: View) -> list[Block]:
    seen: dict[tuple[str, str], Figure] = {}
    for arm in view.arms:
        for figure in arm.arm.figures:
            seen.setdefault((figure.name, figure.scope), figure)
    ordered = sorted(seen.items(), key=lambda item: (item[0][1] != "all", item[0][1]))
    tables = []
    for start in range(0, len(view.arms), _ARMS_A_TABLE):
        arms = view.arms[start : start + _ARMS_A_TABLE]
        body = tuple(
            (Cell(name_of(name)), Cell("all tasks" if scope == "all" else label(scope)),
             *(cell(arm.figure(name, scope)) for arm in arms))
            for (name, scope), figure in ordered
        )  # fmt: skip
        tables.append(Table("All figures", ("Figure", "Of", *(arm.label for arm in arms)), body))
    return [Fold("All figures, by class and pool", tuple(tables))]
