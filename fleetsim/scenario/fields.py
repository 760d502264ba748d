"""What fields of a scenario or profile may hold: quantities with units, counts, names; and the closed base model."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, WithJsonSchema

from fleetsim import units


class Model(BaseModel):
    """A frozen mapping with a closed set of keys; the keys in the file are the fields' aliases."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def quantity(dimension: units.Dimension, **bounds: float) -> object:
    """A field type: a float in base units, written in the file as text with a unit."""
    written = {
        "type": ["string", "number"] if dimension.bare else "string",
        "description": f"such as {dimension.examples}",
        "examples": re.findall("'([^']*)'", dimension.examples),
    }
    parse = BeforeValidator(partial(units.parse, dimension=dimension))
    return Annotated[float, Field(**(bounds or {"ge": 0})), parse, WithJsonSchema(written), dimension]


Duration = quantity(units.DURATION)
PositiveDuration = quantity(units.DURATION, gt=0)
Bytes = quantity(units.BYTES, gt=0)
Bandwidth = quantity(units.BANDWIDTH, gt=0)
Compute = quantity(units.COMPUTE, gt=0)
Rate = quantity(units.RATE, gt=0)
Power = quantity(units.POWER)
Price = quantity(units.PRICE)
PriceRate = quantity(units.PRICE_RATE)
Carbon = quantity(units.CARBON)
Fraction = quantity(units.FRACTION, ge=0, le=1)
SignedFraction = quantity(units.FRACTION, ge=-1, le=1)
PositiveFraction = quantity(units.FRACTION, gt=0, le=1)
Tokens = quantity(units.TOKENS, ge=1, le=2**31 - 1)
MoreTokens = quantity(units.TOKENS, ge=0, le=10_000_000)

Count = Annotated[int, Strict(), Field(ge=1, le=10_000_000)]
Positive = Annotated[float, Strict(), Field(gt=0, le=1_000_000_000)]
Name = Annotated[str, Strict(), Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9][\w.\-+ /()]*$")]
Text = Annotated[str, Strict(), Field(max_length=10_000)]
