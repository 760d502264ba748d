"""Which combinations of values a what-if tries: all of them, one path at a time, or a Latin hypercube."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fleetsim.errors import UnknownName
from fleetsim.registry import unknown

Values = dict[str, Any]
"""path -> value."""

_QUANTITY = re.compile(r"^\s*(\$?)([+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*$")


@dataclass(frozen=True)
class Factor:
    """A path with the values it takes; numbers in one unit make it a scale on which there is more between them."""

    path: str
    values: tuple[Any, ...]

    @property
    def scale(self) -> Scale | None:
        """The scale that the values lie on; None for names, and for a single value."""
        parts = [_parts(value) for value in self.values]
        if len(parts) < 2 or any(part is None for part in parts):
            return None
        units = {(prefix, unit) for prefix, _, unit in parts}
        numbers = [number for _, number, _ in parts]
        if len(units) > 1 or min(numbers) == max(numbers):
            return None
        whole = all(type(value) is int for value in self.values)
        return Scale(min(numbers), max(numbers), *units.pop(), whole)

    def at(self, share: float) -> Any:
        """The value at a place between 0 and 1: on the scale, or one of the names."""
        scale = self.scale
        if scale is None:
            return self.values[min(int(share * len(self.values)), len(self.values) - 1)]
        return scale.value(scale.low + share * (scale.high - scale.low + (1 if scale.whole else 0)))


@dataclass(frozen=True)
class Scale:
    """Numbers from low to high, as a scenario writes them."""

    low: float
    high: float
    prefix: str
    unit: str
    whole: bool

    def value(self, number: float) -> Any:
        """The number as the scenario writes it."""
        if self.whole:
            return int(min(max(number // 1, self.low), self.high))
        shown = float(f"{number:.12g}")
        return f"{self.prefix}{shown:.12g} {self.unit}".strip() if self.prefix or self.unit else shown

    def number(self, value: Any) -> float:
        """The number in a value of the scale."""
        parts = _parts(value)
        return float("nan") if parts is None else parts[1]


def _parts(value: Any) -> tuple[str, float, str] | None:
    """(prefix, number, unit) of a quantity; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    match = _QUANTITY.match(str(value))
    return (match[1], float(match[2].replace("_", "")), match[3]) if match else None


def grid(factors: Sequence[Factor], samples: int, seed: int) -> list[Values]:
    """Every combination; the last path varies fastest."""
    return [
        dict(zip([f.path for f in factors], picks, strict=True))
        for picks in itertools.product(*(f.values for f in factors))
    ]


def one_at_a_time(factors: Sequence[Factor], samples: int, seed: int) -> list[Values]:
    """The scenario as it is, then every value of every path alone."""
    return [{}, *({factor.path: value} for factor in factors for value in factor.values)]


def latin(factors: Sequence[Factor], samples: int, seed: int) -> list[Values]:
    """`samples` points of which every path has one in each of as many equal parts of its scale.

    (McKay, Beckman and Conover, Technometrics 21(2), 1979; by scipy.stats.qmc, of the best discrepancy in its trials.)
    """
    from scipy.stats import qmc

    shares = qmc.LatinHypercube(d=len(factors), rng=seed % 2**32, optimization="random-cd").random(samples)
    return [{f.path: f.at(float(s)) for f, s in zip(factors, row, strict=True)} for row in shares]


DESIGNS: Mapping[str, Callable[[Sequence[Factor], int, int], list[Values]]] = {
    "grid": grid,
    "one-at-a-time": one_at_a_time,
    "latin": latin,
}


def design_of(name: str) -> Callable[[Sequence[Factor], int, int], list[Values]]:
    """The design of that name. Raises UnknownName, with the nearest one."""
    if name not in DESIGNS:
        raise UnknownName(unknown("design", name, DESIGNS))
    return DESIGNS[name]
