"""Lengths with a long right tail: the usual law of prompts and answers."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, Strict, model_validator

from fleetsim.scenario.fields import Tokens
from fleetsim.workload.lengths.contract import LengthLaw, Quantiles, length_law


@length_law
class Lognormal(LengthLaw):
    """Lognormal, told by `mean` and `cv` or by `median` and `sigma`."""

    kind: Literal["lognormal"] = "lognormal"
    mean_tokens: Tokens | None = Field(None, alias="mean", description="mean length; goes with `cv`")
    cv: Annotated[float, Strict(), Field(gt=0, le=100)] | None = Field(None, description="standard deviation over mean")
    median_tokens: Tokens | None = Field(None, alias="median", description="median length; goes with `sigma`")
    sigma: Annotated[float, Strict(), Field(gt=0, le=10)] | None = Field(
        None, description="standard deviation of the logarithm of the length"
    )

    @model_validator(mode="after")
    def _one_pair(self) -> Lognormal:
        given = [getattr(self, name) is not None for name in ("mean_tokens", "cv", "median_tokens", "sigma")]
        if given not in ([True, True, False, False], [False, False, True, True]):
            raise ValueError("write either mean and cv, or median and sigma")
        return self

    @property
    def parameters(self) -> tuple[float, float]:
        """Mean and standard deviation of the logarithm: sigma**2 = ln(1 + cv**2), mu = ln(mean) - sigma**2 / 2."""
        if self.mean_tokens is None:
            return math.log(self.median_tokens), self.sigma
        variance = math.log1p(self.cv**2)
        return math.log(self.mean_tokens) - variance / 2, math.sqrt(variance)

    def quantiles(self, base: Path) -> Quantiles:
        """See the contract."""
        from scipy.special import ndtri

        mu, sigma = self.parameters
        return lambda uniforms: np.exp(mu + sigma * ndtri(uniforms))
