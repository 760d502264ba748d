"""What was never seen, quickly: folds.py POINTS -o DIR [--left-out model,device]

`fleetsim accuracy POINTS --leave-out model` fits once a fold, which takes hours of CPU. This script takes derivatives
at the shipped calibration, which was fitted to all rows, and finds each fold's parameters by how far one Gauss-Newton
step without the rows of the fold leads from one with them: what leaving them out changes, to first order. Then it
simulates the left-out rows, and writes DIR/model/predictions.csv.gz and DIR/device/predictions.csv.gz, which bars.py
reads with --left-out DIR.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
import pandas as pd

from fleetsim.accuracy.scores import column
from fleetsim.calibration.cases import cases
from fleetsim.calibration.parameters import profiles, rounded, shipped_values
from fleetsim.calibration.solve import Block, blocks, posed
from fleetsim.predict import predict_table, read_table, write_table

_WORTH_PROCESSES = 200  # rows


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("points", type=Path)
    options.add_argument("-o", "--output", type=Path, required=True)
    options.add_argument("--left-out", default="model,device")
    given = options.parse_args()
    table = read_table(given.points)
    made = blocks(cases(table))
    problem, shipped = posed(made), shipped_values()
    x = np.array([np.log(shipped[p.owner, p.name] / p.start) for p in problem.wanted])
    residuals, slopes = problem.residuals(x), problem.jacobian(x)
    with_all = _step(slopes, residuals)
    for what in given.left_out.split(","):
        fold_of, parts = pd.Series(column(table, what), index=table.index), []
        for fold in sorted(fold_of.unique()):
            rows = np.concatenate([np.full(len(b.measured), _key(b, what) != fold) for b in made])
            keep = np.concatenate([rows, np.ones(len(x), bool)])
            moved = x + np.clip(_step(slopes[keep], residuals[keep]) - with_all, -problem.spread, problem.spread)
            known = profiles(shipped | rounded(problem.values(moved)))
            part = table[fold_of == fold]
            workers = os.cpu_count() or 1 if len(part) > _WORTH_PROCESSES else 1
            parts.append(predict_table(part, workers=workers, override=known))
            print(what, fold, len(parts[-1]), flush=True)
        write_table(pd.concat(parts).loc[table.index], given.output / what / "predictions.csv.gz")


def _step(slopes: np.ndarray, residuals: np.ndarray) -> np.ndarray:
    return np.linalg.lstsq(slopes, -residuals, rcond=None)[0]


def _key(block: Block, what: str) -> str:
    deployment = block.case.deployment
    return deployment.model.key if what == "model" else deployment.hardware.key


if __name__ == "__main__":
    main()
