"""Scores and predictions as files, and the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fleetsim.accuracy.scores import scores
from fleetsim.predict import write_table
from fleetsim.report.files import replace

if TYPE_CHECKING:
    import pandas as pd


def save(
    folder: Path,
    table: pd.DataFrame,
    rows: pd.DataFrame,
    groups: Sequence[tuple[str, ...]],
    *,
    left_out: str,
    points: str,
) -> list[Path]:
    """Write predictions.csv.gz, scores.csv and accuracy.html; the folder is made if it is not there."""
    from fleetsim.accuracy.page import render

    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / name for name in ("predictions.csv.gz", "scores.csv", "accuracy.html")]
    write_table(table, paths[0])
    write_table(_score_table(rows, groups), paths[1])
    seen = (
        f"each {left_out} by a calibration that has not seen it"
        if left_out
        else "by the calibration that was fitted to them"
    )
    command = f"fleetsim accuracy {Path(points).name}" + (f" --leave-out {left_out}" if left_out else "")
    page = render(
        rows,
        [by[0] for by in groups if len(by) == 1],
        title="Predictions against measurements" + (f", leaving out a {left_out}" if left_out else ""),
        question=f"How close does the simulator come to measured systems? Predicted {seen}.",
        command=command,
    )
    replace(paths[2], page)
    return paths


def _score_table(rows: pd.DataFrame, groups: Sequence[tuple[str, ...]]) -> pd.DataFrame:
    import pandas as pd

    lines = []
    for by in ((), *groups):
        for s in scores(rows, by):
            values = (s.coverage, s.median, s.p90, s.bias, s.rank)
            lines.append(["+".join(by), " | ".join(s.group), s.rows, s.covered, *(f"{v:.6g}" for v in values)])
    columns = ["by", "group", "rows", "covered", "coverage", "median_error", "p90_error", "bias", "rank"]
    return pd.DataFrame(lines, columns=columns)
