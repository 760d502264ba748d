"""In which precision weights are stored, and in which they are multiplied."""

from __future__ import annotations

from dataclasses import dataclass

from fleetsim.catalog import HardwareProfile
from fleetsim.errors import FleetsimError
from fleetsim.hardware.deployment import Deployment
from fleetsim.registry import unknown

WEIGHT_BYTES = {"bf16": 2.0, "fp8": 1.0, "int8": 1.0, "int4": 0.5625, "fp4": 0.5625}
"""Bytes of a weight. The 4-bit formats carry half a bit of scales: 16 bits each 32..128 weights, 8 bits each 16."""

KV_BYTES = {"bf16": 2.0, "fp8": 1.0, "int8": 1.0}
"""Bytes of an element of KV cache."""


@dataclass(frozen=True)
class Format:
    """How a group of weights is kept and used."""

    stored: str
    computed: str  # the peak that applies
    weight_bytes: float


@dataclass(frozen=True)
class Formats:
    """The formats of a deployment's weights and the size of a KV element."""

    dense: Format
    experts: Format
    head: Format
    kv_bytes: float
    notes: tuple[str, ...]


def formats(deployment: Deployment) -> Formats:
    """The formats a deployment runs in.

    fp4 on a mixture of experts means its experts: published fp4 checkpoints leave attention in fp8 or bf16.
    Raises FleetsimError for a precision that is unknown or that the device cannot run.
    """
    hardware, model = deployment.hardware, deployment.model
    precision = deployment.precision or model.precision
    experts = _format(hardware, precision)
    dense = experts
    if model.moe and precision == "fp4":
        dense = _format(hardware, model.precision if model.precision != "fp4" else "bf16")
    kv = deployment.kv_precision or "bf16"
    if kv not in KV_BYTES:
        raise FleetsimError(unknown("KV precision", kv, KV_BYTES))
    notes = []
    if experts.stored != experts.computed:
        notes.append(f"{experts.stored} weights are widened to {experts.computed} as they are read")
    return Formats(dense, experts, _head(deployment, precision), KV_BYTES[kv], tuple(notes))


def _head(deployment: Deployment, precision: str) -> Format:
    """The output embedding: bf16, but 6 to 8 bits in 4-bit files of llama.cpp, which hosts and edge devices run."""
    hardware, framework = deployment.hardware, deployment.framework
    quantised = framework is not None and framework.scheduling.quantised_head == "int8"
    if precision in ("int4", "fp4") and (quantised or hardware.kind in ("cpu", "edge")):
        return Format("int8", "bf16", WEIGHT_BYTES["int8"])
    return _format(hardware, "bf16")


def _format(hardware: HardwareProfile, precision: str) -> Format:
    if precision not in WEIGHT_BYTES:
        raise FleetsimError(unknown("precision", precision, WEIGHT_BYTES))
    if precision in hardware.peak:
        return Format(precision, precision, WEIGHT_BYTES[precision])
    if precision in hardware.weights_only:
        return Format(precision, "bf16", WEIGHT_BYTES[precision])
    able = sorted(set(hardware.peak) | set(hardware.weights_only))
    raise FleetsimError(
        f"{hardware.key} cannot compute in {precision}: its data sheet has no {precision} peak and weights stored "
        f"in it are not supported; write `precision:` {' or '.join(able)}"
    )
