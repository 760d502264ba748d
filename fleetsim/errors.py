"""What can be wrong, worded for the person who can mend it."""

from __future__ import annotations

from dataclasses import dataclass


class FleetsimError(Exception):
    """Base of all errors that are the user's to mend; the CLI prints them without a traceback."""

    exit_code = 1


def printable(text: str) -> str:
    """Text with everything a terminal might obey (control characters, direction marks) written as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


@dataclass(frozen=True, order=True)
class Fault:
    """One fault of an input file: where, which key, what is wrong and what to write instead."""

    file: str
    line: int
    path: str
    what: str

    def __str__(self) -> str:
        parts = [f"{self.file}:{self.line}", self.path, self.what]
        return "  ".join(printable(part) for part in parts if part)


class InputFaults(FleetsimError):
    """All faults of a file at once; nothing was run."""

    exit_code = 2

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = sorted(faults)
        count = len(self.faults)
        super().__init__("\n".join([*map(str, self.faults), f"{count} fault{'s' * (count != 1)}; nothing was run."]))


class DoesNotFit(FleetsimError):
    """A model does not fit its hardware: says the bytes it needs and the bytes there are."""

    exit_code = 2


class EngineFault(FleetsimError):
    """A law of the simulation was broken or a policy misbehaved: the results are not to be trusted."""

    exit_code = 3


class UnknownName(FleetsimError):
    """Something was asked for by a name that nothing has."""

    exit_code = 2


class BadQuestion(FleetsimError):
    """What is asked for cannot be answered by these runs, whatever comes of them."""

    exit_code = 2


class NoStudy(FleetsimError):
    """A folder does not hold a study that can be read again."""

    exit_code = 2


class NotWritten(FleetsimError):
    """Results were made, and the disk did not take them."""


class OutputFolder(FleetsimError):
    """Results cannot be written where they are to go."""

    exit_code = 2
