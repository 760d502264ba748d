"""Laws of durations: tools, thinking users, rented endpoints; as quantiles, which the engines look up."""

from __future__ import annotations

from statistics import NormalDist
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Discriminator, Field, Strict, Tag, model_validator

from fleetsim.scenario.fields import Duration, Fraction, Model, PositiveDuration

QUANTILES = 1024
"""How finely a law is tabulated: the i-th entry is its quantile at (i + 1/2) / QUANTILES."""


class Fixed(Model):
    """Always the same time."""

    kind: Literal["fixed"] = "fixed"
    time_s: Duration = Field(alias="time", description="the time")

    def seconds(self, uniforms: np.ndarray) -> np.ndarray:
        """The quantiles."""
        return np.full(uniforms.shape, self.time_s)


class Exponential(Model):
    """Memoryless times."""

    kind: Literal["exponential"] = "exponential"
    mean_s: Duration = Field(alias="mean", description="mean time")

    def seconds(self, uniforms: np.ndarray) -> np.ndarray:
        """The quantiles."""
        return -np.log1p(-uniforms) * self.mean_s


class Lognormal(Model):
    """Times whose logarithm is normal."""

    kind: Literal["lognormal"] = "lognormal"
    median_s: PositiveDuration = Field(alias="median", description="half of the times are shorter")
    sigma: Annotated[float, Strict(), Field(ge=0, le=5)] = Field(description="standard deviation of the logarithm")

    def seconds(self, uniforms: np.ndarray) -> np.ndarray:
        """The quantiles."""
        normals = np.array([NormalDist().inv_cdf(u) for u in uniforms.tolist()])
        return self.median_s * np.exp(self.sigma * normals)


class Measured(Model):
    """Measured quantiles, joined by straight lines in the logarithm of time."""

    kind: Literal["measured"] = "measured"
    quantiles: dict[Fraction, PositiveDuration] = Field(description="share -> time not exceeded by it", min_length=2)

    @model_validator(mode="after")
    def _in_order(self) -> Measured:
        times = [self.quantiles[share] for share in sorted(self.quantiles)]
        if times != sorted(times):
            raise ValueError("the times must rise with their shares; write `0.5: 300 ms`, `0.9: 14 s`, and so on")
        return self

    def seconds(self, uniforms: np.ndarray) -> np.ndarray:
        """The quantiles; beyond the outermost shares the outermost times."""
        shares = sorted(self.quantiles)
        return np.exp(np.interp(uniforms, shares, np.log([self.quantiles[share] for share in shares])))


_LAWS = {"fixed": Fixed, "exponential": Exponential, "lognormal": Lognormal, "measured": Measured}


def _plain_time(value: Any) -> Any:
    """`delay: 200 ms` is short for `delay: {kind: fixed, time: 200 ms}`."""
    return value if isinstance(value, dict | Model) else {"kind": "fixed", "time": value}


def _kind(value: Any) -> str | None:
    return value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)


_Law = Annotated[
    Annotated[Fixed, Tag("fixed")]
    | Annotated[Exponential, Tag("exponential")]
    | Annotated[Lognormal, Tag("lognormal")]
    | Annotated[Measured, Tag("measured")],
    Discriminator(_kind),
]
TimeLaw = Annotated[_Law, BeforeValidator(_plain_time, json_schema_input_type=_Law | str)]
"""A field that holds a time, or a law of times by its `kind`."""


def grid() -> np.ndarray:
    """float64[QUANTILES]: where a law is tabulated."""
    return (np.arange(QUANTILES) + 0.5) / QUANTILES


def quantiles_ns(law: Fixed | Exponential | Lognormal | Measured) -> np.ndarray:
    """int64: the law's quantiles on `grid`, rising; one entry where it has but one value."""
    seconds = law.seconds(grid())
    table = np.rint(np.minimum(seconds, 1e9) * 1e9).astype(np.int64)
    return table[:1] if table[0] == table[-1] else table
