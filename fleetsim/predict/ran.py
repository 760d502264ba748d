"""What a measurement proves by having been made: that the server had room, whatever a memory plan leaves it."""

from __future__ import annotations

import math
from dataclasses import replace

from fleetsim.hardware import Deployment
from fleetsim.hardware.memory import memory_needed
from fleetsim.hardware.precision import formats
from fleetsim.predict.deployment import Setup
from fleetsim.predict.protocol import Load

_MOST = 0.96  # of a device's memory: its driver's contexts and page tables keep the rest
_PARTS = 1000  # a share is rounded up to one of so many


def as_it_ran(made: Setup, sent: Load) -> Setup:
    """The setup with the memory that it must have had, where by the framework's default share it does not fit.

    A server gets the least share of the memory that holds weights, workspace and its clients' KV, up to what a device
    can give. A single batch has room if its weights alone have: its workspace is smaller than a server's. What cannot
    have run is left as it is, for its step table to say what is short.
    """
    deployment, said = _with_room(made, sent)
    prefill = None if made.prefill is None else as_it_ran(replace(made.prefill, notes=()), sent)
    said += prefill.notes if prefill else ()
    return replace(made, deployment=deployment, prefill=prefill, notes=(*made.notes, *dict.fromkeys(said)))


def _with_room(made: Setup, sent: Load) -> tuple[Deployment, tuple[str, ...]]:
    deployment = made.deployment
    plan = memory_needed(deployment, formats(deployment))
    least = plan.weights_bytes if sent.batched else plan.weights_bytes + plan.workspace_bytes + plan.block_bytes
    if plan.fits or least > _MOST * plan.total_bytes:
        return deployment, ()
    needed = plan.weights_bytes + plan.workspace_bytes + _kv_bytes(made, sent, plan.block_bytes)
    share = math.ceil(needed / plan.total_bytes * _PARTS) / _PARTS
    if not sent.batched:
        share = min(share, _MOST)
    said = f"takes {share:g} of the memory of {deployment.label}, by default {deployment.memory_utilisation:g}"
    if share > 1:
        said = f"{deployment.label} would need {share:g} of the memory, of which its weights alone have room"
    return replace(deployment, memory_utilisation=share), (f"{said}: as it was measured, it ran",)


def _kv_bytes(made: Setup, sent: Load, block_bytes: float) -> float:
    """KV of as many sequences as clients, at least one, on one replica."""
    tokens = float((sent.tasks.prompt_tokens + sent.tasks.output_tokens).mean())
    sequences = max(math.ceil(sent.clients / made.replicas), 1)
    return sequences * math.ceil(tokens / made.deployment.block_tokens) * block_bytes
