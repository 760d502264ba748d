"""fleetsim calibrate."""

from __future__ import annotations

from pathlib import Path

import click

from fleetsim.cli.group import say, talk
from fleetsim.cli.text import grid


@click.command(short_help="Fit profiles of devices, frameworks and vendors.")
@click.argument("points", type=click.Path(path_type=Path))
@click.option("--date", required=True, metavar="YYYY-MM-DD", help="The date the calibration blocks carry.")
@click.option("--data", default="", help="What the blocks say of the data [the file's name].")
@click.option("--dry-run", is_flag=True, help="Print the fit; write nothing.")
def calibrate(points: Path, date: str, data: str, dry_run: bool) -> None:
    """Fit the figures of devices, frameworks and vendors to measurements, and write them into their profiles.

    POINTS is a .csv or .csv.gz file of the tidy schema (docs/predict.md) with a column `value`. The same file gives
    the same blocks, byte for byte. See docs/calibration.md for what is fitted and how.

    \b
    Examples:
      fleetsim calibrate perf_calibration.csv.gz --date 2026-11-22
      fleetsim calibrate my_measurements.csv --date 2026-11-22 --dry-run
    """
    from fleetsim.calibration import calibrate as run
    from fleetsim.calibration.write import write_blocks
    from fleetsim.predict import read_table

    found = run(read_table(points))
    rows = [["profile", "values", "median error", "90th percentile"]]
    for key, error in sorted(found.errors.items()):
        rows.append([key, str(error.rows), f"{error.median:.1%}", f"{error.p90:.1%}"])
    say(grid(rows, right=(1, 2, 3)))
    if dry_run:
        return
    command = f"fleetsim calibrate {points.name} --date {date}" + (f" --data '{data}'" if data else "")
    told = data or f"end-to-end values of {points.name}; starts: docs/calibration.md"
    for path in write_blocks(found, data=told, date=date, command=command):
        talk(f"wrote {path}")
