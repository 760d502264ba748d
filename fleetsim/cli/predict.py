"""fleetsim predict."""

from __future__ import annotations

import os
from pathlib import Path

import click

from fleetsim.cli.group import talk
from fleetsim.cli.progress import progress_bar


@click.command(short_help="Predict measured systems, row by row.")
@click.argument("points", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="File for the predictions (.csv, .csv.gz)."
)
@click.option("--workers", type=click.IntRange(1), help="Processes [as many as there are cores].")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def predict(points: Path, output: Path, workers: int | None, quiet: bool) -> None:
    """Simulate every row of a table of measurements as it was measured.

    POINTS is a .csv or .csv.gz file of the tidy schema (docs/predict.md); it needs no column `value`. The output has
    the same rows in the same order with three columns more: predicted, in the row's own unit; basis, what the step
    times rest on; note, what was taken for granted, or why a row has no prediction.

    \b
    Examples:
      fleetsim predict points.csv -o predictions.csv
      fleetsim predict points.csv.gz -o predictions.csv.gz --workers 2
    """
    from fleetsim.predict import predict_table, read_table, write_table

    table = read_table(points)
    with progress_bar(quiet) as bar:
        tell = None if bar is None else lambda share: bar("predicting", share)
        predicted = predict_table(table, workers=workers or os.cpu_count() or 1, progress=tell)
    write_table(predicted, output)
    if not quiet:
        done, rows = int((predicted["predicted"] != "").sum()), len(predicted)
        talk(f"predicted {done} of {rows} rows ({done / max(rows, 1):.1%}); wrote {output}")
