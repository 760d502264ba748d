"""The points of a study as one table: CSV, Parquet and JSON, the same study in the same bytes."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetsim.study.folder import write_whole
from fleetsim.study.points import Heading, Point, PointResult, places

if TYPE_CHECKING:
    import pandas as pd

FORMAT = "fleetsim table 1"
FILES = ("table.csv", "table.parquet", "table.json")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet take a text for a formula."""


@dataclass(frozen=True)
class Table:
    """A row a point: who it is (architecture, what varies, replicate, seed, identity), then every figure.

    A figure's column is called by its name and scope, as `ttft_p99 all`; its unit is in `headings`.
    """

    about: tuple[str, ...]
    headings: tuple[Heading, ...]
    rows: tuple[tuple[Any, ...], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all columns."""
        return (*self.about, *(heading.key for heading in self.headings))

    def frame(self) -> pd.DataFrame:
        """The table for pandas."""
        import pandas as pd

        return pd.DataFrame.from_records(list(self.rows), columns=list(self.columns))


def table(points: Sequence[Point], results: Sequence[PointResult]) -> Table:
    """The table of a study, in the order of its points."""
    varied = tuple(dict.fromkeys(path for point in points for path, _ in point.variation))
    headings = tuple(dict.fromkeys(heading for result in results for heading in result.headings))
    rows = []
    for point, result in zip(points, results, strict=True):
        own, values = dict(point.variation), places(result.headings)
        who = [point.architecture, *(own.get(path) for path in varied), point.replicate, result.seed, result.identity]
        found = (result.numbers[values[h.key]] if h.key in values else math.nan for h in headings)
        rows.append((*who, *found))
    return Table(("architecture", *varied, "replicate", "seed", "point"), headings, tuple(rows))


def save(found: Table, provenance: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write table.csv, table.parquet and table.json; returns their paths."""
    contents = (_csv(found), _parquet(found), _json(found, provenance))
    for name, content in zip(FILES, contents, strict=True):
        write_whole(folder / name, content)
    return [folder / name for name in FILES]


def _csv(found: Table) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(map(_harmless, found.columns))
    writer.writerows([_harmless(cell) for cell in row] for row in found.rows)
    return out.getvalue().encode()


def _harmless(cell: Any) -> Any:
    if isinstance(cell, float):
        return repr(cell) if math.isfinite(cell) else ""
    text = _text(cell)
    return f"'{text}" if isinstance(cell, str) and text.startswith(_FORMULA) else text


def _text(cell: Any) -> str | None:
    """A varied value as text, None for one that does not concern the row."""
    return cell if cell is None or isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)


def _json(found: Table, provenance: Mapping[str, Any]) -> bytes:
    about = [{"column": name} for name in found.about]
    figures = [{"column": h.key, "unit": h.unit, "better": h.better} for h in found.headings]
    rows = [[None if isinstance(c, float) and not math.isfinite(c) else c for c in row] for row in found.rows]
    head = {"format": FORMAT, "provenance": provenance, "columns": about + figures}
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows)
    text = json.dumps(head, ensure_ascii=False, indent=1, allow_nan=False)
    return f'{text[:-2]},\n "rows": [\n{lines}\n ]\n}}\n'.encode()


def _parquet(found: Table) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    by_column = list(zip(*found.rows, strict=True)) or [()] * len(found.columns)
    units = [None] * len(found.about) + [{"unit": h.unit, "better": h.better} for h in found.headings]
    fields, arrays = [], []
    for name, cells, unit in zip(found.columns, by_column, units, strict=True):
        kind, values = _typed(cells, pa)
        fields.append(pa.field(name, kind, metadata=unit))
        arrays.append(pa.array(values, kind))
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), sink, compression="zstd")
    return sink.getvalue()


def _typed(cells: Sequence[Any], pa: Any) -> tuple[Any, list[Any]]:
    """The narrowest type that holds a column: whole numbers, numbers, else text; nan is null."""
    there = [cell for cell in cells if cell is not None]
    numbers = [cell for cell in there if isinstance(cell, int | float) and not isinstance(cell, bool)]
    if not there or len(numbers) < len(there):
        return pa.string(), [_text(cell) for cell in cells]
    if all(isinstance(cell, int) for cell in there):
        return pa.int64(), list(cells)
    return pa.float64(), [None if cell is None or math.isnan(cell) else float(cell) for cell in cells]
