"""The page: how predictions meet measurements, as plots and tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fleetsim.accuracy.parity import PANELS, parity
from fleetsim.accuracy.scores import score, scores
from fleetsim.accuracy.tables import score_table
from fleetsim.report.contract import Block, Cell, Fold, Points, Prose, Section, Table
from fleetsim.report.page import compose
from fleetsim.report.words import label, percent

if TYPE_CHECKING:
    import pandas as pd

_MOST_REASONS = 12


def render(rows: pd.DataFrame, by: Sequence[str], *, title: str, question: str, command: str) -> str:
    """The page of `prepared` rows as text; the same rows give the same text."""
    sections: list[tuple[str, str, list[Block]]] = [
        ("answer", "How close predictions come", _answer(rows)),
        ("parity", "Predicted against measured", [parity(rows, panel) for panel in PANELS if panel.of(rows).any()]),
        ("groups", "Where the error sits", [score_table(f"By {name}", scores(rows, [name]), (name,)) for name in by]),
        ("regimes", "By device, model and framework", _regimes(rows)),
        ("gaps", "What is not predicted", _gaps(rows)),
        ("again", "How to make this page again", [Prose(command)]),
    ]
    parts = [
        (Section(name, order, heading, lambda view: []), blocks)
        for order, (name, heading, blocks) in enumerate(sections)
        if blocks
    ]
    return compose(title, question, parts)


def _answer(rows: pd.DataFrame) -> list[Block]:
    found = [score(rows[panel.of(rows)], (panel.title,)) for panel in PANELS]
    bases = rows[rows["basis"] != ""].groupby("basis").size().sort_values(ascending=False)
    rested = ", ".join(f"{basis} {percent(count / bases.sum())}" for basis, count in bases.items())
    return [
        score_table("All that was measured", [score(rows, ("everything",)), *found], ("what",)),
        Prose(
            "Error is |predicted / measured - 1|, bias the median of predicted / measured - 1, rank Spearman's "
            "correlation over the configurations of one model, the median over models and metrics.",
            "note",
        ),
        Points((f"Step times rest on: {rested or 'nothing'}.",), manner="note"),
    ]


def _regimes(rows: pd.DataFrame) -> list[Block]:
    return [
        Fold(panel.title, (score_table(panel.title, scores(rows[panel.of(rows)], by), by),))
        for panel in PANELS
        if panel.of(rows).any()
        for by in [("device", "model", "framework")]
    ]


def _gaps(rows: pd.DataFrame) -> list[Block]:
    empty = rows[~rows["predicted"].map(math.isfinite)]
    reasons = empty.groupby("note").size().sort_values(ascending=False).head(_MOST_REASONS)
    if not len(reasons):
        return []
    body = tuple((Cell(label(reason, 160)), Cell(f"{count:,}", number=True)) for reason, count in reasons.items())
    return [Table("Reasons, the most frequent first", ("reason", "rows"), body)]
