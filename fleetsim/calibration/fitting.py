"""Fit, judge, and hand back profiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fleetsim.calibration.cases import cases
from fleetsim.calibration.families import FAMILIES, FRAMEWORKS
from fleetsim.calibration.parameters import Values, parameters, profiles
from fleetsim.calibration.solve import Block, Profiles, blocks, errors, solve
from fleetsim.calibration.vendors import fit_vendors

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Error:
    """How far a calibration is from what it was fitted to."""

    rows: int
    median: float
    p90: float

    def __str__(self) -> str:
        return f"{self.median:.1%} median, {self.p90:.1%} 90th percentile of {self.rows} values"


@dataclass(frozen=True)
class Calibration:
    """The outcome of a fit: values, the profiles that have them, and the error by profile."""

    values: Values
    profiles: Profiles
    errors: dict[str, Error]


def calibrate(table: pd.DataFrame) -> Calibration:
    """Fit all families, frameworks and vendors that a table of measurements (docs/predict.md) concerns.

    Families and frameworks without a row keep their starts. The same table gives the same values.
    """
    made = blocks(cases(table))
    values = {(p.owner, p.name): p.start for p in parameters([*FAMILIES, *FRAMEWORKS])}
    values |= solve(made) if made else {}
    known = profiles(values)
    found = {key: error for key in known if (error := _error(_errors_of(made, known, key)))}
    vendors, missed = fit_vendors(table)
    return Calibration(values, known | vendors, found | {key: _error(each) for key, each in missed.items()})


def fit(table: pd.DataFrame, *, workers: int = 1) -> Profiles:
    """The calibrated profiles by key, to predict with (`override` of `predict_points`).

    `workers` is not used: one process is quick enough. Devices that the table lacks get what the others of their
    family give, or the family's start.
    """
    return calibrate(table).profiles


def _errors_of(made: list[Block], known: Profiles, key: str) -> np.ndarray:
    return errors(made, known, lambda block: key in (block.case.deployment.hardware.key, block.case.framework))


def _error(found: np.ndarray) -> Error | None:
    return Error(len(found), float(np.median(found)), float(np.percentile(found, 90))) if len(found) else None
