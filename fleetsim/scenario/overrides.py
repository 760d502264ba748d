"""`--set path=value`: one key of a scenario changed on the command line."""

from __future__ import annotations

from collections.abc import Sequence

from fleetsim.errors import Fault, InputFaults
from fleetsim.scenario import read
from fleetsim.scenario.document import Document, Mark
from fleetsim.scenario.keys import existing

SOURCE = "--set"


def apply(document: Document, sets: Sequence[str]) -> None:
    """Write each `path=value` into the document; what is wrong with one is noted in `document.faults`."""
    if not isinstance(document.data, dict):
        return
    for number, text in enumerate(sets, start=1):
        try:
            _apply(document, text, Mark(SOURCE, number))
        except ValueError as error:
            document.faults.append(Fault(SOURCE, number, text.partition("=")[0].strip(), str(error)))


def _apply(document: Document, text: str, mark: Mark) -> None:
    path, equals, written = text.partition("=")
    path = path.strip()
    if not equals or not path:
        raise ValueError("is no override; write path=value, such as seed=2")
    if path.split(".")[0] == "extends":
        raise ValueError("cannot be set: the scenario is already laid on what it extends")
    try:
        value = read.parse(written, SOURCE)
    except InputFaults as fault:
        raise ValueError(fault.faults[0].what) from None
    if value.faults:
        raise ValueError(value.faults[0].what)
    document.put(existing(path, document.data), value.data, mark)
