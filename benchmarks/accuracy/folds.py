"""What was never seen, quickly: folds.py POINTS -o DIR [--left-out model,device]

`fleetsim accuracy POINTS --leave-out model` fits once a fold, which takes hours of CPU. This script fits once with all
rows, takes the derivatives there, and finds each fold's parameters by one Gauss-Newton step from that fit with the
rows of the fold dropped: what leaving them out changes, to first order. Then it simulates the left-out rows, and writes
DIR/model/predictions.csv.gz and DIR/device/predictions.csv.gz, which bars.py reads with --left-out DIR.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
import pandas as pd

from fleetsim.accuracy.scores import column
from fleetsim.calibration.cases import cases
from fleetsim.calibration.families import FAMILIES, FRAMEWORKS
from fleetsim.calibration.parameters import Values, parameters, profiles, rounded
from fleetsim.calibration.solve import Block, blocks, fitted
from fleetsim.predict import predict_table, read_table, write_table


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("points", type=Path)
    options.add_argument("-o", "--output", type=Path, required=True)
    options.add_argument("--left-out", default="model,device")
    given = options.parse_args()
    table = read_table(given.points)
    made = blocks(cases(table))
    problem, x = fitted(made)
    residuals, slopes = problem.residuals(x), problem.jacobian(x)
    for what in given.left_out.split(","):
        fold_of, parts = pd.Series(column(table, what), index=table.index), []
        for fold in sorted(fold_of.unique()):
            keep = np.concatenate([np.full(len(b.measured), _key(b, what) != fold) for b in made])
            keep = np.concatenate([keep, np.ones(len(x), bool)])
            if keep.all():
                moved = x
            else:
                step = np.linalg.lstsq(slopes[keep], -residuals[keep], rcond=None)[0]
                moved = x + np.clip(step, -problem.spread, problem.spread)
            known = profiles(_start() | rounded(problem.values(moved)))
            parts.append(predict_table(table[fold_of == fold], workers=os.cpu_count() or 1, override=known))
            print(what, fold, len(parts[-1]), flush=True)
        target = given.output / what / "predictions.csv.gz"
        target.parent.mkdir(parents=True, exist_ok=True)
        write_table(pd.concat(parts).loc[table.index], target)


def _start() -> Values:
    return {(p.owner, p.name): p.start for p in parameters([*FAMILIES, *FRAMEWORKS])}


def _key(block: Block, what: str) -> str:
    deployment = block.case.deployment
    return deployment.model.key if what == "model" else deployment.hardware.key


if __name__ == "__main__":
    main()
