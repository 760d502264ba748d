"""Quantities written as text: `250 ms`, `80 GB`, `3.35 TB/s`, `12 per s`, `$2.50 per h`.

One dimension a field, values in base units (s, bytes, tokens, USD, W, FLOP), so that a figure
without a unit or with a foreign one is a fault and never a guess.
"""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass

_SI = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_BINARY = {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50}
_TIME = {
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0,
    "min": 60.0, "minute": 60.0, "minutes": 60.0, "h": 3600.0, "hour": 3600.0, "hours": 3600.0,
    "d": 86400.0, "day": 86400.0, "days": 86400.0, "year": 31557600.0, "years": 31557600.0,
}  # fmt: skip
_NUMBER = re.compile(r"^\s*([+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*$")


@dataclass(frozen=True, eq=False)
class Dimension:
    """What a field measures: its units with their size in base units, and examples for error messages."""

    name: str
    units: dict[str, float]
    examples: str
    bare: bool = False  # whether a number without unit is accepted


def _scaled(symbols: dict[str, float], prefixes: dict[str, float]) -> dict[str, float]:
    return {prefix + symbol: scale * size for symbol, size in symbols.items() for prefix, scale in prefixes.items()}


def _per(units: dict[str, float], over: dict[str, float]) -> dict[str, float]:
    return {f"{unit}/{time}": size / length for unit, size in units.items() for time, length in over.items()}


_BYTES = _scaled({"B": 1.0, "bytes": 1.0, "byte": 1.0}, _SI | _BINARY)
_FLOP = _scaled({"FLOP": 1.0, "OP": 1.0}, _SI)
_COUNT = {"": 1.0, "request": 1.0, "requests": 1.0, "req": 1.0, "task": 1.0, "tasks": 1.0, "call": 1.0, "calls": 1.0}
_TOKENS = _scaled({"tokens": 1.0, "token": 1.0, "tok": 1.0}, {"": 1.0, "k": 1e3, "M": 1e6})

DURATION = Dimension("duration", _TIME, "'250 ms', '10 min' or '1.5 h'")
BYTES = Dimension("amount of memory", _BYTES, "'80 GB' or '48 GiB'")
BANDWIDTH = Dimension("bandwidth", _per(_BYTES, {"s": 1.0}), "'3.35 TB/s'")
COMPUTE = Dimension(
    "compute speed", _per(_FLOP, {"s": 1.0}) | _scaled({"FLOPS": 1.0, "OPS": 1.0}, _SI), "'989 TFLOP/s'"
)
RATE = Dimension("rate", _per(_COUNT, _TIME), "'12 per s' or '300 per min'")
TOKENS = Dimension("number of tokens", _TOKENS | {"": 1.0}, "'512' or '512 tokens'", bare=True)
POWER = Dimension("power", _scaled({"W": 1.0}, _SI), "'700 W' or '23 kW'")
PRICE = Dimension("price", {"$": 1.0, "USD": 1.0}, "'$2.50'")
PRICE_RATE = Dimension("price over time", _per({"$": 1.0, "USD": 1.0}, _TIME), "'$2.50 per h'")
CARBON = Dimension("carbon intensity", {"g/kWh": 1.0, "kg/kWh": 1e3, "gCO2/kWh": 1.0}, "'350 g/kWh'")
FRACTION = Dimension("fraction", {"": 1.0, "%": 0.01}, "'0.9' or '90 %'", bare=True)


def parse(text: object, dimension: Dimension) -> float:
    """The quantity in base units.

    Raises ValueError, worded for the user, if `text` is no finite number or its unit is missing or foreign.
    """
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise ValueError(f"{text!r} is not a {dimension.name}; write {dimension.examples}")
    if len(str(text)) > 100:
        raise ValueError(f"text of {len(str(text))} characters is not a {dimension.name}; write {dimension.examples}")
    spelled = re.sub(r"\s+per\s+|^per\s+|\s*/\s*", "/", str(text).strip())
    if spelled.startswith("$"):
        number, _, rest = spelled[1:].strip().partition("/")
        spelled = f"{number} $" + (f"/{rest}" if rest else "")
    match = _NUMBER.match(spelled)
    if not match:
        raise ValueError(f"{text!r} is not a {dimension.name}; write {dimension.examples}")
    value, unit = float(match[1].replace("_", "")), match[2].replace(" ", "")
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is not a finite {dimension.name}")
    if unit == "" and not dimension.bare:
        raise ValueError(f"{text!r} has no unit; write {dimension.examples}")
    if unit not in dimension.units:
        close = difflib.get_close_matches(unit, [u for u in dimension.units if u], n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"write {dimension.examples}"
        raise ValueError(f"{unit!r} is not a unit of {dimension.name}; {hint}")
    if unit == "%":
        return value / 100  # times 0.01 makes 0.9500000000000001 of 95 %
    return value * dimension.units[unit]


def nanoseconds(seconds: float) -> int:
    """Seconds as whole nanoseconds, the engines' clock."""
    return round(seconds * 1e9)
