"""An accuracy table in a file: how often which model is right in which domain."""

from __future__ import annotations

import csv
from pathlib import Path

from fleetsim import units
from fleetsim.errors import Fault, InputFaults
from fleetsim.registry import unknown
from fleetsim.workload.files import text_lines

_COLUMNS = ("model", "domain", "accuracy")


def read_table(path: Path, name: str) -> dict[str, dict[str, float]]:
    """Model -> domain -> share of right answers, from a CSV file with columns model, domain, accuracy.

    `name` is what the user calls the file. Raises InputFaults with every faulty line.
    """
    found: dict[str, dict[str, float]] = {}
    faults: list[Fault] = []
    line = 1
    try:
        rows = csv.reader(text_lines(path))
        header = [title.strip() for title in next(rows, [])]
        missing = [column for column in _COLUMNS if column not in header]
        if missing:
            raise ValueError(unknown("column", missing[0], header))
        at = [header.index(column) for column in _COLUMNS]
        for row in rows:
            line = rows.line_num
            if row:
                faults += _read_row([row[i].strip() if i < len(row) else "" for i in at], found, name, line)
    except (ValueError, csv.Error) as error:
        faults.append(Fault(name, line, "", str(error)))
    if faults:
        raise InputFaults(faults)
    return found


def _read_row(cells: list[str], found: dict[str, dict[str, float]], name: str, line: int) -> list[Fault]:
    """Take up one row; its faults."""
    model, domain, accuracy = cells
    if not model or not domain:
        return [Fault(name, line, "", "has no model or no domain")]
    if domain in found.get(model, {}):
        return [Fault(name, line, "", f"says again how often {model} is right in {domain}")]
    try:
        share = units.parse(accuracy, units.FRACTION)
    except ValueError as error:
        return [Fault(name, line, "accuracy", str(error))]
    if not 0 <= share <= 1:
        return [Fault(name, line, "accuracy", f"{accuracy} is no share; write 0.7 or 70 %")]
    found.setdefault(model, {})[domain] = share
    return []
