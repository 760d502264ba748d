"""How predictions stand against the bars of an excellent planner: bars.py POINTS [--pred FILE] [--left-out DIR]

POINTS is a table of measurements (docs/predict.md), or --pred what `fleetsim predict` made of one. Prints, for each
bar, what was reached; with folders written by folds.py, or by `fleetsim accuracy POINTS --leave-out ... -o DIR/model`
(device), also the bars of what was left out. Exit code 1 if a bar is missed.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from fleetsim.accuracy import Score, prepared
from fleetsim.accuracy.scores import score
from fleetsim.predict import predict_table, read_table

Rows = Callable[[pd.DataFrame], pd.Series]


def tpot(rows: pd.DataFrame) -> pd.Series:
    return rows["metric"].str.startswith("tpot")


def tokens(rows: pd.DataFrame) -> pd.Series:
    return rows["unit"].str.startswith("tok/s")


def ttft_closed(rows: pd.DataFrame) -> pd.Series:
    return rows["metric"].str.startswith("ttft") & rows["load"].str.startswith("closed_loop")


@dataclass(frozen=True)
class Bar:
    """What is to be reached by some rows of some predictions."""

    name: str
    rows: Rows
    left_out: str = ""  # "": in sample
    median: float = float("inf")
    p90: float = float("inf")
    rank: float = -1.0
    coverage: float = 0.0

    def met(self, found: Score) -> bool:
        """Whether a score reaches it."""
        return (
            found.median <= self.median
            and found.p90 <= self.p90
            and not found.rank < self.rank
            and found.coverage >= self.coverage
        )


BARS = (
    Bar("coverage of all rows", lambda rows: rows["metric"] != "", coverage=0.95),
    Bar("TPOT and tokens/s", lambda rows: tpot(rows) | tokens(rows), median=0.08, p90=0.30),
    Bar("TTFT, closed loop", ttft_closed, median=0.15, p90=0.50),
    Bar("rank over configurations", lambda rows: tpot(rows) | tokens(rows), rank=0.95),
    Bar("TPOT", tpot, "model", median=0.12, p90=0.40),
    Bar("TPOT", tpot, "device", median=0.15, p90=0.45),
    Bar("TTFT, closed loop", ttft_closed, "model", median=0.25),
)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("points", type=Path, nargs="?")
    options.add_argument("--pred", type=Path, help="predictions already made")
    options.add_argument(
        "--left-out", type=Path, help="folder with model/ and device/ as `fleetsim accuracy` writes them"
    )
    given = options.parse_args()
    if (given.points is None) == (given.pred is None):
        options.error("give POINTS or --pred")
    table = read_table(given.pred or given.points)
    tables = {"": prepared(table if given.pred else predict_table(table, workers=os.cpu_count() or 1))}
    for fold in ("model", "device") if given.left_out else ():
        tables[fold] = prepared(read_table(given.left_out / fold / "predictions.csv.gz"))
    met = [report(bar, tables[bar.left_out]) for bar in BARS if bar.left_out in tables]
    sys.exit(not all(met))


def report(bar: Bar, rows: pd.DataFrame) -> bool:
    """Print how a bar stands; whether it is met."""
    found = score(rows[bar.rows(rows)], ())
    reached = f"{found.coverage:6.1%} {found.median:8.1%} {found.p90:8.1%} {found.rank:7.3f}"
    name = bar.name + (f", a {bar.left_out} left out" if bar.left_out else "")
    print(f"{'met   ' if bar.met(found) else 'MISSED'} {name:45s} coverage, median, p90, rank: {reached}")
    return bar.met(found)


if __name__ == "__main__":
    main()
