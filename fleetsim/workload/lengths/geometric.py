"""Lengths without memory, in whole tokens."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from fleetsim.scenario.fields import Tokens
from fleetsim.workload.lengths.contract import LengthLaw, Quantiles, length_law


@length_law
class Geometric(LengthLaw):
    """1, 2, 3, ... tokens, each further one with the same probability 1 - 1/mean: exactly memoryless."""

    kind: Literal["geometric"] = "geometric"
    mean_tokens: Tokens = Field(alias="mean", description="mean length")

    def quantiles(self, base: Path) -> Quantiles:
        """See the contract."""
        if self.mean_tokens <= 1:
            return np.ones_like
        log_further = math.log1p(-1 / self.mean_tokens)
        return lambda uniforms: np.ceil(np.log1p(-uniforms) / log_further)
