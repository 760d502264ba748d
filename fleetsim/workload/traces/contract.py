"""The contract of a trace format, and the reading that all formats have in common.

A format is one function from the file's first line to a function from each further line to a record; it raises
ValueError, worded for the user, for a line that is none. Requests with no prompt or no answer, which some services log,
count as one token.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fleetsim.errors import Fault, InputFaults
from fleetsim.registry import Family
from fleetsim.workload.files import text_lines

MAX_FAULTS = 20
MAX_TIME_NS = 1 << 62
MAX_TOKENS = 2**31 - 1


class Record(NamedTuple):
    """One request of a trace."""

    arrival_ns: int
    prompt_tokens: int
    output_tokens: int
    label: str | None = None  # its task class, if the format names one


@dataclass(frozen=True)
class TraceFormat:
    """A format with what tells its files from others."""

    name: str
    meaning: str
    matches: Callable[[str], bool]  # whether a file with this first line has the format
    reader: Callable[[str], Callable[[str], Record]]
    has_header: bool
    from_first: bool  # whether time 0 is the first request instead of the clock's own


@dataclass(frozen=True)
class Trace:
    """The requests of a trace in order of arrival."""

    arrival_ns: np.ndarray  # int64, from time 0 of the recording
    prompt_tokens: np.ndarray  # int32, >= 1
    output_tokens: np.ndarray  # int32, >= 1
    labels: np.ndarray | None  # names of task classes
    notes: tuple[str, ...]  # what was mended in reading


FORMATS: Family[TraceFormat] = Family("trace format", "fleetsim.workload.traces")


def trace_format(
    name: str, *, matches: Callable[[str], bool], has_header: bool = True, from_first: bool = False
) -> Callable[[Callable], Callable]:
    """Register the decorated function, from the first line to a reader of lines, as the reader of a format."""

    def register(reader: Callable) -> Callable:
        meaning = (reader.__doc__ or "").strip().splitlines()[0]
        FORMATS.add(name, TraceFormat(name, meaning, matches, reader, has_header, from_first))
        return reader

    return register


def columns(header: str, *names: str) -> list[int]:
    """Where these columns of a CSV header are; raises ValueError naming those that are missing."""
    titles = [title.strip() for title in header.split(",")]
    missing = [name for name in names if name not in titles]
    if missing:
        raise ValueError(f"no column {', '.join(missing)}; the first line must name {', '.join(names)}")
    return [titles.index(name) for name in names]


def tokens(text: object) -> int:
    """A count of tokens as whole number; raises ValueError."""
    value = text.strip() if isinstance(text, str) else text
    whole = value.isdecimal() if isinstance(value, str) else type(value) is int and value >= 0
    if not whole or int(value) > MAX_TOKENS:
        raise ValueError(f"{text!r} is not a number of tokens; write a whole number")
    return int(value)


def load_trace(path: Path, name: str, format_name: str | None = None) -> Trace:
    """The trace in a file that the user calls `name`, its format told by its first line if not given.

    Raises errors.InputFaults with the faulty lines, the first MAX_FAULTS of them.
    """
    status = path.stat()
    return _load(path, name, format_name, status.st_size, status.st_mtime_ns)


class _Columns:
    """The records read so far, without an object for each."""

    def __init__(self) -> None:
        self.arrival_ns, self.prompt, self.output = array("q"), array("i"), array("i")
        self.labels: list[str] = []

    def add(self, record: Record) -> None:
        """Append one record."""
        self.arrival_ns.append(record.arrival_ns)
        self.prompt.append(record.prompt_tokens)
        self.output.append(record.output_tokens)
        if record.label is not None:
            self.labels.append(sys.intern(record.label))


@lru_cache(maxsize=4)  # arms and replicates of a study read the same few files
def _load(path: Path, name: str, format_name: str | None, _size: int, _mtime_ns: int) -> Trace:
    faults: list[Fault] = []
    found = _Columns()
    from_first, line = False, 1
    try:
        lines = text_lines(path)
        first = next(lines, "")
        form = _format(first, format_name)
        from_first, read = form.from_first, form.reader(first)
        line = 1 + form.has_header
        for text in lines if form.has_header else chain([first], lines):
            if text.strip():
                _take(read, text, name, line, found, faults)
            if len(faults) >= MAX_FAULTS:
                break
            line += 1
        if not found.arrival_ns and not faults:
            raise ValueError("the trace has no requests")
    except ValueError as error:
        faults.append(Fault(name, line, "", str(error)))
    if faults:
        raise InputFaults(faults)
    return _trace(found, name, from_first)


def _format(first_line: str, format_name: str | None) -> TraceFormat:
    if format_name is not None:
        if format_name not in FORMATS:
            raise ValueError(FORMATS.unknown(format_name))
        return FORMATS[format_name]
    for form in FORMATS.values():
        if form.matches(first_line):
            return form
    raise ValueError(f"the first line is of no known trace format; there are {', '.join(FORMATS)}")


def _take(read: Callable, text: str, name: str, line: int, found: _Columns, faults: list[Fault]) -> None:
    try:
        record = read(text)
        if not 0 <= record.arrival_ns <= MAX_TIME_NS:
            raise ValueError("the time is negative or centuries away")
        found.add(record)
    except ValueError as error:
        faults.append(Fault(name, line, "", str(error)))


def _trace(found: _Columns, name: str, from_first: bool) -> Trace:
    arrival_ns, prompt, output = (np.array(column) for column in (found.arrival_ns, found.prompt, found.output))
    labels = np.array(found.labels, object) if found.labels else None
    count, notes = len(arrival_ns), []
    late = int(np.count_nonzero(np.diff(arrival_ns) < 0))
    if late:
        notes.append(f"{name}: {late} of {count} requests were earlier than the line before; sorted by time")
        order = np.argsort(arrival_ns, kind="stable")
        arrival_ns, prompt, output = arrival_ns[order], prompt[order], output[order]
        labels = labels[order] if labels is not None else None
    for what, lengths in (("prompt", prompt), ("output", output)):
        if empty := int(np.count_nonzero(lengths == 0)):
            notes.append(f"{name}: {empty} of {count} requests had 0 {what} tokens; counted as 1")
    if from_first:
        arrival_ns = arrival_ns - arrival_ns[0]
    return Trace(arrival_ns, np.maximum(prompt, 1), np.maximum(output, 1), labels, tuple(notes))
