"""The model profile: the shapes that decide how many bytes and FLOPs a token costs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from fleetsim.catalog.figures import Confidence, Day, Figure
from fleetsim.catalog.hardware_profile import Precision
from fleetsim.scenario.fields import Count, Fraction, Model, Name, Positive, Text, Tokens


class Window(Model):
    """Layers whose attention reads at most the last tokens."""

    window_tokens: Tokens = Field(alias="tokens")
    layers: Count


class LinearAttention(Model):
    """Layers that keep a state of fixed size per sequence instead of KV (gated delta net, arXiv:2412.06464)."""

    layers: Count
    key_heads: Count
    value_heads: Count
    head_dim: Count

    @property
    def state_elements(self) -> int:
        """Elements of one layer's state: a matrix of head_dim x head_dim for every value head."""
        return self.value_heads * self.head_dim**2


class GroupedAttention(Model):
    """Multi-head attention with shared KV heads: MHA, GQA and MQA (Ainslie et al. 2023, arXiv:2305.13245)."""

    kind: Literal["gqa"]
    heads: Count
    kv_heads: Count
    head_dim: Count
    gated: bool = Field(False, description="a gate as wide as the queries on the output")
    window: Window | None = None
    linear: LinearAttention | None = None


class LatentAttention(Model):
    """Multi-head latent attention (DeepSeek-V2, arXiv:2405.04434, section 2.1): KV is one latent plus a rope key."""

    kind: Literal["mla"]
    heads: Count
    kv_latent: Count = Field(description="width of the compressed KV, one for all heads")
    query_latent: Count = Field(description="width of the compressed query")
    rope_dim: Count
    nope_dim: Count
    value_dim: Count


class Mlp(Model):
    """The dense feed-forward block."""

    intermediate: Count
    gated: bool = Field(True, description="three matrices (SwiGLU) instead of two")


class Experts(Model):
    """The mixture-of-experts block."""

    experts: Count
    active: Count = Field(description="experts a token goes to")
    shared: Annotated[int, Field(ge=0, strict=True)] = Field(0, description="experts every token goes to besides")
    intermediate: Count
    layers: Count = Field(description="how many layers have experts instead of the dense block")


class Parameters(Model):
    """How many parameters, in billions."""

    total: Figure[Positive]
    active: Figure[Positive]


class ModelProfile(Model):
    """One model; KV bytes, FLOPs and weights follow from it (hardware/shapes.py)."""

    key: Name = Field("profile", description="the file's stem: the name scenarios use", exclude=True)
    name: Text = Field(min_length=1)
    family: Text
    kind: Literal["decoder", "encoder"]
    released: Day
    source: Text = Field(min_length=1, description="where the shapes were read")
    confidence: Confidence
    note: Text = ""
    parameters_billion: Parameters = Field(alias="parameters")
    layers: Count
    hidden: Count
    vocabulary: Count
    tied_embeddings: bool = Field(description="whether input and output embedding are one matrix")
    context_tokens: Tokens = Field(alias="context")
    attention: Annotated[GroupedAttention | LatentAttention, Field(discriminator="kind")]
    mlp: Mlp
    moe: Experts | None = None
    precision: Precision = Field(description="the precision the weights are published in")
    capability: dict[Name, Figure[Fraction]] = Field(
        {}, description="kind of task -> share of right answers, one sample each; see docs/quality.md for the kinds"
    )

    @model_validator(mode="after")
    def _layers_add_up(self) -> ModelProfile:
        if self.moe and self.moe.layers > self.layers:
            raise ValueError(f"{self.moe.layers} layers with experts of {self.layers} layers in all")
        if self.moe and self.moe.active > self.moe.experts:
            raise ValueError(f"a token goes to {self.moe.active} of {self.moe.experts} experts")
        window = getattr(self.attention, "window", None)
        if window and window.layers > self.layers:
            raise ValueError(f"{window.layers} layers with a window of {self.layers} layers in all")
        linear = getattr(self.attention, "linear", None)
        if linear and window:
            raise ValueError("attention has a window and linear layers; only one of them can be expressed")
        if linear and linear.layers > self.layers:
            raise ValueError(f"{linear.layers} linear layers of {self.layers} layers in all")
        return self
