"""Whether a model fits its accelerators, and how much KV cache is left."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fleetsim import tables
from fleetsim.catalog.hardware_profile import RooflineFit
from fleetsim.errors import DoesNotFit, FleetsimError
from fleetsim.hardware.attention import attention_cost
from fleetsim.hardware.deployment import Deployment
from fleetsim.hardware.precision import Formats, formats
from fleetsim.hardware.shapes import shapes

_GB = 1e9
_RANKS_TRIED = (2, 4, 8, 16, 32, 64)


@dataclass(frozen=True)
class MemoryPlan:
    """Where the memory of all accelerators of a replica goes, in bytes."""

    weights_bytes: float  # without those in the memory of hosts
    host_bytes: float
    workspace_bytes: float
    block_bytes: float  # of one KV block; 0 for an encoder
    usable_bytes: float  # what the engine may use of all the memory there is
    total_bytes: float

    @property
    def kv_bytes(self) -> float:
        """What is left for KV cache; negative if the model does not fit."""
        return self.usable_bytes - self.weights_bytes - self.workspace_bytes

    @property
    def kv_blocks(self) -> int:
        """Blocks of KV cache; unlimited for an encoder, which keeps none."""
        return int(self.kv_bytes // self.block_bytes) if self.block_bytes else tables.UNLIMITED_BLOCKS

    @property
    def fits(self) -> bool:
        """Whether weights, workspace and at least one block of KV cache have room."""
        return self.kv_bytes >= max(self.block_bytes, 0.0)

    def parts(self) -> dict[str, float]:
        """The bytes by name, for a report."""
        return {
            "weights_bytes": self.weights_bytes,
            **({"host_bytes": self.host_bytes} if self.host_bytes else {}),
            "workspace_bytes": self.workspace_bytes,
            "kv_bytes": self.kv_bytes if self.block_bytes else 0.0,
            "total_bytes": self.total_bytes,
        }


def plan_memory(deployment: Deployment, used: Formats) -> MemoryPlan:
    """The memory plan of a deployment.

    KV cache is what is left of memory * utilisation after weights, workspace and the runtime's own memory. Layers
    with a sliding window are counted in full, as an engine with one block table for all layers does.
    Raises DoesNotFit, with the GB needed and the GB there are, if not even one block is left.
    """
    plan = memory_needed(deployment, used)
    if not plan.fits:
        raise DoesNotFit(_what_is_short(deployment, used, plan))
    return plan


def memory_needed(deployment: Deployment, used: Formats) -> MemoryPlan:
    """The memory plan of a deployment, whether it fits or not."""
    total = deployment.hardware.memory.capacity_bytes.value * deployment.accelerators
    weights = _weights_bytes(deployment, used)
    offloaded = host_share(deployment, used) * weights
    return MemoryPlan(
        weights_bytes=weights - offloaded,
        host_bytes=offloaded + _host_embedding_bytes(deployment, used),
        workspace_bytes=_workspace_bytes(deployment),
        block_bytes=_block_bytes(deployment, used),
        usable_bytes=total * deployment.memory_utilisation,
        total_bytes=total,
    )


def host_share(deployment: Deployment, used: Formats) -> float:
    """Share of the weights that lies in the memory of hosts.

    Raises FleetsimError if it is more than there are, or the device has no link to a host's memory.
    """
    if not deployment.cpu_offload_bytes:
        return 0.0
    weights = _weights_bytes(deployment, used) / deployment.accelerators
    asked = f"{deployment.label}: cpu_offload of {deployment.cpu_offload_bytes / _GB:.1f} GB"
    if deployment.hardware.links.host_bytes_per_s is None:
        raise FleetsimError(f"{asked} needs a link to the host; write `host:` under `links:` of its hardware profile")
    if deployment.cpu_offload_bytes > weights:
        raise FleetsimError(f"{asked} is more than the {weights / _GB:.1f} GB of weights an accelerator has")
    return deployment.cpu_offload_bytes / weights


def _weights_bytes(deployment: Deployment, used: Formats) -> float:
    """Bytes of the weights on all accelerators: dense ones once for every data-parallel rank, experts once.

    Without an input embedding that stays with the host.
    """
    parts, moe = shapes(deployment.model), deployment.model.moe
    experts = parts.moe_layers * parts.expert_parameters * moe.experts if moe else 0
    dense = parts.layer_parameters
    rest = max(parts.total_parameters - experts - dense, 0)
    dense_bytes = dense * used.dense.weight_bytes + rest * used.head.weight_bytes
    on_all = dense_bytes * deployment.dp + experts * used.experts.weight_bytes
    return on_all - _host_embedding_bytes(deployment, used)


def _host_embedding_bytes(deployment: Deployment, used: Formats) -> float:
    """Bytes of an input embedding that the framework leaves with the host; none is left if it is the output's too."""
    model, framework = deployment.model, deployment.framework
    apart = framework is not None and framework.scheduling.host_embedding and deployment.hardware.links.host_bytes_per_s
    if not apart or model.tied_embeddings:
        return 0.0
    return model.vocabulary * model.hidden * used.head.weight_bytes


def _workspace_bytes(deployment: Deployment) -> float:
    """Activations of the largest step, logits, and what the runtime takes, on all accelerators.

    A wafer streams tokens through its layers and needs none of it.
    """
    model, fit = deployment.model, deployment.hardware.calibration
    if not isinstance(fit, RooflineFit):
        return 0.0
    width = model.moe.intermediate * model.moe.active if model.moe else model.mlp.intermediate
    activations = deployment.max_num_batched_tokens * (4 * model.hidden + 2 * width / deployment.tp) * 2
    logits = min(deployment.max_num_seqs, deployment.max_num_batched_tokens) * model.vocabulary * 4 / deployment.tp
    return (activations + logits * (model.kind == "decoder") + fit.other_bytes) * deployment.accelerators


def _block_bytes(deployment: Deployment, used: Formats) -> float:
    """Bytes of one KV block on all accelerators; where KV heads are fewer than ranks, each is kept several times."""
    if deployment.model.kind == "encoder":
        return 0.0
    cost = attention_cost(deployment.model)
    copies = deployment.tp / min(deployment.tp, cost.kv_shards)
    return cost.kv_bytes_per_token(used.kv_bytes) * copies * deployment.block_tokens


def kv_bytes_per_token(deployment: Deployment) -> float:
    """Bytes of one token's KV, each head once: what travels when another replica goes on with a sequence."""
    if deployment.model.kind == "encoder":
        return 0.0
    return attention_cost(deployment.model).kv_bytes_per_token(formats(deployment).kv_bytes)


def _what_is_short(deployment: Deployment, used: Formats, plan: MemoryPlan) -> str:
    needed = plan.weights_bytes + plan.workspace_bytes + plan.block_bytes
    capacity = deployment.hardware.memory.capacity_bytes.value
    return (
        f"{deployment.label} does not fit: {needed / _GB:.1f} GB needed "
        f"({plan.weights_bytes / _GB:.1f} GB weights in {used.experts.stored}, "
        f"{plan.workspace_bytes / _GB:.1f} GB workspace) and {plan.usable_bytes / _GB:.1f} GB there "
        f"({deployment.accelerators} x {capacity / _GB:.1f} GB x memory_utilisation "
        f"{deployment.memory_utilisation:g}); {_what_to_try(deployment, used)}"
    )


def _what_to_try(deployment: Deployment, used: Formats) -> str:
    """The least tp, else pp, that would fit; else what is left to change."""
    model = deployment.model
    wider = [("tp", n) for n in _RANKS_TRIED if n > deployment.tp and model.attention.heads % n == 0]
    deeper = [("pp", n) for n in _RANKS_TRIED if deployment.pp < n <= model.layers]
    for way, ranks in wider + deeper:
        other = replace(deployment, **{way: ranks})
        if other.accelerators <= deployment.hardware.reach and memory_needed(other, used).fits:
            return f"{way} {ranks} would fit, or a smaller precision"
    return "write a smaller precision, a smaller model or a device with more memory"
