"""Frozen dataclasses as plain data for JSON, and back."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from typing import Any, TypeVar

Made = TypeVar("Made")


def to_plain(value: Any) -> Any:
    """Dataclasses as mappings, tuples as lists, numbers that JSON has no word for as null."""
    if dataclasses.is_dataclass(value):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, list | tuple):
        return [to_plain(inner) for inner in value]
    if isinstance(value, dict):
        return {key: to_plain(inner) for key, inner in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def from_plain(kind: type[Made], data: Any) -> Made:
    """What `to_plain` made plain, as the dataclass `kind`; null for a number is nan.

    Raises ValueError naming the field that is missing, unknown or of the wrong type.
    """
    return _read(kind, data, kind.__name__)


def _read(kind: Any, data: Any, where: str) -> Any:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return None if data is None else _read(next(k for k in inner if k is not type(None)), data, where)
    if origin is typing.Literal:
        return _member(inner, data, where)
    if origin is tuple:
        return _tuple(inner, data, where)
    if dataclasses.is_dataclass(kind):
        return _dataclass(kind, data, where)
    if kind is float:
        number = math.nan if data is None else data
        return float(_typed(int | float, number, where))
    return _typed(kind, data, where)


def _member(allowed: tuple[Any, ...], data: Any, where: str) -> Any:
    if data not in allowed:
        raise ValueError(f"{where}: {data!r} is none of {', '.join(map(str, allowed))}")
    return data


def _tuple(inner: tuple[Any, ...], data: Any, where: str) -> tuple[Any, ...]:
    items = _typed(list, data, where)
    if inner[-1] is Ellipsis:
        return tuple(_read(inner[0], item, f"{where}[{i}]") for i, item in enumerate(items))
    if len(inner) != len(items):
        raise ValueError(f"{where}: {len(items)} items where {len(inner)} belong")
    return tuple(_read(k, item, f"{where}[{i}]") for i, (k, item) in enumerate(zip(inner, items, strict=True)))


def _dataclass(kind: Any, data: Any, where: str) -> Any:
    given = _typed(dict, data, where)
    hints = typing.get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind) if field.init}
    needed = {n for n, f in fields.items() if f.default is dataclasses.MISSING is f.default_factory}
    wrong = [*(f"no {name!r}" for name in sorted(needed - set(given))),
             *(f"unknown {name!r}" for name in sorted(set(given) - set(fields)))]  # fmt: skip
    if wrong:
        raise ValueError(f"{where}: {', '.join(wrong)}")
    return kind(**{name: _read(hints[name], value, f"{where}.{name}") for name, value in given.items()})


def _typed(kind: Any, data: Any, where: str) -> Any:
    if not isinstance(data, kind) or (isinstance(data, bool) and kind is not bool):
        raise ValueError(f"{where}: {type(data).__name__} where {getattr(kind, '__name__', kind)} belongs")
    return data
