"""Predicting what a calibration has not seen: whole models, devices or frameworks left out in turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fleetsim.accuracy.scores import column
from fleetsim.errors import UnknownName
from fleetsim.predict import predict_table
from fleetsim.predict.deployment import Profiles
from fleetsim.registry import unknown

if TYPE_CHECKING:
    import pandas as pd

FOLDS = ("model", "device", "framework")
"""What can be left out."""


def leave_out(
    table: pd.DataFrame,
    what: str,
    *,
    workers: int = 1,
    progress: Callable[[float], None] | None = None,
    fit: Callable[..., Profiles] | None = None,
) -> pd.DataFrame:
    """The table with each row predicted by a calibration that was fitted without its model, device or framework.

    Calibrates once a fold, on all rows of the others; `fit` is `fleetsim.calibration.fit` unless given.
    Raises UnknownName for anything but FOLDS.
    """
    import pandas as pd

    if what not in FOLDS:
        raise UnknownName(unknown("fold", what, FOLDS))
    if fit is None:
        from fleetsim.calibration import fit
    fold_of = pd.Series(column(table, what), index=table.index)
    folds, parts = sorted(fold_of.unique()), []
    for done, fold in enumerate(folds):
        fitted = fit(table[fold_of != fold], workers=workers)
        parts.append(predict_table(table[fold_of == fold], workers=workers, override=fitted))
        if progress is not None:
            progress((done + 1) / len(folds))
    return pd.concat(parts).loc[table.index]
