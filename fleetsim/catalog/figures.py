"""A figure of a profile: never a bare number, always with where it comes from and how far to trust it."""

from __future__ import annotations

from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BeforeValidator, Field

from fleetsim.scenario.fields import Model, Name, PriceRate, Text

Value = TypeVar("Value")

Day = Annotated[Name, BeforeValidator(str)]
"""A date as text, such as 2026-09-25 or 2026-09; YAML may have read it as a date."""

Confidence = Literal[
    "datasheet",
    "official config",
    "audited",
    "third-party measurement",
    "third-party transcription",
    "third-party index",
    "price snapshot",
    "vendor claim",
    "computed",
    "estimate",
    "recalled",
]
"""`recalled`: written down from memory and checked against nothing; do not present it as a fact."""


class Figure(Model, Generic[Value]):
    """One figure in base units with its provenance."""

    value: Value
    source: Text = Field(min_length=1, description="where it was read")
    confidence: Confidence = Field(description="how far to trust it")


class Price(Model):
    """What one accelerator costs for the time it is held, and since when."""

    value: PriceRate
    source: Text = Field(min_length=1, description="whose price it is and where it was read")
    date: Day = Field(description="when the price held")
    confidence: Confidence = Field(description="how far to trust it")
