"""Looking at the rows of records a block at a time, and refusing the first one that is wrong."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fleetsim.errors import EngineFault
from fleetsim.records import forget
from fleetsim.tables import Status

BLOCK = 1 << 18
"""Rows looked at at once: what a check allocates stays small beside the records."""


def blocks(table: np.recarray) -> Iterator[tuple[int, np.recarray]]:
    """(number of its first row, rows) of each block of a table; what was looked at may leave the memory."""
    for start in range(0, len(table), BLOCK):
        yield start, table[start : start + BLOCK]
        forget(table)


def sums(rows: np.recarray, mask: np.ndarray, column: str, replicas: int, by: str = "replica") -> np.ndarray:
    """int64[replicas]: a column's sums over the rows of the mask, by replica."""
    sums = np.bincount(rows[by][mask], rows[column][mask], minlength=replicas)
    return sums.astype(np.int64)  # exact below 2**53


def moved_tokens(rows: np.recarray, moved: np.ndarray, replicas: int) -> np.ndarray:
    """What to add where to tokens summed by `replica`: the first token of these calls came from another one."""
    first = np.bincount(rows.prefill_replica[moved], minlength=replicas)
    return first - np.bincount(rows.replica[moved], minlength=replicas)


def refuse_status(law: str, table: str, start: int, rows: np.recarray) -> None:
    """Raise EngineFault for the first row whose status is none."""
    wrong = (rows.status < min(Status)) | (rows.status > max(Status))
    refuse(law, table, start, rows, wrong, "task", "status")


def refuse(law: str, table: str, start: int, rows: np.recarray, wrong: np.ndarray, *columns: str) -> None:
    """Raise EngineFault for the first row that is wrong, if one is."""
    if not wrong.any():
        return
    at = int(np.argmax(wrong))
    numbers = ", ".join(f"{column} {rows[column][at]}" for column in columns)
    raise EngineFault(
        f"law broken: {law}: row {start + at} of {table}: {numbers} ({int(wrong.sum())} such row(s)); "
        "please report this defect"
    )
