"""How well predictions meet measurements: by group, robustly, with the ranking apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fleetsim.errors import FleetsimError, UnknownName
from fleetsim.predict.names import hardware_key, model_key
from fleetsim.registry import unknown

if TYPE_CHECKING:
    import pandas as pd

GROUPS = ("source", "device", "model", "framework", "metric", "load", "mode")
"""What scores can be grouped by."""

_LEAST_RANKED = 5  # configurations of a model for which a rank says anything


@dataclass(frozen=True)
class Score:
    """The score of a group of rows. nan where there is nothing to score."""

    group: tuple[str, ...]
    rows: int  # with a measured value
    covered: int  # of those, predicted
    median: float  # absolute relative error
    p90: float
    bias: float  # median of predicted / measured, less one
    rank: float  # Spearman over the configurations of a model, median over models and metrics

    @property
    def coverage(self) -> float:
        """Share of rows that are predicted."""
        return self.covered / self.rows if self.rows else math.nan


def prepared(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table of predictions that have a measured value, with the columns of GROUPS, `error` and `ratio`.

    Raises FleetsimError if the table lacks `value` or `predicted`.
    """
    import pandas as pd

    missing = [name for name in ("value", "predicted") if name not in table.columns]
    if missing:
        raise FleetsimError(f"no column {' or '.join(missing)}: there is nothing to hold against each other")
    value = pd.to_numeric(table["value"], errors="coerce").to_numpy(float)
    predicted = pd.to_numeric(table["predicted"], errors="coerce").to_numpy(float)
    rows = pd.DataFrame({name: column(table, name) for name in GROUPS})
    rows["unit"], rows["point_id"] = table["unit"].to_numpy(), table["point_id"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        rows["value"], rows["predicted"], rows["ratio"] = value, predicted, predicted / value
    rows["error"] = (rows["ratio"] - 1).abs()
    rows["basis"] = table["basis"].to_numpy() if "basis" in table.columns else ""
    rows["note"] = table["note"].to_numpy() if "note" in table.columns else ""
    return rows[np.isfinite(value) & (value > 0)].reset_index(drop=True)


def column(table: pd.DataFrame, group: str) -> list[str]:
    """The group of each row. Devices and models go by their profiles, where a name has one."""
    if group == "device":
        return _keys(table["hardware"], hardware_key)
    if group == "model":
        return _keys(table["model"], model_key)
    if group == "framework":
        from fleetsim.predict.frameworks import framework_name

        return [framework_name(name) for name in _texts(table, "framework")]
    return _texts(table, {"source": "source_id", "load": "load_type"}.get(group, group))


def _texts(table: pd.DataFrame, name: str) -> list[str]:
    return table[name].astype(str).tolist() if name in table.columns else [""] * len(table)


def _keys(names: pd.Series, key: object) -> list[str]:
    found: dict[str, str] = {}
    for name in names.unique():
        try:
            found[name] = key(name)
        except FleetsimError:
            found[name] = name
    return [found[name] for name in names]


def scores(rows: pd.DataFrame, by: Sequence[str]) -> list[Score]:
    """The scores of the groups of `prepared` rows, the largest group first; without `by` one score of all.

    Raises UnknownName for a name that is not one of GROUPS.
    """
    for name in by:
        if name not in GROUPS:
            raise UnknownName(unknown("group", name, GROUPS))
    if not by:
        return [score(rows, ())]
    found = [score(part, key) for key, part in rows.groupby(list(by), sort=True)]
    return sorted(found, key=lambda s: (-s.rows, s.group))


def score(rows: pd.DataFrame, group: tuple[str, ...]) -> Score:
    """The score of some rows."""
    done = rows[np.isfinite(rows["ratio"])]
    if not len(done):
        return Score(group, len(rows), 0, math.nan, math.nan, math.nan, math.nan)
    median, p90 = np.quantile(done["error"], [0.5, 0.9])
    bias = float(np.median(done["ratio"])) - 1
    return Score(group, len(rows), len(done), float(median), float(p90), bias, rank(done))


def rank(rows: pd.DataFrame) -> float:
    """Spearman's rank correlation over the configurations of a model, a metric at a time; the median over both.

    Only models with at least five configurations count; nan if there is none.
    """
    found = []
    for _, part in rows.groupby(["model", "metric", "unit"]):
        if len(part) < _LEAST_RANKED or part["value"].nunique() < 2 or part["predicted"].nunique() < 2:
            continue
        found.append(np.corrcoef(part["value"].rank(), part["predicted"].rank())[0, 1])
    return float(np.median(found)) if found else math.nan
