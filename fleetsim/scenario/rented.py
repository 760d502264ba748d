"""Rented endpoints: how fast they answer, what they charge, what they refuse."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, Strict

from fleetsim.scenario.durations import TimeLaw
from fleetsim.scenario.fields import Duration, Fraction, Model, PositiveDuration, Price, Tokens

PerMinute = Annotated[float, Strict(), Field(gt=0, le=1e12)]


class TokenPrices(Model):
    """Prices from a time on."""

    from_s: Duration = Field(alias="from", description="time of the run from which they hold")
    input_usd: Price = Field(alias="input", description="of a million prompt tokens")
    output_usd: Price = Field(alias="output", description="of a million answer tokens")


class Endpoint(Model):
    """A model rented by the token. What is behind it is not simulated: its times are drawn from what was measured."""

    ttft: TimeLaw = Field(description="time to first token, without the network")
    tpot: TimeLaw = Field(description="time per output token after the first")
    input_usd: Price = Field(alias="input", description="price of a million prompt tokens")
    output_usd: Price = Field(alias="output", description="price of a million answer tokens")
    later: list[TokenPrices] = Field([], description="prices that take over later in the run", max_length=100)
    errors: Fraction = Field(0.0, description="share of calls that fail")
    requests_per_minute: PerMinute | None = Field(None, description="limit; a minute's worth may come at once")
    tokens_per_minute: PerMinute | None = Field(None, description="limit of prompt and answer tokens, likewise")
    context_tokens: Tokens = Field(128_000.0, alias="context", description="longest prompt plus answer")


class Outage(Model):
    """A time in which a pool refuses all calls."""

    from_s: Duration = Field(alias="from", description="when it begins")
    to_s: PositiveDuration = Field(alias="to", description="when it is over")


class RandomOutages(Model):
    """Outages that come at random: the same ones for every architecture that has a pool of this name."""

    every_s: PositiveDuration = Field(alias="every", description="mean time from the end of one to the next")
    lasts: TimeLaw = Field(description="how long one lasts")
