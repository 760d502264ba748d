"""How a pool serves: step times given directly, replicas that only prefill, speculation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Strict

from fleetsim.scenario.fields import (
    Bandwidth,
    Bytes,
    Count,
    Duration,
    Fraction,
    Model,
    Power,
    PriceRate,
    Text,
    Tokens,
)
from fleetsim.scenario.rules import BalancerChoice, Balancing


class Steps(Model):
    """A step-time table given directly: a measured engine, or a queueing model."""

    base_s: Duration | None = Field(None, alias="base", description="time of a step with no tokens")
    per_token_s: Duration = Field(0.0, alias="per_token", description="additional time for each token of the step")
    file: Text | None = Field(None, description="CSV with columns n_tokens, step_ms, interpolated; instead of `base`")
    per_context_token_s: Duration = Field(
        0.0, alias="per_context_token", description="alpha: time to read one KV token"
    )
    per_token_pair_s: Duration = Field(0.0, alias="per_token_pair", description="beta: time of a token pair in prefill")
    kv_tokens: Tokens | None = Field(None, description="KV memory of a replica in tokens; unlimited if left out")
    context_tokens: Tokens = Field(1_000_000, alias="context", description="longest prompt plus answer")
    idle_w: Power | None = Field(None, alias="idle_power", description="power of an idle replica; no energy without it")
    prefill_w: Power | None = Field(None, alias="prefill_power", description="its power in steps with prefill")
    decode_w: Power | None = Field(None, alias="decode_power", description="its power in other steps")


class Transfer(Model):
    """The link that carries KV from prefill to decode replicas: one a prefill replica, one call after the other."""

    bandwidth_bytes_per_s: Bandwidth = Field(alias="bandwidth", description="of one prefill replica's link")
    latency_s: Duration = Field(0.0, alias="latency", description="time of the first byte on its way")
    overlap: Fraction = Field(0.0, description="share of the KV that has gone by when prefill ends, layer by layer")
    bytes_per_token: Bytes | None = Field(None, description="KV of one token; with `steps`, where no model says it")


class PrefillSide(Model):
    """Replicas that only prefill for a pool; what is left out is as in the pool itself."""

    hardware: Text | None = Field(None, description="a hardware profile; the pool's by default")
    steps: Steps | None = Field(None, description="a step-time table; needed if the pool has one")
    replicas: Count = Field(1, description="model copies")
    tp: Count | None = Field(None, description="as in the pool")
    pp: Count | None = Field(None, description="as in the pool")
    ep: Count | None = Field(None, description="as in the pool")
    dp: Count | None = Field(None, description="as in the pool")
    max_num_seqs: Count | None = Field(None, description="as in the pool")
    max_num_batched_tokens: Count | None = Field(None, description="as in the pool")
    memory_utilisation: Fraction | None = Field(None, description="as in the pool")
    balancer: Balancing = Field(
        BalancerChoice(kind="least_outstanding"), description="which prefill replica gets a call"
    )
    price_usd_per_s: PriceRate | None = Field(None, alias="price", description="as in the pool")
    tariff: Literal["on_demand", "spot", "reserved"] | None = Field(None, description="as in the pool")
    transfer: Transfer = Field(description="how the KV gets to the pool")


class Speculation(Model):
    """Speculative decoding or multi-token prediction: a step proposes tokens for a sequence and checks them all."""

    draft_tokens: Count = Field(description="tokens a step proposes for each sequence")
    acceptance_length: Annotated[float, Strict(), Field(gt=1, le=100)] = Field(
        description="tokens a sequence gets from a step in the mean, the one that is always right included"
    )
    draft_cost: Fraction = Field(0.02, description="time of proposing a token, as a share of a plain step")
