"""Which keys a mapping of the file may hold, read off the schema itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from fleetsim.registry import unknown
from fleetsim.scenario.document import Place, look, parts

Shape = dict[str, Any]


class Keys(NamedTuple):
    """What a mapping may hold: its keys, and whether users name keys of their own (pools, classes) or any at all."""

    known: frozenset[str]
    named: bool
    any: bool


@cache
def _schema() -> Shape:
    from fleetsim.scenario.schema import Scenario

    return Scenario.model_json_schema()


def _alternatives(shape: Shape) -> Iterator[Shape]:
    """The shapes of mappings and lists that a shape allows, references followed."""
    if "$ref" in shape:
        yield from _alternatives(_schema()["$defs"][shape["$ref"].rpartition("/")[2]])
    for choice in (*shape.get("anyOf", ()), *shape.get("oneOf", ())):
        yield from _alternatives(choice)
    if shape.keys() & {"properties", "additionalProperties", "patternProperties", "items"}:
        yield shape


def _rest(shape: Shape) -> Any:
    """What stands under keys that users choose: a shape, True for anything, False for nothing."""
    return next(iter(shape.get("patternProperties", {}).values()), shape.get("additionalProperties", False))


def _fitting(shapes: list[Shape], data: Any) -> list[Shape]:
    """Only the shapes of the data's `kind`, if it has a known one."""
    kind = data.get("kind") if isinstance(data, dict) else None
    named = [s for s in shapes if kind is not None and s.get("properties", {}).get("kind", {}).get("const") == kind]
    return named or shapes


def _shapes(place: Place, data: Any) -> list[Shape]:
    shapes = list(_alternatives(_schema()))
    for n, part in enumerate(place):
        below = []
        for shape in _fitting(shapes, look(data, place[:n])):
            child = shape.get("items") if isinstance(part, int) else shape.get("properties", {}).get(part)
            child = _rest(shape) if child is None else child
            below += _alternatives(child) if isinstance(child, dict) else ()
        shapes = below
    return _fitting(shapes, look(data, place))


def keys(place: Place, data: Any) -> Keys:
    """The keys that the mapping at a place of `data` may hold."""
    shapes = _shapes(place, data)
    known = frozenset(key for shape in shapes for key in shape.get("properties", ()))
    rest = [_rest(shape) for shape in shapes]
    return Keys(known, any(isinstance(r, dict) for r in rest), any(r is True for r in rest))


def unknown_key(place: Place, data: Any) -> str:
    """The sentence for a key that its mapping does not know, with the nearest one it does."""
    around = keys(place[:-1], data)
    given = look(data, place[:-1])
    names = around.known | (set(given) if around.named and isinstance(given, dict) else set())
    if not names:
        return f"no key {str(place[-1])[:100]!r} is written there"
    return unknown("key", str(place[-1])[:100], [name for name in names if name != place[-1]])


def existing(path: str, data: Any) -> Place:
    """The place of a dotted path, which must be written in `data` or known to the schema.

    Raises ValueError, worded for the user, if it is neither: names of pools and classes must be there already.
    """
    place = parts(data, path)
    for n, part in enumerate(place):
        around = look(data, place[:n])
        if isinstance(around, dict) and part in around:
            continue
        if isinstance(around, list):
            if isinstance(part, int) and part < len(around):
                continue
            raise ValueError(f"the list has no position {part}; its positions are 0 to {len(around) - 1}")
        if around is not None and not isinstance(around, dict):
            raise ValueError(f"{'.'.join(map(str, place[:n]))} is {around!r}, not a mapping; give all of it a value")
        allowed = keys(place[:n], data)
        if part not in allowed.known and not allowed.any:
            raise ValueError(unknown_key(place[: n + 1], data))
    return place
