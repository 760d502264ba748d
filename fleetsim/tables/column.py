"""What a table is: columns with dtype, unit and meaning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Column:
    """One column: its name carries the unit; `meaning` is what documentation says of it."""

    name: str
    dtype: str
    meaning: str


class Table(tuple):
    """An ordered set of columns with the aligned numpy dtype made from them."""

    def __new__(cls, *columns: Column) -> Table:
        return super().__new__(cls, columns)

    @property
    def dtype(self) -> np.dtype:
        """The aligned structured dtype of one row."""
        return np.dtype([(c.name, c.dtype) for c in self], align=True)

    def empty(self, rows: int) -> np.recarray:
        """`rows` zeroed rows, readable as `table[i].column` both compiled and in plain Python."""
        return np.zeros(rows, self.dtype).view(np.recarray)
