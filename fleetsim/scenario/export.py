"""A scenario back as text: every default shown, quantities in the units of the language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from fleetsim import units
from fleetsim.scenario import read
from fleetsim.scenario.schema import Scenario

_SHOWN = {
    units.DURATION.name: {"d": "d", "h": "h", "min": "min", "s": "s", "ms": "ms", "us": "us", "ns": "ns"},
    units.BYTES.name: {unit: unit for unit in ("TB", "TiB", "GB", "GiB", "MB", "MiB", "kB", "KiB", "B")},
    units.BANDWIDTH.name: {unit: unit for unit in ("TB/s", "GB/s", "MB/s", "B/s")},
    units.COMPUTE.name: {unit: unit for unit in ("PFLOP/s", "TFLOP/s", "GFLOP/s", "FLOP/s")},
    units.RATE.name: {"/s": "per s", "/min": "per min", "/h": "per h", "/d": "per d"},
    units.TOKENS.name: {"tokens": "tokens"},
    units.POWER.name: {unit: unit for unit in ("MW", "kW", "W")},
    units.PRICE.name: {"$": "$"},
    units.PRICE_RATE.name: {"$/h": "$ per h", "$/s": "$ per s"},
    units.FRACTION.name: {"%": "%", "": ""},
    units.CARBON.name: {"g/kWh": "g/kWh"},
}
"""The units a quantity is shown in: as `units.py` knows them -> as written."""


def resolved(scenario: Scenario) -> str:
    """YAML of the scenario with every default; loads to an equal scenario."""
    data = plain(scenario)
    del data["extends"]
    return read.write(data)


def plain(value: Any, measures: Sequence[units.Dimension] = ()) -> Any:
    """A value of the scenario as the plain data that a file would hold.

    `measures` says what the numbers in it are: the last the values, the first the keys of a mapping if there are two.
    """
    if isinstance(value, BaseModel):
        data = {alias: plain(getattr(value, name), own) for alias, name, own in _fields(type(value))}
        return data | (value.model_extra or {})
    if isinstance(value, dict):
        keys = measures[:1] if len(measures) > 1 else ()
        return {plain(key, keys): plain(below, measures[-1:]) for key, below in value.items()}
    if isinstance(value, list | tuple):
        return [plain(below, measures) for below in value]
    if isinstance(value, int | float) and not isinstance(value, bool) and measures:
        return readable(value, measures[-1])
    return value


@cache
def _fields(model: type[BaseModel]) -> list[tuple[str, str, tuple[units.Dimension, ...]]]:
    """Alias, name and measures of every field."""
    return [(field.alias or name, name, measures_of(field)) for name, field in model.model_fields.items()]


def measures_of(field: FieldInfo) -> tuple[units.Dimension, ...]:
    """What the quantities of a field measure, wherever in its type that is said; empty if it holds none."""
    return tuple(_dimensions((*field.metadata, field.annotation)))


def _dimensions(parts: tuple[Any, ...]) -> Iterator[units.Dimension]:
    for part in parts:
        if isinstance(part, units.Dimension):
            yield part
        elif not (isinstance(part, type) and issubclass(part, BaseModel)):
            yield from _dimensions((*get_args(part), *getattr(part, "__metadata__", ())))


@lru_cache(maxsize=10_000, typed=True)
def readable(value: float, dimension: units.Dimension) -> float | str:
    """The quantity as a user would write it, in the unit of the fewest digits; parses to the very same value."""
    choices = []
    for unit, written in _SHOWN[dimension.name].items():
        size = dimension.units[unit]
        for number in _numbers(value / size):
            text = _spelled(number, written)
            if units.parse(text, dimension) == value:
                unlike = abs(value) < size if value else size != 1
                choices.append((unlike, len(number), text if unit else value))
                break
    return min(choices, key=lambda choice: choice[:2])[2]


def _spelled(number: str, unit: str) -> str:
    if unit.startswith("$"):
        return f"${number} {unit[2:]}".strip()
    return f"{number} {unit.removesuffix('s')}" if number == "1" and unit == "tokens" else f"{number} {unit}".strip()


def _numbers(value: float) -> Iterator[str]:
    """The value with few digits, then with more, up to the exact ones."""
    if value.is_integer() and abs(value) < 1e15:
        yield str(int(value))
    yield from (f"{value:.{digits}g}" for digits in (6, 15, 16, 17))
