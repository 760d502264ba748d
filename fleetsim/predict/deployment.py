"""From a point to what was deployed: model, device, layout of ranks, precision, settings of the serving engine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from fleetsim.catalog import FrameworkProfile, HardwareProfile, ModelProfile, VendorProfile, load_hardware, load_model
from fleetsim.errors import DoesNotFit, FleetsimError
from fleetsim.hardware import Deployment, step_table
from fleetsim.predict.frameworks import Framework
from fleetsim.predict.layout import Layout, layout_of
from fleetsim.predict.names import hardware_key, model_key
from fleetsim.predict.protocol import Load
from fleetsim.predict.rows import Point

_WIDEST = 1024
_WIDER = ("int4", "fp4", "int8", "fp8", "bf16")
_ROOM = 0.25  # least KV memory, as a share of the weights, that a benchmark for throughput leaves


class NotExpressible(FleetsimError):
    """A point that cannot be simulated as it was measured; the words are the row's note."""


@dataclass(frozen=True)
class Setup:
    """What was deployed: so many replicas of one deployment."""

    deployment: Deployment
    replicas: int
    notes: tuple[str, ...] = ()
    prefill: Setup | None = None  # replicas that only prefill for these

    @property
    def accelerators(self) -> int:
        """Accelerators of all replicas."""
        return self.deployment.accelerators * self.replicas + (self.prefill.accelerators if self.prefill else 0)


Profiles = Mapping[str, HardwareProfile | FrameworkProfile | VendorProfile]
"""Profiles to take instead of the shipped ones, by key: how a fit tries another calibration."""


def setup(point: Point, framework: Framework, load: Load, override: Profiles) -> Setup:
    """What a point deployed.

    Raises NotExpressible if it cannot be simulated as it was measured, FleetsimError for an unknown name.
    """
    key = hardware_key(point.hardware)
    hardware = override[key] if key in override else load_hardware(key)
    model = load_model(model_key(point.model))
    notes = list(load.notes)
    model = model.model_copy(update={"context_tokens": max(int(model.context_tokens), load.longest_tokens)})
    precision, said = _precision(point, model, hardware)
    notes += said
    plain = Deployment(
        model,
        hardware,
        precision=precision,
        kv_precision=framework.quantised_kv if precision in ("fp8", "fp4") and "fp8" in hardware.peak else None,
        max_num_seqs=load.max_num_seqs,
        max_num_batched_tokens=load.max_num_batched_tokens,
        block_tokens=framework.block_tokens,
        memory_utilisation=framework.memory_utilisation,
        max_model_len=load.longest_tokens,
        framework=framework.profile,
        speculation=framework.speculation,
        streamed=load.request_s > 0,
    )
    if plan := framework.speculation:
        notes.append(f"taken to speculate: {plan.draft_tokens} drafted, {plan.accepted:g} accepted")
    if point.mode != "agg":
        decode, prefill = _side(plain, point.decode_cfg), _side(plain, point.prefill_cfg)
        ranks = prefill.deployment.dp  # each has a budget of its own, and reads whole prompts
        budget = plain.max_num_batched_tokens * ranks
        whole = round(float(load.tasks.prompt_tokens.mean())) if ranks > 1 else 0
        own = replace(prefill.deployment, max_num_batched_tokens=budget, whole_prompt_tokens=whole)
        return Setup(decode.deployment, decode.replicas, tuple(notes), replace(prefill, deployment=own))
    deployment, replicas, said = _laid_out(plain, layout_of(point))
    return Setup(deployment, replicas, tuple(notes + said))


def _side(plain: Deployment, given: str) -> Setup:
    """Prefill or decode replicas from their settings (`workers=4.0;tp=1.0;dp=8.0;moe_tp=1.0;moe_ep=8.0;bs=1.0`)."""
    figures = {name: float(value) for name, _, value in (part.partition("=") for part in given.split(";")) if value}
    if not figures.get("workers", float("nan")) >= 1:
        raise NotExpressible("disaggregated: how many prefill and decode workers there were is not given")
    tp, dp, ep = (max(1, int(figures.get(name, 1))) for name in ("tp", "dp", "moe_ep"))
    return Setup(replace(plain, tp=tp, dp=dp, ep=min(ep, tp * dp)), int(figures["workers"]))


def _precision(point: Point, model: ModelProfile, hardware: HardwareProfile) -> tuple[str | None, list[str]]:
    """The precision of the weights, and what had to be taken for granted about it."""
    given = point.precision.lower()
    if weights := re.search(r"w:(\w+)", given):
        given = weights[1]
    for pattern, precision in (
        (r"^(?:fp16|f16|bf16|half)$", "bf16"),
        (r"^(?:fp8|e4m3)", "fp8"),
        (r"^(?:fp4|nvfp4|mxfp4)", "fp4"),
        (r"^(?:int8|w8|q8)", "int8"),
        (r"^(?:int4|w4|q4|awq|gptq)", "int4"),
    ):
        if re.search(pattern, given):
            if precision == "fp8" and model.precision == "fp4":
                return "fp4", ["published in fp4: fp8 is what its activations are in"]
            return precision, []
    if match := re.search(r"(?:nv|mx)?(fp4|fp8)", point.model.lower()):
        return match[1], []
    if "see system" in given:  # MLPerf: every submitter takes the fastest weights that keep the accuracy
        usable = [p for p in ("fp4", "fp8", "int8", "bf16") if p in hardware.peak]
        precision = "int4" if hardware.kind == "edge" else usable[0]
        return precision, [f"precision not given: {precision}, the fastest of the device"]
    if not given or "unspecified" in given or "default" in given:
        return _as_published(model, hardware)
    raise NotExpressible(f"precision {point.precision!r} is not one that is simulated")


def _as_published(model: ModelProfile, hardware: HardwareProfile) -> tuple[str | None, list[str]]:
    """None for the published precision, or the next wider one that the device can keep."""
    wider = _WIDER[_WIDER.index(model.precision) :]
    able = next(p for p in wider if p in hardware.peak or p in hardware.weights_only)
    if able == model.precision:
        return None, [f"precision not given: {able}, as published"]
    return able, [f"precision not given: {able}, as the device cannot keep the {model.precision} it is published in"]


def _laid_out(plain: Deployment, layout: Layout) -> tuple[Deployment, int, list[str]]:
    """The deployment with its ranks, and how many replicas of it there are."""
    if layout.tp is None:
        return _fewest_ranks(plain, layout.n)
    moe, dp, replicas = plain.model.moe is not None, layout.dp, layout.replicas
    if not moe and dp > 1:  # without experts, data parallelism is nothing but more replicas
        replicas, dp = replicas * dp, 1
    laid = replace(plain, tp=layout.tp, pp=layout.pp, dp=dp, ep=layout.ep if moe else 1)
    return laid, replicas, list(layout.notes)


def _fewest_ranks(plain: Deployment, n: int | None) -> tuple[Deployment, int, list[str]]:
    """Replicas of the fewest ranks on which the model fits, on `n` accelerators or as many as it takes."""
    for ranks in (2**k for k in range(_WIDEST.bit_length())):
        if n is not None and (ranks > n or n % ranks):
            continue
        for deployment in _ways(plain, ranks):
            if _fits(deployment):
                replicas = 1 if n is None else n // ranks
                said = (
                    f"layout not given: {replicas} of tp {deployment.tp}, pp {deployment.pp}, the fewest ranks it fits"
                )
                return deployment, replicas, [said] if ranks > 1 or replicas > 1 else []
    if n is not None:
        return replace(plain, tp=n), 1, []
    step_table(plain)  # says what is short
    raise NotExpressible("no layout was found on which the model fits")


def _ways(plain: Deployment, ranks: int) -> list[Deployment]:
    """How a model is cut over so many ranks: its tensors where there is a fabric for all-reduces, else its layers."""
    tensor, piped = replace(plain, tp=ranks), replace(plain, pp=ranks)
    if plain.hardware.kind != "wafer" and not _only_a_bus(plain.hardware) and plain.model.attention.heads % ranks == 0:
        return [tensor]
    return [piped] if ranks <= plain.model.layers else []


def _only_a_bus(hardware: HardwareProfile) -> bool:
    """Whether accelerators reach each other by their host's bus alone, as cards without a bridge do."""
    near, host = hardware.links.scale_up, hardware.links.host_bytes_per_s
    return bool(near and host and near.bandwidth_bytes_per_s.value <= host.value)


def _fits(deployment: Deployment) -> bool:
    """Whether weights leave enough room for a batch worth running."""
    try:
        memory = step_table(deployment).memory
    except DoesNotFit:
        return False
    return memory["kv_bytes"] >= _ROOM * memory["weights_bytes"] or deployment.max_num_seqs == 1
