"""What a point of the verification is: an ordinary scenario restricted to a model, and the model's known values.

`Point.bias` bounds what whole steps instead of continuous time change, relative to a value; it lies far below every
cap on standard errors.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import theory_figures as see
from theory_figures import Figure


@dataclass(frozen=True)
class Check:
    """A value to be met: |t| within its limit, and the standard error below `cap * value` or the check is void."""

    name: str
    value: float
    figure: Figure
    cap: float = 0.01
    kind: str = "equal"  # or 'at most', 'at least': a bound


@dataclass(frozen=True)
class Span:
    """How long a replication lasts; 30 of them in the full verification, `FAST_REPLICATIONS` in the suite."""

    warm_up_s: float
    horizon_s: float
    fast_horizon_s: float | None = None  # None: not in the suite
    look_every_s: float | None = None  # spacing of the timeline; None: no figure reads it


@dataclass(frozen=True)
class Point:
    """A model with its values. With several documents, figures are taken of each and put into `combined`."""

    id: str
    family: str
    source: str
    documents: tuple[dict, ...]
    span: Span
    checks: tuple[Check, ...]
    bias: float = 1e-4
    combined: Callable[[list[float]], float] = lambda values: values[0]

    def horizon_s(self, fast: bool) -> float:
        """How long tasks arrive."""
        return self.span.fast_horizon_s if fast else self.span.horizon_s

    def scenarios(self, fast: bool) -> list[dict]:
        """The documents with the horizon and the timeline that belong to them."""
        horizon_s, every_s = self.horizon_s(fast), self.span.look_every_s
        samples = 1 if every_s is None else round(horizon_s / every_s)
        return [document | {"horizon": f"{horizon_s} s", "samples": samples} for document in self.documents]


@cache
def oracles() -> dict[str, dict]:
    """The rows of oracles.json by id."""
    rows = json.loads(Path(__file__).with_name("oracles.json").read_text())
    return {row["id"]: row for row in rows}


def values_of(name: str) -> dict[str, float]:
    """The values of a row of oracles.json."""
    return oracles()[name]["values"]


def point(name: str, document: dict | tuple[dict, ...], span: Span, checks: tuple[Check, ...], **keys) -> Point:
    """A point for a row of oracles.json."""
    row = oracles()[name]
    documents = document if isinstance(document, tuple) else (document,)
    return Point(name, row["family"], row["source"], documents, span, checks, **keys)


def checks_of(name: str, figures: dict[str, Figure], caps: dict[str, float] | None = None) -> tuple[Check, ...]:
    """Values of a row, each with the figure that must meet it; `caps` where 1 % is not to be had."""
    caps = caps or {}
    return tuple(Check(each, values_of(name)[each], figure, caps.get(each, 0.01)) for each, figure in figures.items())


_SHARES = {"p50": 0.5, "p90": 0.1, "p99": 0.01, "p999": 0.001}
TAIL_CAPS = {"p50": 0.02, "p90": 0.03, "p99": 0.09, "p999": 0.2}
"""Caps on the standard error of the share beyond a quantile. In a tail that falls as exp(-t/T), 9 % of the share
beyond a quantile are 0.09 T: of the points' p99, 2 % or so; and 20 % of p999, 3 %."""


def tail_checks(name: str, *quantiles: str, caps: dict[str, float] | None = None) -> tuple[Check, ...]:
    """The share beyond each exact quantile of a row (`p99_Wq`, `p50_W`) must be what its name says."""
    checks = []
    for each in quantiles:
        level = each.split("_")[0]
        beyond = see.wait_beyond if each.endswith("_Wq") else see.sojourn_beyond
        figure = beyond(values_of(name)[each])
        checks.append(Check(f"P(>{each})", _SHARES[level], figure, (TAIL_CAPS | (caps or {}))[level]))
    return tuple(checks)
