"""The vendor profile: how fast a rented interface answers, as its clients see it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fleetsim.catalog.hardware_profile import Fit
from fleetsim.catalog.model_profile import ModelProfile
from fleetsim.scenario.fields import Model, Name, PositiveDuration, Text

REFERENCE_BILLION = 70.0
"""Active parameters, in billions, of the model whose time per token a profile gives."""

Sigma = Annotated[float, Field(ge=0, le=5)]


class VendorFit(Fit):
    """Times from request to request: log-normal, first tokens and the time per token independent of each other.

    What runs behind the interface is not public, so neither is why one model is faster than another: a vendor gives
    large models more devices, and the time per token follows a small power of the model's size, the same for all.
    """

    first_token_s: PositiveDuration = Field(
        alias="first_token", description="median time to the first token, network and queues included"
    )
    first_token_sigma: Sigma = Field(description="standard deviation of its logarithm")
    token_s: PositiveDuration = Field(
        alias="token_time", description="median time per token after the first, of a model of 70 billion parameters"
    )
    token_sigma: Sigma = Field(description="standard deviation of its logarithm, from request to request")
    size_exponent: Annotated[float, Field(ge=0, le=1)] = Field(
        description="power of a model's active parameters that the time per token grows with"
    )
    piece_tokens: Annotated[float, Field(ge=1)] = Field(
        1.0, description="tokens that arrive as one piece, which clients count as one"
    )

    def token_time_s(self, model: ModelProfile) -> float:
        """Median time per token of a model."""
        return self.token_s * (model.parameters_billion.active.value / REFERENCE_BILLION) ** self.size_exponent


class VendorProfile(Model):
    """One vendor's interface at one time, as seen from one place."""

    key: Name = Field("profile", description="the file's stem", exclude=True)
    name: Text = Field(min_length=1)
    note: Text = Field("", description="what to know before believing a result")
    calibration: VendorFit
