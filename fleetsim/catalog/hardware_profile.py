"""The hardware profile: what a data sheet says of an accelerator, and apart from it what was fitted."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from fleetsim import units
from fleetsim.catalog.figures import Day, Figure, Price
from fleetsim.errors import FleetsimError
from fleetsim.scenario.fields import (
    Bandwidth,
    Bytes,
    Compute,
    Count,
    Duration,
    Fraction,
    Model,
    Name,
    PositiveDuration,
    Power,
    Text,
    quantity,
)

Precision = Literal["bf16", "fp8", "int8", "int4", "fp4"]
Tariff = Literal["on_demand", "spot", "reserved"]
Kind = Literal["gpu", "accelerator", "wafer", "cpu", "edge"]
Basis = Literal["data sheet", "family", "calibrated"]
Efficiency = quantity(units.FRACTION, gt=0, le=1)


class MemoryFigures(Model):
    """The memory that holds weights and KV cache."""

    capacity_bytes: Figure[Bytes] = Field(alias="capacity")
    bandwidth_bytes_per_s: Figure[Bandwidth] = Field(alias="bandwidth")


class Link(Model):
    """A connection between accelerators."""

    bandwidth_bytes_per_s: Figure[Bandwidth] = Field(alias="bandwidth", description="per accelerator, one direction")
    accelerators: Count = Field(1_000_000, description="how many accelerators it joins")
    reduces: bool = Field(False, description="whether its switches add up what is sent (NVLink SHARP)")


class Links(Model):
    """How accelerators reach each other, inside a scale-up domain and beyond it, and the memory of their host."""

    scale_up: Link | None = None
    scale_out: Link | None = None
    host_bytes_per_s: Figure[Bandwidth] | None = Field(
        None, alias="host", description="bandwidth from the host's memory, per accelerator, one direction"
    )


class PowerFigures(Model):
    """Watts of one accelerator by what it is doing."""

    idle_w: Figure[Power] = Field(alias="idle")
    prefill_w: Figure[Power] = Field(alias="prefill")
    decode_w: Figure[Power] = Field(alias="decode")
    limit_w: Figure[Power] = Field(alias="limit", description="thermal design power")


class Fit(Model):
    """Where the numbers of a calibration block come from."""

    basis: Basis = Field(
        description="data sheet: typical values, no measurement; family: fitted on devices of its family"
    )
    data: Text = Field(min_length=1, description="the measurements behind it")
    date: Day
    error: Text = Field("", description="median and 90th percentile of |predicted / measured - 1| on that data")
    command: Text = Field("", description="what fitted it, if a command did")


class RooflineFit(Fit):
    """Efficiencies and overheads of a device that reads its weights from memory in every step."""

    kind: Literal["roofline"]
    compute_efficiency: dict[Precision, Efficiency] = Field(
        description="share of the peak a large matrix product reaches"
    )
    half_tokens: dict[Precision, Annotated[float, Field(ge=0)]] = Field(
        description="tokens at which half of that share is reached"
    )
    matmul_latency_s: dict[Precision, Duration] = Field(
        {}, alias="matmul_latency", description="of one matrix product at no load, quantising its input included"
    )
    overlap: Annotated[float, Field(ge=1)] = Field(
        20.0, description="norm in which arithmetic and traffic of a product add: 1 their sum, many their maximum"
    )
    memory_efficiency: Efficiency = Field(description="share of the bandwidth when reading weights")
    kv_efficiency: Efficiency = Field(description="share of the bandwidth when reading KV cache")
    attention_efficiency: Efficiency = Field(description="share of the bf16 peak of prefill attention")
    expert_imbalance: Annotated[float, Field(ge=1)] = Field(
        description="load of the busiest expert-parallel rank over mean"
    )
    expert_chance: Annotated[float, Field(ge=0)] = Field(
        1.0, description="share of the chance imbalance of few calls that shows in the time of a step"
    )
    routing_evenness: Annotated[float, Field(gt=0)] | None = Field(
        None, description="shape of the gamma law of expert popularity; balanced routing if not given"
    )
    layer_latency_s: Duration = Field(
        alias="layer_latency", description="launches and waits of a dense layer at no load"
    )
    moe_latency_s: Duration = Field(
        alias="moe_latency", description="additional latency of routing to experts, a layer"
    )
    mla_latency_s: Duration = Field(
        0.0, alias="mla_latency", description="additional latency of latent attention, a layer"
    )
    linear_latency_s: Duration = Field(
        0.0, alias="linear_latency", description="additional latency of linear attention, a layer"
    )
    activation_passes: Annotated[float, Field(ge=0)] = Field(
        description="times a layer moves its hidden state through memory: norms, activations, quantisation"
    )
    expert_passes: Annotated[float, Field(ge=0)] = Field(
        0.0, description="times an expert layer moves each copy of a token that it sends to an expert through memory"
    )
    collective_latency_s: Duration = Field(alias="collective_latency", description="of an all-reduce of two ranks")
    collective_hop_s: Duration = Field(alias="collective_hop", description="more latency for each further rank")
    link_efficiency: Efficiency = Field(description="share of the link bandwidth a collective reaches")
    step_overhead_s: Duration = Field(alias="step_overhead", description="scheduler, sampling, launch: per step")
    sequence_overhead_s: Duration = Field(alias="sequence_overhead", description="the same per sequence of the step")
    expert_factor: Annotated[float, Field(gt=0, le=100)] = Field(
        1.0, description="time in expert products with a typical framework over that of the products alone"
    )
    pipeline_bubble: Fraction = Field(description="share of a pipeline's fill time not hidden by other micro-batches")
    other_bytes: Bytes = Field(alias="other_memory", description="runtime, graphs and buffers on each accelerator")
    slots: Count = Field(1_000_000, description="sequences the usual serving framework runs at once")


class WaferFit(Fit):
    """Times of a wafer that holds all weights in SRAM: no bandwidth roofline.

    A token visits the layers one after the other; up to `pipeline_tokens_per_layer` a layer are in flight at no
    cost, then one leaves every `issue_interval`.
    """

    kind: Literal["wafer"]
    layer_time_s: PositiveDuration = Field(alias="layer_time", description="a token's time in a layer, narrow model")
    layer_time_per_hidden_s: Duration = Field(
        alias="layer_time_per_hidden", description="and more for each hidden unit"
    )
    pipeline_tokens_per_layer: Annotated[float, Field(gt=0)] = Field(description="tokens in flight for each layer")
    issue_interval_s: Duration = Field(alias="issue_interval", description="least time between tokens once it is full")
    compute_efficiency: Efficiency = Field(description="share of the peak with the pipeline full")
    kv_efficiency: Efficiency = Field(description="share of the SRAM bandwidth when reading KV")
    slots: Count = Field(1_000_000, description="sequences the usual serving framework runs at once")


class HardwareProfile(Model):
    """One accelerator type; see the docstrings of its parts. Values in base units (bytes, s, FLOP, W)."""

    key: Name = Field("profile", description="the file's stem: the name scenarios use", exclude=True)
    name: Text = Field(min_length=1, description="the maker's name for it")
    vendor: Text
    kind: Kind
    unit: Text = Field(description="what counts as one: a card, a chip, a socket, a whole device")
    note: Text = Field("", description="what to know before believing a result")
    peak: dict[Precision, Figure[Compute]] = Field(min_length=1, description="dense matrix peaks, never sparse ones")
    weights_only: tuple[Precision, ...] = Field(
        ("int4",), description="precisions weights may be stored in and be widened to bf16 as they are read"
    )
    memory: MemoryFigures
    links: Links = Links()
    power: PowerFigures
    prices: dict[Tariff, Price] = Field({}, description="per accelerator and time")
    calibration: Annotated[RooflineFit | WaferFit, Field(discriminator="kind")]

    @model_validator(mode="after")
    def _every_peak_is_calibrated(self) -> HardwareProfile:
        if "bf16" not in self.peak:
            raise ValueError("peak has no bf16: attention is computed in it; write the fp16 or fp32 peak there")
        if isinstance(self.calibration, RooflineFit):
            for figure in ("compute_efficiency", "half_tokens"):
                missing = sorted(set(self.peak) - set(getattr(self.calibration, figure)))
                if missing:
                    raise ValueError(f"calibration.{figure} lacks {', '.join(missing)}, which `peak` has")
        return self

    @property
    def basis(self) -> Basis:
        """What the step times of this device rest on."""
        return self.calibration.basis

    @property
    def reach(self) -> int:
        """How many accelerators its links can join into one replica."""
        return max([link.accelerators for link in (self.links.scale_up, self.links.scale_out) if link], default=1)

    def price_usd_per_s(self, tariff: Tariff) -> float:
        """Price of one accelerator under a tariff.

        Raises FleetsimError, naming the tariffs there are, if the profile has no such price.
        """
        if tariff not in self.prices:
            known = ", ".join(sorted(self.prices)) or "none at all"
            raise FleetsimError(
                f"hardware profile '{self.key}' has no {tariff} price (it has: {known}); "
                "write `tariff:` with one of them or `price:` with your own in the pool"
            )
        return self.prices[tariff].value

    def figures(self) -> tuple[tuple[str, str, str, str], ...]:
        """Every figure as (name, value in base units, source, confidence), for a report's provenance."""
        rows = [(f"peak {precision}", figure) for precision, figure in self.peak.items()]
        for group in (self.memory, self.power):
            rows += [(name, getattr(group, name)) for name in type(group).model_fields]
        for name in ("scale_up", "scale_out"):
            link = getattr(self.links, name)
            rows += [(f"{name} bandwidth_bytes_per_s", link.bandwidth_bytes_per_s)] if link else []
        rows += [("host link bytes_per_s", host)] if (host := self.links.host_bytes_per_s) else []
        rows += [(f"price {tariff} usd_per_s", price) for tariff, price in self.prices.items()]
        return tuple((name, f"{figure.value:.6g}", figure.source, figure.confidence) for name, figure in rows)
