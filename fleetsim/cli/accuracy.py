"""fleetsim accuracy."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleetsim.cli.group import say, talk
from fleetsim.cli.progress import progress_bar
from fleetsim.cli.text import grid

if TYPE_CHECKING:
    import pandas as pd

    from fleetsim.accuracy import Score

_BY = "source,device,model,framework,metric"
_HEAD = ("rows", "covered", "median", "p90", "bias", "rank")
_MOST_LINES = 40


@click.command(short_help="Hold predictions against measurements.")
@click.argument("points", type=click.Path(path_type=Path), required=False)
@click.option("--pred", type=click.Path(path_type=Path), help="Predictions already made by `fleetsim predict`.")
@click.option("--by", default=_BY, show_default=True, help="Groups to score, by commas; a+b scores both together.")
@click.option(
    "--leave-out",
    type=click.Choice(["model", "device", "framework"]),
    help="Predict each one's rows with a calibration fitted without them.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder for predictions, scores and the page.")
@click.option("--workers", type=click.IntRange(1), help="Processes [as many as there are cores].")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def accuracy(
    points: Path | None,
    pred: Path | None,
    by: str,
    leave_out: str | None,
    output: Path | None,
    workers: int | None,
    quiet: bool,
) -> None:
    """Score predictions: count, coverage, median and 90th percentile of the error, bias, rank.

    POINTS is a table of measurements (docs/predict.md), predicted first; or give --pred with the predictions in it.
    Prints the scores, and with -o writes predictions.csv.gz, scores.csv and accuracy.html with parity plots.

    \b
    Examples:
      fleetsim accuracy points.csv.gz -o accuracy
      fleetsim accuracy --pred predictions.csv --by framework+metric
      fleetsim accuracy points.csv.gz --leave-out device -o left-out
    """
    from fleetsim.accuracy.output import save
    from fleetsim.accuracy.scores import prepared

    if (points is None) == (pred is None) or (pred is not None and leave_out):
        raise click.UsageError("give POINTS, or --pred without --leave-out")
    groups = [tuple(part.split("+")) for part in by.split(",")]
    table = _predicted(points, pred, leave_out, workers or os.cpu_count() or 1, quiet)
    rows = prepared(table)
    text = _printed(rows, groups)
    if output is not None:
        files = save(output, table, rows, groups, left_out=leave_out or "", points=str(points or pred))
        if not quiet:
            talk(f"wrote {', '.join(path.name for path in files)} to {output}")
    say(text)


def _predicted(
    points: Path | None, pred: Path | None, leave_out: str | None, workers: int, quiet: bool
) -> pd.DataFrame:
    from fleetsim.accuracy.folds import leave_out as folds
    from fleetsim.predict import predict_table, read_table

    table = read_table(pred or points)
    if pred is not None:
        return table
    with progress_bar(quiet) as bar:
        tell = None if bar is None else lambda share: bar("predicting", share)
        if leave_out:
            return folds(table, leave_out, workers=workers, progress=tell)
        return predict_table(table, workers=workers, progress=tell)


def _printed(rows: pd.DataFrame, groups: Sequence[tuple[str, ...]]) -> str:
    """The scores as plain tables, the largest groups first. Raises UnknownName for an unknown group."""
    from fleetsim.accuracy.scores import scores

    tables = []
    for by in ((), *groups):
        found = scores(rows, by)
        lines = [("+".join(by) or "all", *_HEAD), *(_line(s) for s in found[:_MOST_LINES])]
        tables.append(grid(lines, right=range(1, len(_HEAD) + 1)))
        if len(found) > _MOST_LINES:
            tables[-1] += f"\n... and {len(found) - _MOST_LINES} smaller ones"
    return "\n\n".join(tables)


def _line(s: Score) -> tuple[str, ...]:
    values = (f"{v:.1%}" if math.isfinite(v) else "n/a" for v in (s.coverage, s.median, s.p90, s.bias))
    name = ", ".join(part or "(not given)" for part in s.group) or "everything"
    return (name, f"{s.rows:,}", *values, f"{s.rank:.3f}" if math.isfinite(s.rank) else "n/a")
