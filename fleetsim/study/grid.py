"""`--vary path=a,b,c` and `--vary path=lo:hi:n`: what a study tries, from the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fleetsim.errors import Fault, InputFaults
from fleetsim.scenario import Loaded, loading, read
from fleetsim.scenario.document import Mark

SOURCE = "--vary"
MAX_VALUES = 10_000
_NUMBER = r"[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"\s*(\$?)({_NUMBER})\s*([^:]*?)\s*:\s*(\$?)({_NUMBER})\s*([^:]*?)\s*:\s*(\d+)\s*")


def varied(loaded: Loaded, texts: Sequence[str]) -> Loaded:
    """The scenario with each `path=values` in its `vary` block, in the place of what the block says of that path.

    Raises InputFaults, naming the option by its number, for what is no such text, and as loading does for the rest.
    """
    given, faults = parse(texts)
    document = loaded.document.copy()
    if given:
        whole = (document.data.get("vary") or {}) | {path: values for path, (values, _) in given.items()}
        marks = {("vary", path): document.mark(("vary", path)) for path in whole if path not in given}
        document.put(("vary",), whole, Mark(SOURCE, 1))
        document.marks |= marks | {("vary", path): Mark(SOURCE, number) for path, (_, number) in given.items()}
    document.faults += faults
    return loading.accepted(document, loaded.file, loaded.base, loaded.text, loaded.inputs)


def parse(texts: Sequence[str]) -> tuple[Mapping[str, tuple[list[Any], int]], list[Fault]]:
    """Path -> its values and the number of the option; and what is wrong with the others."""
    given: dict[str, tuple[list[Any], int]] = {}
    faults = []
    for number, text in enumerate(texts, start=1):
        path, equals, written = (part.strip() for part in text.partition("="))
        try:
            if not equals or not path:
                raise ValueError("varies nothing; write path=a,b,c or path=lo:hi:n, such as seed=1,2,3")
            if path in given:
                raise ValueError("is varied twice; write all its values in one option")
            given[path] = (values(written), number)
        except ValueError as error:
            faults.append(Fault(SOURCE, number, path, str(error)))
    return given, faults


def values(written: str) -> list[Any]:
    """The values of `a,b,c` (each as YAML; a list or mapping in brackets is one value) or of `lo:hi:n`.

    `lo:hi:n` are n evenly spaced values, both ends among them, the unit written at either end or both:
    `2:20 per s:10`. They are whole numbers if the ends and the step are. Raises ValueError, worded for the user.
    """
    evenly = _RANGE.fullmatch(written)
    if evenly:
        return _evenly(*evenly.groups())
    try:
        found = read.parse(f"[{written}]", SOURCE)
    except InputFaults as fault:
        raise ValueError(fault.faults[0].what) from None
    if found.faults:
        raise ValueError(found.faults[0].what)
    if not found.data:
        raise ValueError("has no values; write path=a,b,c or path=lo:hi:n")
    return found.data


def _evenly(dollar: str, low: str, unit: str, dollar2: str, high: str, unit2: str, count: str) -> list[Any]:
    if unit and unit2 and unit != unit2:
        raise ValueError(f"goes from {unit!r} to {unit2!r}; write both ends in one unit")
    number = int(count)
    if not 2 <= number <= MAX_VALUES:
        raise ValueError(f"asks for {count} values; write a number from 2 to {MAX_VALUES}")
    first, last = float(low.replace("_", "")), float(high.replace("_", ""))
    spaced = [first + (last - first) * step / (number - 1) for step in range(number - 1)] + [last]
    whole = all(value.is_integer() and abs(value) < 1e15 for value in spaced)
    numbers = [int(value) if whole else float(f"{value:.12g}") for value in spaced]
    unit, dollar = unit or unit2, dollar or dollar2
    return [f"{dollar}{value} {unit}".strip() for value in numbers] if unit or dollar else list(numbers)
