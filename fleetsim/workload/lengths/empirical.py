"""Lengths as they were observed: a column of a file, or a table of quantiles."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from fleetsim.errors import Fault, InputFaults
from fleetsim.registry import unknown
from fleetsim.scenario.fields import Fraction, Text, Tokens
from fleetsim.workload.files import resolve, text_lines
from fleetsim.workload.lengths.contract import MAX_TOKENS, LengthLaw, Quantiles, length_law


def column_tokens(path: Path, name: str, column: str) -> np.ndarray:
    """float64[rows] ascending: the lengths in one column of a CSV file with a header.

    Raises errors.InputFaults at the first line, of the file the user calls `name`, that holds no whole number >= 0.
    """
    lengths: list[int] = []
    line = 1
    try:
        rows = csv.reader(text_lines(path))
        header = [title.strip() for title in next(rows, [])]
        if column not in header:
            raise ValueError(unknown("column", column, header))
        at = header.index(column)
        for row in rows:
            line = rows.line_num
            if row:
                lengths.append(_length(row[at] if at < len(row) else ""))
            line += 1
        if not lengths:
            raise ValueError(f"there is no row under {column!r}")
    except (ValueError, csv.Error) as error:
        raise InputFaults([Fault(name, line, column, str(error))]) from None
    return np.sort(np.array(lengths, np.float64))


def _length(text: str) -> int:
    if not text.strip().isdecimal() or int(text) > MAX_TOKENS:
        raise ValueError(f"{text!r} is not a length; write a whole number of tokens")
    return int(text)


@length_law
class Empirical(LengthLaw):
    """Lengths from a column of a CSV file, each row equally likely; or from quantiles, straight between them."""

    kind: Literal["empirical"] = "empirical"
    file: Text | None = Field(None, description="CSV file with a header, `.gz` or not, beside the scenario")
    column: Text | None = Field(None, description="title of the file's column of lengths")
    table: dict[Fraction, Tokens] | None = Field(
        None, alias="quantiles", description="instead of a file: {0 %: 10, 50 %: 120, 100 %: 4000}"
    )

    @model_validator(mode="after")
    def _one_source(self) -> Empirical:
        given = [self.file is not None, self.column is not None, self.table is not None]
        if given not in ([True, True, False], [False, False, True]):
            raise ValueError("write either file and column, or quantiles")
        if self.table is not None:
            shares, lengths = sorted(self.table), [self.table[share] for share in sorted(self.table)]
            if shares[0] != 0 or shares[-1] != 1 or lengths != sorted(lengths):
                raise ValueError("quantiles must go from 0 % to 100 % and not fall")
        return self

    def faults(self, base: Path) -> Iterator[tuple[str, str]]:
        """What is wrong with the file."""
        if self.file is None:
            return
        try:
            column_tokens(resolve(self.file, base), self.file, self.column)
        except ValueError as error:
            yield "file", str(error)
        except InputFaults as error:
            yield from (("file", str(fault)) for fault in error.faults)

    def quantiles(self, base: Path) -> Quantiles:
        """See the contract."""
        if self.table is not None:
            shares = sorted(self.table)
            lengths = [self.table[share] for share in shares]
            return lambda uniforms: np.interp(uniforms, shares, lengths)
        try:
            path = resolve(self.file, base)
        except ValueError as error:
            raise InputFaults([Fault(self.file, 1, "", str(error))]) from None
        observed = column_tokens(path, self.file, self.column)
        return lambda uniforms: observed[(uniforms * len(observed)).astype(np.int64)]
