"""Profiles from YAML files, with every fault at its line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from fleetsim.errors import Fault, InputFaults
from fleetsim.registry import unknown
from fleetsim.scenario.document import Document, Place, look
from fleetsim.scenario.files import read_text
from fleetsim.scenario.read import parse
from fleetsim.scenario.wording import flaw

Profile = TypeVar("Profile", bound=BaseModel)
Shape = dict[str, Any]


def read_profile(path: Path, profile: type[Profile]) -> Profile:
    """The profile in a file, its key being the file's stem.

    Raises InputFaults with all faults of the file, each at its line.
    """
    try:
        text, _ = read_text(path)
    except ValueError as error:
        raise InputFaults([Fault(str(path), 1, "", str(error))]) from None
    document = parse(text, str(path))
    if not isinstance(document.data, dict):
        raise InputFaults([*document.faults, document.fault((), "is no mapping; write `key: value` lines")])
    faults = list(document.faults)
    if "key" in document.data:
        faults.append(document.fault(("key",), "is not written down: a profile's key is the name of its file"))
    try:
        found = profile.model_validate(document.data | {"key": path.stem})
    except ValidationError as error:
        told = [_fault(document, detail, profile) for detail in error.errors()]
        faults += [fault for fault in told if (fault.line, fault.path) not in {(f.line, f.path) for f in faults}]
    if faults:
        raise InputFaults(faults)
    return found


def _fault(document: Document, detail: Any, profile: type[BaseModel]) -> Fault:
    if detail["type"] != "extra_forbidden":
        found = flaw(detail, document.data)
        return document.fault(found.place, found.what)
    place = flaw(detail | {"type": "missing"}, document.data).place
    return document.fault(place, unknown("key", str(place[-1]), _keys(profile, place[:-1], document.data)))


def _keys(profile: type[BaseModel], place: Place, data: Any) -> set[str]:
    """The keys that the mapping at a place of the file may hold."""
    schema = profile.model_json_schema()
    shapes = list(_alternatives(schema, schema))
    for n, part in enumerate(place):
        shapes = [
            choice
            for shape in _of_kind(shapes, look(data, place[:n]))
            for choice in _alternatives(_below(shape, part), schema)
        ]
    return {key for shape in _of_kind(shapes, look(data, place)) for key in shape.get("properties", ())} - {"key"}


def _below(shape: Shape, part: str | int) -> Shape:
    below = shape.get("properties", {}).get(part) or shape.get("additionalProperties")
    return below if isinstance(below, dict) else {}


def _alternatives(shape: Shape, schema: Shape) -> Iterator[Shape]:
    """The shapes of mappings that a shape allows, references followed."""
    if "$ref" in shape:
        yield from _alternatives(schema["$defs"][shape["$ref"].rpartition("/")[2]], schema)
    for choice in (*shape.get("anyOf", ()), *shape.get("oneOf", ())):
        yield from _alternatives(choice, schema)
    if shape.keys() & {"properties", "additionalProperties"}:
        yield shape


def _of_kind(shapes: list[Shape], data: Any) -> list[Shape]:
    """Only the shapes of the data's `kind`, if it has a known one."""
    kind = data.get("kind") if isinstance(data, dict) else None
    named = [shape for shape in shapes if kind and shape.get("properties", {}).get("kind", {}).get("const") == kind]
    return named or shapes
