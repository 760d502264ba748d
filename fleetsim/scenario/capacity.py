"""The `capacity:` block: what may be bought, what must hold, what is to be least.

`fleetsim capacity` reads it; no other command does. The rules that need the rest of the scenario are in
`check_capacity.py`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, Strict, WithJsonSchema

from fleetsim import units
from fleetsim.scenario.fields import Fraction, Model, Name, Positive, Text

MAX_VALUES = 10_000
_RANGE = re.compile(r"^\s*(\d{1,7})\s*:\s*(\d{1,7})\s*$")
_LIMITS = (
    (units.DURATION, 1e3, "ms"),
    (units.FRACTION, 1.0, "share"),
    (units.PRICE_RATE, 3600.0, "USD/h"),
    (units.POWER, 1.0, "W"),
)
"""What a limit with a unit may measure, and the unit that figures of that kind are in."""


def _whole_range(value: Any) -> Any:
    """`1:12` is short for all whole numbers from 1 to 12."""
    match = _RANGE.match(value) if isinstance(value, str) else None
    if match is None:
        return value
    low, high = int(match[1]), int(match[2])
    if high < low or high - low >= MAX_VALUES:
        raise ValueError(f"{value!r} is no range of at most {MAX_VALUES} values; write low:high such as 1:12")
    return list(range(low, high + 1))


def limit_unit(limit: float | str) -> tuple[float, str | None]:
    """A limit as a number and the unit of the figures it can be set to; None: the figure's own, whatever it is.

    Raises ValueError, worded for the user, if the text is no quantity of any kind that figures have.
    """
    if not isinstance(limit, str):
        return float(limit), None
    for dimension, scale, unit in _LIMITS:
        try:
            return units.parse(limit, dimension) * scale, None if limit.strip()[-1:].isdigit() else unit
        except ValueError:
            continue
    raise ValueError(f"{limit!r} is no limit; write '2 s', '95 %', '$30 per h', '12 kW', or a number in figure's unit")


def _readable_limit(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"{value!r} is no limit; write '2 s', '95 %', '$30 per h', or a number in the figure's unit")
    limit_unit(value)
    return value


Values = Annotated[
    list[Any],
    Field(min_length=1, max_length=MAX_VALUES),
    BeforeValidator(_whole_range, json_schema_input_type=list[Any] | str),
]
Limit = Annotated[
    float | str,
    BeforeValidator(_readable_limit),
    WithJsonSchema({"type": ["number", "string"], "description": "such as '2 s', '95 %', '$30 per h' or 0.95"}),
]


class Constraint(Model):
    """A figure of the fleet that must keep a limit."""

    figure: Name = Field(description="its name in summary.json, such as slo_attainment, ttft_p99 or power")
    scope: Name = Field("all", description="all, 'class NAME' or 'pool NAME'")
    at_most: Limit | None = Field(None, description="upper limit, with a unit or in the figure's own")
    at_least: Limit | None = Field(None, description="lower limit, with a unit or in the figure's own")
    tolerance: Positive | None = Field(
        None,
        description="half the width, in the figure's unit, of the zone around the limit in which either verdict is "
        "right; by default 2 % of the limit, for shares a tenth of what is missing to 0 or 1",
    )

    @property
    def limit(self) -> float:
        """The limit in the figure's unit."""
        return limit_unit(self.at_least if self.at_most is None else self.at_most)[0]

    @property
    def unit(self) -> str | None:
        """The unit the figure must have; None where the limit was written without one."""
        return limit_unit(self.at_least if self.at_most is None else self.at_most)[1]

    @property
    def words(self) -> str:
        """`ttft_p99 of class chat at most 2 s`."""
        scope = "" if self.scope == "all" else f" of {self.scope}"
        side, limit = ("at least", self.at_least) if self.at_most is None else ("at most", self.at_most)
        return f"{self.figure}{scope} {side} {limit}"


class Objective(Model):
    """The figure that is to be best."""

    figure: Name = Field(description="its name in summary.json, such as usd_per_hour or joules_per_output_token")
    scope: Name = Field("all", description="all, 'class NAME' or 'pool NAME'")


def _named_figure(value: Any) -> Any:
    """`objective: usd_per_hour` is short for `objective: {figure: usd_per_hour}`."""
    return {"figure": value} if isinstance(value, str) else value


class Capacity(Model):
    """The question of `fleetsim capacity`: the cheapest fleet that keeps all limits."""

    variables: dict[Text, Values] = Field(
        description="dotted path -> its candidates, a list or lo:hi; paths below one architecture concern it alone",
        min_length=1,
    )
    architectures: Annotated[list[Name], Field(min_length=1)] | None = Field(
        None, description="those that compete; all of them by default"
    )
    objective: Annotated[Objective, BeforeValidator(_named_figure, json_schema_input_type=Objective | Name)] = Field(
        Objective(figure="usd_per_hour"), description="the figure to be best: price by the hour by default"
    )
    constraints: list[Constraint] = Field(description="what must hold", min_length=1, max_length=50)
    regions: Annotated[list[Name], Field(min_length=1)] | None = Field(
        None, description="regions that pools may stand in; all of them by default"
    )
    failures: Annotated[int, Strict(), Field(ge=0, le=1000)] = Field(
        0, description="all limits must hold with so many replicas of any one pool gone"
    )
    error: Fraction = Field(
        0.05, description="greatest probability of a wrong verdict on a fleet that is no near tie (see tolerance)"
    )
    baseline: Name | None = Field(None, description="the architecture whose cheapest fleet the answer is set against")
    steer: list[Name] = Field(
        [], description="architectures of kind by_size whose shares are worked out anew for every number of replicas"
    )
    loads: Annotated[list[Annotated[float, Strict(), Field(gt=0, le=100)]], Field(max_length=40)] = Field(
        [0.1, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0],
        description="multiples of the load for the curve of cost over load; [] for none",
    )
    curves: Annotated[dict[Name, Annotated[list[Name], Field(min_length=1)]], Field(max_length=20)] = Field(
        {}, description="name -> architectures: curves of the cheapest fleet among these, beside that of all"
    )
    first_runs: Annotated[int, Strict(), Field(ge=3, le=1000)] = Field(
        6, description="replications of a fleet before any verdict"
    )
    most_runs: Annotated[int, Strict(), Field(ge=3, le=100_000)] = Field(
        400, description="replications after which a fleet that is still undecided counts as failing"
    )

    def concerned(self, known: Collection[str]) -> list[str]:
        """The architectures that are searched: those that compete and the baseline, as far as they exist."""
        named = [*(self.architectures or known), *([self.baseline] if self.baseline else [])]
        return [name for name in dict.fromkeys(named) if name in known]
