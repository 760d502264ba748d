"""The scenario language: every key, its type, default and meaning.

Closed: an unknown key is a fault. The keys of the file are the aliases; the attributes carry units. What one
field alone cannot tell (names that must exist, shares that must add up) is in `check.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal, Union

from pydantic import Discriminator, Field, Strict, Tag

from fleetsim import units
from fleetsim.scenario.capacity import Capacity
from fleetsim.scenario.changing import Change
from fleetsim.scenario.families import ARRIVALS, WORKFLOWS
from fleetsim.scenario.fields import (
    Bytes,
    Count,
    Duration,
    Fraction,
    Model,
    Name,
    Positive,
    PositiveDuration,
    PositiveFraction,
    PriceRate,
    Text,
    Tokens,
    quantity,
)
from fleetsim.scenario.length import Length
from fleetsim.scenario.quality import Accuracy, QualitySettings
from fleetsim.scenario.rented import Endpoint, Outage, RandomOutages
from fleetsim.scenario.rules import BalancerChoice, Balancing, Ordering, QueueOrderChoice
from fleetsim.scenario.serving import PrefillSide, Speculation, Steps
from fleetsim.scenario.site import Site

Arrivals = Annotated[Union[tuple(ARRIVALS.values())], Field(discriminator="kind")]  # noqa: UP007
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
    arrivals: Arrivals | None = Field(None, description="its own arrivals, instead of a share of the common ones")
    priority: Annotated[int, Strict(), Field(ge=-1000, le=1000)] = Field(
        0, description="the higher, the more urgent, where a pool's queue_order is priority"
    )
    domains: dict[Name, Positive] = Field({"general": 1.0}, description="subjects and their weights", min_length=1)
    sizes: dict[Name, Tokens] | None = Field(
        None,
        description="size -> longest prompt of that size, rising: the domain is the task's size, for workflow by_size",
        min_length=1,
    )
    prompt: Length | None = Field(None, description="law of the prompt length; left out for a trace that has its own")
    output: Length | None = Field(None, description="law of the answer length; left out for a trace that has its own")
    slo: Targets | None = Field(None, description="targets, or the name of a preset such as 'mlperf/llama3.1-8b'")

    @property
    def subjects(self) -> tuple[str, ...]:
        """The domains that its tasks have: those written, or its sizes."""
        return tuple(self.sizes or self.domains)


class Workload(Model):
    """What arrives."""

    arrivals: Arrivals | None = Field(None, description="arrivals common to all classes without their own")
    classes: dict[Name, TaskClass] = Field(min_length=1)
    attainment_goal: PositiveFraction | None = Field(
        None,
        description="slo_attainment that is good enough for reports; by default what `capacity` asks of all, else 99 %",
    )

    @property
    def subjects(self) -> tuple[str, ...]:
        """The domains that tasks of any class have, each once: their order is that of every table by domain."""
        return tuple(dict.fromkeys(subject for task_class in self.classes.values() for subject in task_class.subjects))


class Pool(Model):
    """Replicas alike in model, hardware and role. Either model and hardware, or steps."""

    model: Text | None = Field(None, description="a model profile: see `fleetsim list models`, or a .yaml file")
    hardware: Text | None = Field(None, description="a hardware profile: see `fleetsim list hardware`, or a .yaml file")
    steps: Steps | None = Field(None, description="a step-time table, instead of model and hardware")
    endpoint: Endpoint | None = Field(None, description="a rented endpoint, instead of machines of one's own")
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
    queue_order: Ordering = Field(
        QueueOrderChoice(kind="first_come"), description="which of the calls that wait at a replica goes first"
    )
    speculation: Speculation | None = Field(None, description="decode steps that propose and check several tokens")
    block_tokens: Count = Field(16, alias="block_size", description="tokens of a KV block")
    memory_utilisation: Fraction = Field(0.9, description="share of the memory the engine may use")
    cpu_offload: Bytes | None = Field(None, description="weights kept in the host's memory, per accelerator")
    max_model_len: Tokens | None = Field(None, description="longest prompt plus answer; the model's own by default")
    prefix_caching: bool = Field(
        False,
        description="whether KV of conversations stays until its blocks are needed",
    )
    balancer: Balancing = Field(BalancerChoice(kind="least_outstanding"), description="which replica gets a call")
    outages: list[Outage] = Field([], description="times in which it refuses all calls", max_length=10_000)
    random_outages: RandomOutages | None = Field(None, description="outages at random, beside those listed")
    network_s: Duration = Field(0.0, alias="network", description="network delay between client and pool, one way")
    region: Name | None = Field(None, description="one of `site.regions`: its prices, network delay and grid")
    prefill: PrefillSide | None = Field(
        None, description="replicas that prefill for this pool, which then only decodes (disaggregated serving)"
    )
    judged_as: Name | None = Field(
        None, description="the model of `quality` whose answers it gives; its `model`, or else its own name, by default"
    )
    accuracy: Accuracy | None = Field(
        None, description="share of its answers that are right, or domain -> share: of a fine-tuned model, or `steps`"
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
    changes: list[Change] = Field([], description="what changes during the run", max_length=1000)

    def changed_pools(self) -> dict[str, Pool]:
        """The pools as changes make them: `chat@0` is pool `chat` after the first change of the list."""
        return {
            f"{change.pool}@{number}": self.pools[change.pool].model_copy(update=change.to.given())
            for number, change in enumerate(self.changes)
            if change.pool in self.pools
        }


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
    quality: QualitySettings | None = Field(None, description="how right the models' answers are; left out: not judged")
    workload: Workload
    architectures: dict[Name, Architecture] = Field(min_length=1)
    vary: dict[Text, Annotated[list[Any], Field(min_length=1)]] = Field(
        {}, description="dotted path -> values: run every combination"
    )
    capacity: Capacity | None = Field(None, description="what `fleetsim capacity` searches, for which limits")
