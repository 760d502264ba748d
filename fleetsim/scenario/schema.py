"""The scenario language: every key, its type, default and meaning.

Closed: an unknown key is a fault. The keys of the file are the aliases; the attributes carry units. What one
field alone cannot tell (names that must exist, shares that must add up) is in `check.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal, Union

from pydantic import BeforeValidator, Discriminator, Field, Strict, Tag

from fleetsim import units
from fleetsim.scenario.families import ARRIVALS, LENGTHS, WORKFLOWS
from fleetsim.scenario.fields import (
    Bandwidth,
    Bytes,
    Carbon,
    Count,
    Duration,
    Fraction,
    Model,
    Name,
    Positive,
    PositiveDuration,
    Power,
    PriceRate,
    Text,
    Tokens,
    quantity,
)


def _fixed_length(value: Any) -> Any:
    """`prompt: 512 tokens` is short for `prompt: {kind: fixed, tokens: 512 tokens}`."""
    return {"kind": "fixed", "tokens": value} if isinstance(value, int | float | str) else value


def _named_rule(value: Any) -> Any:
    """`balancer: random` is short for `balancer: {kind: random}`."""
    return {"kind": value} if isinstance(value, str) else value


Arrivals = Annotated[Union[tuple(ARRIVALS.values())], Field(discriminator="kind")]  # noqa: UP007
_Law = Annotated[Union[tuple(LENGTHS.values())], Field(discriminator="kind")]  # noqa: UP007
Length = Annotated[_Law, BeforeValidator(_fixed_length, json_schema_input_type=_Law | float | str)]
Workflow = Annotated[Union[tuple(WORKFLOWS.values())], Field(discriminator="kind")]  # noqa: UP007

_DurationOrAuto = quantity(replace(units.DURATION, examples=f"{units.DURATION.examples}, or auto"))
WarmUp = Annotated[
    Annotated[_DurationOrAuto, Tag("duration")] | Annotated[Literal["auto"], Tag("auto")],
    Discriminator(lambda value: "auto" if value == "auto" else "duration"),
]


class Slo(Model):
    """Targets of a task class; a task is good if it meets all of them."""

    ttft_s: PositiveDuration | None = Field(None, alias="ttft", description="time to first token, seen by the client")
    tpot_s: PositiveDuration | None = Field(None, alias="tpot", description="time per output token after the first")
    e2e_s: PositiveDuration | None = Field(None, alias="e2e", description="time to the last token")


Targets = Annotated[
    Annotated[Slo, Tag("targets")] | Annotated[Name, Tag("preset")],
    Discriminator(lambda value: "preset" if isinstance(value, str) else "targets"),
]


class TaskClass(Model):
    """Tasks of one kind: how many, how long, about what, with which targets."""

    share: Positive = Field(1.0, description="weight among the classes that share `workload.arrivals`")
    arrivals: Arrivals | None = Field(
        None, description="the class's own arrivals, instead of a share of the common ones"
    )
    domains: dict[Name, Positive] = Field({"general": 1.0}, description="subjects and their weights", min_length=1)
    prompt: Length | None = Field(None, description="law of the prompt length; left out for a trace that has its own")
    output: Length | None = Field(None, description="law of the answer length; left out for a trace that has its own")
    slo: Targets | None = Field(None, description="targets, or the name of a preset such as 'mlperf/llama3.1-8b'")


class Workload(Model):
    """What arrives."""

    arrivals: Arrivals | None = Field(None, description="arrivals common to all classes without their own")
    classes: dict[Name, TaskClass] = Field(min_length=1)


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
    idle_w: Power = Field(0.0, alias="idle_power", description="power of an idle replica")
    prefill_w: Power = Field(0.0, alias="prefill_power", description="power of a replica in steps with prefill")
    decode_w: Power = Field(0.0, alias="decode_power", description="power of a replica in other steps")


class BalancerChoice(Model):
    """A balancer by name, with its knobs."""

    model_config = Model.model_config | {"extra": "allow"}  # the knobs: check.py holds them to the rule's own list

    kind: Name = Field(description="see `fleetsim list balancers`")


Balancing = Annotated[BalancerChoice, BeforeValidator(_named_rule, json_schema_input_type=BalancerChoice | Name)]


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
    balancer: Annotated[BalancerChoice, BeforeValidator(_named_rule)] = Field(
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


class Pool(Model):
    """Replicas alike in model, hardware and role. Either model and hardware, or steps."""

    model: Text | None = Field(None, description="a model profile: see `fleetsim list models`, or a .yaml file")
    hardware: Text | None = Field(None, description="a hardware profile: see `fleetsim list hardware`, or a .yaml file")
    steps: Steps | None = Field(None, description="a step-time table, instead of model and hardware")
    framework: Text | None = Field(None, description="a framework profile, such as vllm; a typical one by default")
    replicas: Count = Field(1, description="model copies")
    tp: Count = Field(1, description="tensor-parallel accelerators per model copy")
    pp: Count = Field(1, description="pipeline stages per model copy")
    ep: Count = Field(1, description="ranks over which experts are sharded (at most tp*dp)")
    dp: Count = Field(1, description="attention data-parallel ranks per model copy")
    precision: Name | None = Field(
        None, description="bf16, fp8, int8, int4 (weights only), fp4; the model's own by default"
    )
    kv_precision: Name | None = Field(None, description="bf16, fp8, int8; follows the model by default")
    max_num_seqs: Count = Field(256, description="sequences a replica runs at once")
    max_num_batched_tokens: Count = Field(8192, description="token budget of a step")
    scheduler: Literal["chunked", "prefill_first", "static"] = Field(
        "chunked",
        description="chunked: chunks of prompts join decode steps; prefill_first: prompts have steps of their own, "
        "ahead of decode; static: a batch is prefilled and decoded to its end before the next begins",
    )
    speculation: Speculation | None = Field(None, description="decode steps that propose and check several tokens")
    block_tokens: Count = Field(16, alias="block_size", description="tokens of a KV block")
    memory_utilisation: Fraction = Field(0.9, description="share of the memory the engine may use")
    max_model_len: Tokens | None = Field(None, description="longest prompt plus answer; the model's own by default")
    balancer: Balancing = Field(BalancerChoice(kind="least_outstanding"), description="which replica gets a call")
    network_s: Duration = Field(0.0, alias="network", description="network delay between client and pool, one way")
    prefill: PrefillSide | None = Field(
        None, description="replicas that prefill for this pool, which then only decodes (disaggregated serving)"
    )
    price_usd_per_s: PriceRate | None = Field(
        None, alias="price", description="per accelerator and time (per replica with `steps`), instead of the profile's"
    )
    tariff: Literal["on_demand", "spot", "reserved"] = Field("on_demand", description="which of the profile's prices")

    def prefill_pool(self) -> Pool:
        """The prefill side as a pool of its own: what it leaves out is as in this one."""
        given = {name: getattr(self.prefill, name) for name in type(self.prefill).model_fields if name != "transfer"}
        own = {name: value for name, value in given.items() if value is not None}
        return self.model_copy(update=own | {"prefill": None, "speculation": None})


class Architecture(Model):
    """One alternative: pools and the workflow that uses them."""

    description: Text = Field("", description="a sentence for the report")
    pools: dict[Name, Pool] = Field(min_length=1)
    workflow: Workflow


class Site(Model):
    """Where the fleet stands: what a joule costs the planet."""

    pue: Annotated[float, Strict(), Field(ge=1, le=5)] = Field(1.2, description="power usage effectiveness")
    carbon_g_per_kwh: Carbon = Field(350.0, alias="carbon", description="grams of CO2 per kWh of the grid")


class Scenario(Model):
    """A question with its workload and the architectures that compete for the answer."""

    name: Name
    question: Text = Field("", description="what the scenario is to answer")
    extends: Text | None = Field(
        None, description="a scenario beside this one whose keys are taken where not given here"
    )
    seed: Annotated[int, Field(ge=0, lt=2**63, strict=True)] = Field(0, description="all luck follows from it")
    horizon_s: PositiveDuration = Field(alias="horizon", description="tasks arrive until then")
    warm_up_s: WarmUp = Field("auto", alias="warm_up", description="left out of the figures; auto: found by MSER-5")
    drain_s: Duration = Field(300.0, alias="drain", description="time after the horizon for accepted work to finish")
    samples: Count = Field(240, description="points of the timeline")
    replications: Count = Field(1, description="independent runs, for intervals")
    site: Site = Site()
    workload: Workload
    architectures: dict[Name, Architecture] = Field(min_length=1)
    vary: dict[Text, Annotated[list[Any], Field(min_length=1)]] = Field(
        {}, description="dotted path -> values: run every combination"
    )
