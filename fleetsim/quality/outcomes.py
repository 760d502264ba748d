"""Recorded outcomes: which models were right on which queries, from CSV or Parquet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from fleetsim.errors import Fault, InputFaults
from fleetsim.workload.files import text_lines

EVERY_DOMAIN = "all"
"""What the domain of files without a column `domain` is called."""

_LONG = ("query", "model", "right")
_NOT_RECORDED = -1
_FAULTS_SHOWN = 20
_VALUES: dict[Any, int] = {"": -1, None: -1, "0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1}


@dataclass(frozen=True)
class Outcomes:
    """A matrix of right and wrong answers."""

    models: tuple[str, ...]
    domains: tuple[str, ...]  # by order of first mention
    domain: np.ndarray  # int64[query]: which of them
    right: np.ndarray  # int8[query, model]: 1, 0, or -1 where it was not recorded

    def of(self, models: Iterable[str], domain: str | None = None) -> np.ndarray:
        """int8[query, model]: the queries (of a domain) that all of these models answered."""
        columns = self.right[:, [self.models.index(model) for model in models]]
        if domain is not None:
            columns = columns[self.domain == self.domains.index(domain)]
        return columns[(columns >= 0).all(axis=1)]


def read_outcomes(path: Path, name: str) -> Outcomes:
    """The outcomes in a file that the user calls `name`.

    Wide: a column per model with 1 (right), 0 (wrong) or nothing, and perhaps columns `query` and `domain`. Long: the
    columns `query`, `model`, `right` and perhaps `domain`. Raises InputFaults with the faulty lines.
    """
    try:
        rows = _parquet_rows(path) if path.suffix == ".parquet" else _csv_rows(path)
        first = next(rows, None)
        if first is None:
            raise ValueError("has no rows")
        titles = list(first[1])
        again = (row for part in ([first], rows) for row in part)
        read = _long if set(_LONG) <= set(titles) else _wide
        found, faults = read(again, titles, name)
    except (ValueError, csv.Error) as error:
        raise InputFaults([Fault(name, 1, "", str(error))]) from None
    if faults:
        raise InputFaults(faults[:_FAULTS_SHOWN])
    return found


def _csv_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """(line, column -> text)."""
    rows = csv.reader(text_lines(path))
    titles = [title.strip() for title in next(rows, [])]
    if len(set(titles)) < len(titles):
        raise ValueError("has two columns of one title")
    for row in rows:
        if row:
            yield rows.line_num, dict(zip(titles, (cell.strip() for cell in row), strict=False))


def _parquet_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    from pyarrow import ArrowException, parquet

    try:
        file = parquet.ParquetFile(path)
        for batch in file.iter_batches():
            yield from enumerate(batch.to_pylist(), 1)
    except (ArrowException, OSError) as error:
        raise ValueError(f"cannot be read as Parquet: {error}") from None


def _value(cell: Any) -> int | None:
    """1, 0 or -1; None for anything else."""
    if isinstance(cell, str):
        return _VALUES.get(cell.lower())
    return _NOT_RECORDED if cell is None or cell != cell else int(cell) if cell in (0, 1) else None


def _wide(rows: Iterable[tuple[int, Mapping[str, Any]]], titles: list[str], name: str) -> tuple[Outcomes, list[Fault]]:
    models = [title for title in titles if title not in ("query", "domain")]
    matrix, domains, faults = [], [], []
    for line, row in rows:
        domains.append(str(row.get("domain") or EVERY_DOMAIN))
        values = [_value(row.get(model)) for model in models]
        faults += [
            _no_outcome(name, line, model, row[model]) for model, v in zip(models, values, strict=True) if v is None
        ]
        matrix.append(values)
        if len(faults) > _FAULTS_SHOWN:
            break
    return _outcomes(models, domains, matrix if not faults else []), faults


def _long(rows: Iterable[tuple[int, Mapping[str, Any]]], titles: list[str], name: str) -> tuple[Outcomes, list[Fault]]:
    queries: dict[tuple[str, str], dict[str, int]] = {}
    models: dict[str, None] = {}
    faults: list[Fault] = []
    for line, row in rows:
        value, model = _value(row.get("right")), str(row.get("model") or "")
        own = queries.setdefault((str(row.get("domain") or EVERY_DOMAIN), str(row.get("query"))), {})
        if value is None:
            faults.append(_no_outcome(name, line, "right", row["right"]))
        elif not model:
            faults.append(Fault(name, line, "model", "names no model"))
        elif model in own:
            faults.append(Fault(name, line, "model", f"{model} has answered query {row['query']} already"))
        else:
            own[model] = value
            models[model] = None
    matrix = [[own.get(model, _NOT_RECORDED) for model in models] for own in queries.values()]
    return _outcomes(list(models), [domain for domain, _ in queries], matrix if not faults else []), faults


def _no_outcome(name: str, line: int, column: str, cell: Any) -> Fault:
    hint = "write 1 (right), 0 (wrong) or nothing; leave out columns that are no models"
    return Fault(name, line, column, f"{str(cell)[:40]!r} is no outcome; {hint}")


def _outcomes(models: list[str], domains: list[str], matrix: list[list[int]]) -> Outcomes:
    known = tuple(dict.fromkeys(domains))
    numbers = {domain: number for number, domain in enumerate(known)}
    right = np.array(matrix, np.int8).reshape(len(matrix), len(models))
    return Outcomes(tuple(models), known, np.array([numbers[d] for d in islice(domains, len(matrix))], np.int64), right)
