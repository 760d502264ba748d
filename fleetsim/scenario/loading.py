"""A scenario file to a checked scenario, or to all of its faults at once."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fleetsim.errors import Fault, InputFaults
from fleetsim.scenario import overrides, read
from fleetsim.scenario.check import check
from fleetsim.scenario.document import ANY, Document, Flaw, Mark, Place, copied, look, merged, parts
from fleetsim.scenario.files import inside, read_text
from fleetsim.scenario.schema import Scenario
from fleetsim.scenario.wording import flaw

MAX_EXTENDS = 5
MAX_FLAWS = 200
_STAND_INS: dict[str | int, str] = {"name": "unnamed", "horizon": "1 h"}
"""What a missing key is taken for while the rest is checked, so that one missing key does not hide other faults."""


@dataclass(frozen=True)
class Loaded:
    """A scenario with where it came from; whoever finds a fault in it later can name the line."""

    scenario: Scenario
    file: str  # as the user named it
    base: Path  # the folder whose files the scenario may name
    text: str  # of the file itself
    inputs: dict[str, str]  # every file read -> its sha256
    document: Document = field(repr=False, compare=False)

    def fault(self, path: str, what: str) -> Fault:
        """A fault at a dotted path (`architectures.mixed.pools.chat`), with the line where it was written."""
        return self.document.fault(parts(self.document.data, path), what)

    def resolved(self) -> str:
        """The scenario as YAML with every default, in the units of the language; loads to an equal scenario."""
        from fleetsim.scenario.export import resolved

        return resolved(self.scenario)


def load(path: str | Path, sets: Sequence[str] = ()) -> Loaded:
    """Read a scenario, lay it on what it extends, apply `path=value` overrides, check all of it.

    Raises InputFaults with every fault found, each with file, line, path and what to write instead.
    """
    shown = str(path)
    inputs: dict[str, str] = {}
    file = Path(path)
    text, document = _read(file, shown, inputs)
    document = _extended(document, file, shown, inputs, (_identity(file),))
    overrides.apply(document, sets)
    return accepted(document, shown, file.parent, text, inputs)


def accepted(document: Document, file: str, base: Path, text: str, inputs: dict[str, str]) -> Loaded:
    """The document as a scenario. Raises InputFaults with the faults of reading, schema and rules together."""
    scenario, flaws = judge(document.data, base, document.spoiled)
    faults = document.faults + [document.fault(found.place, found.what) for found in flaws]
    if faults or scenario is None:
        raise InputFaults(list(dict.fromkeys(faults)))
    return Loaded(scenario, file, base, text, inputs, document)


def judge(data: Any, base: Path, spoiled: Set[Place] = frozenset()) -> tuple[Scenario | None, list[Flaw]]:
    """The scenario, or None, and the flaws found by schema and rules; nothing is said about `spoiled` places.

    Where the schema finds flaws, the rules still run on what is left when the flawed keys are taken out, so that one
    run shows as much as possible; what they say about places around a flawed key is dropped as hearsay.
    """
    scenario, flaws = _validated(data)
    sound, patched, known, faulty = scenario, data, flaws, set(spoiled)
    for _ in range(3):
        if sound is None:
            faulty |= {found.place for found in known}
            patched = _patched(patched, known)
            sound, known = _validated(patched)
    flaws = [found for found in flaws if not _concerns(found, spoiled)]
    if sound is not None:
        flaws += [found for found in check(sound, patched, base) if not _concerns(found, faulty)]
    return scenario, flaws


def _validated(data: Any) -> tuple[Scenario | None, list[Flaw]]:
    if not isinstance(data, dict):
        what = "is empty" if data is None else "is no mapping"
        return None, [Flaw((), f"{what}; write `key: value` lines: name, horizon, workload, architectures")]
    try:
        return Scenario.model_validate(data), []
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
    flaws = [flaw(each, data) for each in errors[:MAX_FLAWS]]
    if len(errors) > MAX_FLAWS:
        flaws.append(Flaw((), f"has {len(errors) - MAX_FLAWS} faults more than are shown"))
    return None, flaws


def _patched(data: Any, flaws: list[Flaw]) -> Any:
    """The data without what is flawed, stand-ins for what every scenario must have."""
    data = copied(data)
    for place in (found.place for found in flaws if found.place):
        around = look(data, place[:-1])
        if isinstance(around, dict):
            around.pop(place[-1], None)
        if len(place) == 1 and place[0] in _STAND_INS:
            data[place[0]] = _STAND_INS[place[0]]
    return data


def _concerns(found: Flaw, faulty: Set[Place]) -> bool:
    """Whether the flaw is at, below or around a faulty place, or complains that such a place is absent."""
    here = found.place
    return any(
        place[: len(here)] == here or here[: len(place)] == place or any(_fits(place, each) for each in found.absent)
        for place in faulty
    )


def _fits(place: Place, pattern: Place) -> bool:
    return len(place) == len(pattern) and all(b in (a, ANY) for a, b in zip(place, pattern, strict=True))


def _read(path: Path, shown: str, inputs: dict[str, str]) -> tuple[str, Document]:
    try:
        text, digest = read_text(path)
    except ValueError as error:
        raise InputFaults([Fault(shown, 1, "", str(error))]) from None
    inputs[shown] = digest
    return text, read.parse(text, shown)


def _identity(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path


def _extended(document: Document, path: Path, shown: str, inputs: dict[str, str], above: tuple[Path, ...]) -> Document:
    """The document laid on the one it extends, that one on its own, and so on."""
    data = document.data
    name = data.pop("extends", None) if isinstance(data, dict) else None
    if name is None:
        return document
    mark = document.marks["extends",]
    try:
        if not isinstance(name, str):
            raise ValueError("is no file name; write a file beside this one, such as base.yaml")
        other = inside(path.parent, name)
        if other in above:
            raise ValueError(f"{name!r} extends this file in turn")
        if len(above) > MAX_EXTENDS:
            raise ValueError(f"more than {MAX_EXTENDS} files extend one another")
    except ValueError as error:
        document.faults.append(Fault(*mark, "extends", str(error)))
        return document
    beside = str(Path(shown).parent / name)
    _, under = _read(other, beside, inputs)
    under = _extended(under, path.parent / name, beside, inputs, (*above, other))
    whole = merged(under, document) if isinstance(under.data, dict) else document
    if whole is document:
        document.faults.append(Fault(*mark, "extends", f"{name!r} is no mapping of keys"))
    whole.marks[()] = Mark(shown, 1)
    return whole
