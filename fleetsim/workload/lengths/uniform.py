"""Lengths equally likely between two bounds."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from fleetsim.scenario.fields import Tokens
from fleetsim.workload.lengths.contract import LengthLaw, Quantiles, length_law


@length_law
class Uniform(LengthLaw):
    """Each whole number from `low` to `high`, both included, equally likely."""

    kind: Literal["uniform"] = "uniform"
    low_tokens: Tokens = Field(alias="low", description="shortest length")
    high_tokens: Tokens = Field(alias="high", description="longest length")

    @model_validator(mode="after")
    def _low_below_high(self) -> Uniform:
        if self.low_tokens > self.high_tokens:
            raise ValueError(f"low is {self.low_tokens:g} but high is {self.high_tokens:g}; write low <= high")
        return self

    def quantiles(self, base: Path) -> Quantiles:
        """See the contract."""
        low, high = np.rint(self.low_tokens), np.rint(self.high_tokens)
        return lambda uniforms: np.minimum(low + np.floor(uniforms * (high - low + 1)), high)
