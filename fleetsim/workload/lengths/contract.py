"""The contract of a length law: `kind` and knobs as a scenario writes them, whole tokens from uniform draws.

A law is its quantile function. One uniform a length, by inverse transform: so two laws under one seed give long prompts
to the same tasks, and a comparison of laws is not blurred by luck.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from pydantic import Field, model_validator

from fleetsim.scenario.families import LENGTHS
from fleetsim.scenario.fields import Model, Tokens

MAX_TOKENS = 2**31 - 1

Quantiles = Callable[[np.ndarray], np.ndarray]
"""From uniforms strictly between 0 and 1 to lengths (float64 tokens), both of one shape."""


class LengthLaw(Model):
    """A law of prompt or answer lengths."""

    min_tokens: Tokens = Field(1, alias="min", description="shorter lengths are made this long")
    max_tokens: Tokens = Field(MAX_TOKENS, alias="max", description="longer lengths are cut to this")

    @model_validator(mode="after")
    def _bounds_in_order(self) -> LengthLaw:
        if self.min_tokens > self.max_tokens:
            raise ValueError(f"min is {self.min_tokens:g} but max is {self.max_tokens:g}; write min <= max")
        return self

    @abstractmethod
    def quantiles(self, base: Path) -> Quantiles:
        """The law's quantile function, before rounding and bounds; files are read from the scenario's folder `base`.

        Raises errors.InputFaults if a file cannot be read.
        """

    def sampler(self, base: Path) -> Quantiles:
        """The function from uniforms to whole tokens (float64), within min and max."""
        quantiles = self.quantiles(base)
        low, high = np.rint(self.min_tokens), np.rint(self.max_tokens)

        def tokens(uniforms: np.ndarray) -> np.ndarray:
            with np.errstate(over="ignore"):
                return np.clip(np.rint(quantiles(uniforms)), low, high)

        return tokens


Law = TypeVar("Law", bound=type[LengthLaw])


def length_law(law: Law) -> Law:
    """Register a length law under its `kind`."""
    LENGTHS.add(law.model_fields["kind"].default, law)
    return law
