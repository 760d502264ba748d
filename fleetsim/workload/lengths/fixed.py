"""All lengths alike."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from fleetsim.scenario.fields import Tokens
from fleetsim.workload.lengths.contract import LengthLaw, Quantiles, length_law


@length_law
class Fixed(LengthLaw):
    """Every length the same; `512 tokens` is short for it."""

    kind: Literal["fixed"] = "fixed"
    tokens: Tokens = Field(description="the length")

    def quantiles(self, base: Path) -> Quantiles:
        """See the contract."""
        return lambda uniforms: np.full(uniforms.shape, self.tokens)
