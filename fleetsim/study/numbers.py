"""The figures and findings of a study as tidy tables: CSV, JSON and Parquet, the same study in the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetsim.findings import CapacityAnswer, Curve, Difference, Front, Sensitivity, Tornado, to_plain
from fleetsim.metrics.contract import Figure

if TYPE_CHECKING:
    import pandas as pd

    from fleetsim.study.results import Study

FORMATS = ("csv", "json", "parquet")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet take a text for a formula."""

Row = dict[str, Any]


def write(study: Study, folder: Path, formats: Sequence[str]) -> list[Path]:
    """Write figures, and a table for each kind of finding there is, to the folder; returns the paths.

    In CSV a text that a spreadsheet would take for a formula has an apostrophe before it. Raises OSError if the
    folder does not take them.
    """
    written = []
    for name, table in tables(study).items():
        for form in formats:
            path = folder / f"{name}.{form}"
            if form == "csv":
                _harmless(table).to_csv(path, index=False, lineterminator="\n")
            elif form == "json":
                path.write_text(table.to_json(orient="records", indent=1, force_ascii=False) + "\n", encoding="utf-8")
            else:
                table.to_parquet(path, index=False)
            written.append(path)
    return written


def tables(study: Study) -> dict[str, pd.DataFrame]:
    """The tables by name; those that would have no row are left out."""
    import pandas as pd

    rows: dict[str, list[Row]] = {"figures": [_figure(arm.name, f) for arm in study.arms for f in arm.figures]}
    for finding in study.findings:
        for name, row in _rows(finding):
            rows.setdefault(name, []).append(row)
    return {name: pd.DataFrame(found) for name, found in rows.items() if found}


def _rows(finding: Any) -> Iterator[tuple[str, Row]]:
    """The rows of one finding with the name of their table."""
    if isinstance(finding, Curve):
        about = {"figure": finding.figure, "scope": finding.scope, "unit": finding.unit, "path": finding.x_path}
        for line in finding.lines:
            for point in line.points:
                yield "curves", about | {"arm": line.arm} | _input(finding, point.x) | _without(point, "x")
        for crossing in finding.crossings:
            yield "crossings", about | to_plain(crossing)
    elif isinstance(finding, Difference):
        yield "differences", to_plain(finding)
    elif isinstance(finding, Front):
        for option in finding.options:
            about = _without(option, "figures")
            yield from (("options", about | _figure(option.arm, figure)) for figure in option.figures)
    elif isinstance(finding, Tornado):
        about = _without(finding, "swings")
        yield from (("tornado", about | to_plain(swing)) for swing in finding.swings)
    elif isinstance(finding, Sensitivity):
        about = _without(finding, "influences")
        yield from (("sensitivity", about | to_plain(influence)) for influence in finding.influences)
    elif isinstance(finding, CapacityAnswer):
        yield from _fleets(finding)


def _fleets(answer: CapacityAnswer) -> Iterator[tuple[str, Row]]:
    for role in ("chosen", "runner_up", "neighbour_below", "monolith"):
        fleet = getattr(answer, role)
        for figure in fleet.figures if fleet is not None else ():
            yield "fleets", {"role": role, "fleet": fleet.name, "feasible": fleet.feasible} | to_plain(figure)


def _input(curve: Curve, x: float) -> Row:
    return {"x": x, "x_name": curve.x_names[int(x)] if curve.x_names else None}


def _figure(arm: str, figure: Figure) -> Row:
    return {"arm": arm} | to_plain(figure)


def _without(of: Any, name: str) -> Row:
    return {key: value for key, value in to_plain(of).items() if key != name}


def _harmless(table: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    safe = table.copy()
    for column in safe.columns:
        if pd.api.types.is_numeric_dtype(safe[column]):
            continue
        safe[column] = [f"'{v}" if isinstance(v, str) and v.startswith(_FORMULA) else v for v in safe[column]]
    return safe
