"""Lengths of a given mean and spread: gamma, with the exponential (cv 1) and Erlang laws among them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, Strict

from fleetsim.scenario.fields import Tokens
from fleetsim.workload.lengths.contract import LengthLaw, Quantiles, length_law


@length_law
class Gamma(LengthLaw):
    """Gamma of shape 1/cv**2: cv 1 is exponential, cv 0.5 Erlang-4."""

    kind: Literal["gamma"] = "gamma"
    mean_tokens: Tokens = Field(alias="mean", description="mean length")
    cv: Annotated[float, Strict(), Field(ge=0.01, le=100)] = Field(description="standard deviation over mean")

    def quantiles(self, base: Path) -> Quantiles:
        """See the contract."""
        from scipy.special import gammaincinv

        shape = self.cv**-2
        return lambda uniforms: gammaincinv(shape, uniforms) * (self.mean_tokens / shape)
