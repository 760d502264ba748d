"""The tidy table of measurements: one row a measured value, several rows an operating point."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Point:
    """One operating point: what was measured and how, as its rows say it. Not given: None for numbers, "" for words."""

    hardware: str
    model: str
    load_type: str
    load_value: str = ""  # clients, rate per s or batch; "5;10": two stages
    n_gpus: float | None = None
    tp: float | None = None
    pp: float | None = None
    ep: float | None = None
    dp: float | None = None
    mode: str = "agg"
    prefill_cfg: str = ""
    decode_cfg: str = ""
    precision: str = ""
    framework: str = ""
    framework_version: str = ""
    workload: str = ""
    isl: float | None = None
    osl: float | None = None
    num_requests: float | None = None
    notes: str = ""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Point:
        """The point of a row; what it lacks or leaves empty is not given."""
        return cls(**{f.name: _value(row, f.name, _NUMBERS) for f in fields(cls)})


_NUMBERS = frozenset(f.name for f in fields(Point) if "float" in str(f.type))


@dataclass(frozen=True)
class Row:
    """One row to predict."""

    point: Point
    metric: str
    unit: str


def rows_of(points: pd.DataFrame | Iterable[Row]) -> list[Row]:
    """The rows of a table of points, in order; rows are passed through."""
    if not hasattr(points, "columns"):
        return list(points)
    return list(_rows(points))


def _rows(table: pd.DataFrame) -> Iterator[Row]:
    known: dict[tuple, Point] = {}
    names = [f.name for f in fields(Point) if f.name in table.columns]
    columns = [table[name].tolist() for name in names]
    for metric, unit, *values in zip(table["metric"], table["unit"], *columns, strict=True):
        key = tuple(str(v) for v in values)
        if key not in known:
            known[key] = Point.of(dict(zip(names, values, strict=True)))
        yield Row(known[key], str(metric), str(unit))


def _value(row: Mapping[str, Any], name: str, numbers: frozenset[str]) -> Any:
    given = row.get(name, "")
    if given is None or (isinstance(given, float) and math.isnan(given)) or str(given).strip() in ("", "nan"):
        return None if name in numbers else ("agg" if name == "mode" else "")
    if name not in numbers:
        return str(given).strip()
    try:
        number = float(given)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
