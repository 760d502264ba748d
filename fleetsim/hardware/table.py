"""From a deployment to its step-time table."""

from __future__ import annotations

import numpy as np

from fleetsim.catalog.hardware_profile import RooflineFit
from fleetsim.hardware.attention import attention_cost
from fleetsim.hardware.deployment import Deployment, StepTable
from fleetsim.hardware.memory import plan_memory
from fleetsim.hardware.parallel import check_ranks
from fleetsim.hardware.power import replica_power_w
from fleetsim.hardware.precision import Formats, formats
from fleetsim.hardware.roofline import roofline_cost
from fleetsim.hardware.wafer import wafer_cost


def step_table(deployment: Deployment) -> StepTable:
    """How long the steps of a deployment take and how much KV cache it has.

    Raises DoesNotFit if the model does not fit, FleetsimError for a layout or a precision that cannot be.
    """
    check_ranks(deployment)
    used = formats(deployment)
    memory = plan_memory(deployment, used)
    fit = deployment.hardware.calibration
    cost = (roofline_cost if isinstance(fit, RooflineFit) else wafer_cost)(deployment, used, fit)
    idle_w, prefill_w, decode_w = replica_power_w(deployment)
    window = attention_cost(deployment.model).window_tokens if deployment.model.kind == "decoder" else 0
    return StepTable(
        base_ns=np.maximum.accumulate(np.maximum(cost.base_ns, 1.0)),
        alpha_ns=cost.alpha_ns,
        window_alpha_ns=cost.window_alpha_ns,
        window_tokens=window,
        beta_ns=cost.beta_ns,
        kv_blocks=memory.kv_blocks,
        block_tokens=deployment.block_tokens,
        context_tokens=deployment.context_tokens,
        accelerators=deployment.accelerators,
        idle_w=idle_w,
        prefill_w=prefill_w,
        decode_w=decode_w,
        basis=deployment.hardware.basis,
        memory=memory.parts(),
        notes=_notes(deployment, used),
        sources=_sources(deployment),
    )


def _notes(deployment: Deployment, used: Formats) -> tuple[str, ...]:
    """What a reader should know before believing the table."""
    hardware, model, fit = deployment.hardware, deployment.model, deployment.hardware.calibration
    notes = [*used.notes, *(note for note in (hardware.note, model.note) if note)]
    if (deployment.max_model_len or 0) > model.context_tokens:
        notes.append(f"max_model_len is cut to the context of {model.key}: {model.context_tokens} tokens")
    if fit.basis == "data sheet":
        notes.append(
            f"{hardware.key}: step times follow from the data sheet and typical efficiencies; none was measured"
        )
    if deployment.max_num_seqs > fit.slots and model.kind == "decoder":
        notes.append(
            f"{hardware.key}: serving frameworks on it run about {fit.slots} sequences at once; "
            f"max_num_seqs {deployment.max_num_seqs} is beyond what was ever measured"
        )
    return tuple(notes)


def _sources(deployment: Deployment) -> tuple[tuple[str, str, str, str], ...]:
    """Every figure the table rests on, with its provenance."""
    hardware, model, fit = deployment.hardware, deployment.model, deployment.hardware.calibration
    parameters, told = model.parameters_billion.total, "not known"
    return (
        *((f"{hardware.key} {name}", value, source, mark) for name, value, source, mark in hardware.figures()),
        (f"{hardware.key} calibration", fit.basis, f"{fit.data} ({fit.date}); error: {fit.error or told}", "computed"),
        (f"{model.key} shapes", f"{model.layers} layers of {model.hidden}", model.source, model.confidence),
        (f"{model.key} parameters", f"{parameters.value:g} billion", parameters.source, parameters.confidence),
    )
