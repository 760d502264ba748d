"""The framework profile: how a serving framework schedules, and what it adds to a device's step times."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from fleetsim.catalog.figures import Confidence
from fleetsim.catalog.hardware_profile import Fit
from fleetsim.scenario.fields import Count, Duration, Fraction, Model, Name, Text

Factor = Annotated[float, Field(gt=0, le=100)]


class Scheduling(Model):
    """The settings a framework runs with unless told otherwise."""

    source: Text = Field(min_length=1, description="where the defaults were read")
    confidence: Confidence
    scheduler: Literal["chunked", "prefill_first", "static"] = Field(description="as a pool's `scheduler`")
    max_num_seqs: Count
    max_num_batched_tokens: Count = Field(description="per data-parallel rank")
    block_tokens: Count = 16
    memory_utilisation: Fraction = Field(description="share of the memory it takes")
    host_embedding: bool = Field(
        False, description="whether the input embedding stays in the host's memory, where its rows are looked up"
    )
    quantised_kv: Literal["bf16", "fp8"] = Field("bf16", description="KV precision with weights of 8 bits or less")
    quantised_head: Literal["bf16", "int8"] = Field(
        "bf16", description="precision of the output embedding with weights of 4 bits"
    )


class FrameworkFit(Fit):
    """What a framework's host code and kernels add to, or take from, the step times its device is calibrated to."""

    step_overhead_s: Duration = Field(alias="step_overhead", description="scheduler, sampling, launch: per step")
    sequence_overhead_s: Duration = Field(alias="sequence_overhead", description="the same per sequence of the step")
    stream_overhead_s: Duration = Field(
        0.0, alias="stream_overhead", description="more per sequence and step where a server sends every token"
    )
    request_overhead_s: Duration = Field(
        alias="request_overhead", description="from the client to the queue: connection, tokenisation, hand-over"
    )
    client_overhead_s: Duration = Field(
        0.0, alias="client_overhead", description="more of it for each client that is being sent tokens meanwhile"
    )
    launch_factor: Factor = Field(description="its layer latencies over the device's")
    expert_factor: Factor = Field(1.0, description="its time in expert products over the device's")
    expert_fp4_factor: Factor = Field(1.0, description="the same where the device computes in fp4")
    expert_compute_factor: Factor = Field(
        1.0, description="its time in the arithmetic of expert products over that of dense ones, where that decides"
    )
    matmul_factor: Factor = Field(1.0, description="its time in dense matrix products over the device's")
    kv_factor: Factor = Field(1.0, description="its time in reading KV over the device's")
    collective_factor: Factor = Field(1.0, description="its collectives' latency over the device's")
    compute_factor: Factor = Field(1.0, description="its time in the arithmetic of products over the device's")
    attention_factor: Factor = Field(1.0, description="its time in prefill attention over the device's")
    captured_tokens: Annotated[int, Field(ge=0, strict=True)] = Field(
        0, description="largest step replayed as a captured graph; sizes below are padded to the next captured one"
    )
    eager_layer_s: Duration = Field(
        0.0, alias="eager_layer", description="more time a dense layer takes in larger steps, launched kernel by kernel"
    )


class FrameworkProfile(Model):
    """One serving framework."""

    key: Name = Field("profile", description="the file's stem: the name scenarios use", exclude=True)
    name: Text = Field(min_length=1)
    note: Text = ""
    scheduling: Scheduling
    calibration: FrameworkFit
