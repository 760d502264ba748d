"""Step times of devices that read their weights from memory in every step: GPUs, TPUs, CPUs, edge devices.

One tensor-parallel rank of one pipeline stage is followed through all layers; all other ranks do the same at the same
time, except the busiest expert-parallel rank, for which they wait.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from fleetsim.catalog.hardware_profile import RooflineFit
from fleetsim.catalog.model_profile import ModelProfile
from fleetsim.hardware.attention import attention_cost
from fleetsim.hardware.collectives import Fabric
from fleetsim.hardware.deployment import Deployment
from fleetsim.hardware.host import Host, host_of
from fleetsim.hardware.memory import host_share
from fleetsim.hardware.moe import busiest_share, experts_touched
from fleetsim.hardware.operators import Device
from fleetsim.hardware.precision import Formats
from fleetsim.hardware.shapes import Shapes, shapes

_NS = 1e9
_EXPERT_BLOCKS, _SPECIAL_BLOCKS = 1.0, 2.0  # launches of such a layer over those of a dense one with grouped attention
_DISPATCH_BYTES = 3  # per hidden unit: out in fp8, back in bf16 (DeepEP)


@dataclass(frozen=True)
class StepCost:
    """The step-time coefficients, in ns."""

    base_ns: np.ndarray
    alpha_ns: float
    window_alpha_ns: float
    beta_ns: float


def roofline_cost(
    deployment: Deployment, used: Formats, fit: RooflineFit, tokens: np.ndarray | None = None
) -> StepCost:
    """The step-time coefficients of a deployment on a roofline device.

    `tokens` are the step sizes to tabulate: float64, all from 0 to max_num_batched_tokens if None.

    With speculation a decode step checks draft_tokens more tokens a sequence and gives 1 + accepted of them: its
    cost is shared among those, so a table entry is still the time per token, and the gain fades as steps fill the
    device. Tokens beyond max_num_seqs are those of prompts, of which such a share of a step computes only a share. A
    step of n tokens runs as up to pp micro-batches; in a full pipeline a token's round trip is pp stages,
    plus the part of the fill that other micro-batches do not hide.
    """
    if tokens is None:
        tokens = np.arange(deployment.max_num_batched_tokens + 1, dtype=float)
    rank = _Rank(deployment, used, fit, host_of(deployment, fit))
    base = _base(rank, tokens)
    alpha, window_alpha, beta = rank.attention()
    if (plan := deployment.speculation) is not None:
        gain = deployment.tokens_per_step
        host = replace(rank.host, captured_tokens=rank.host.captured_tokens * (plan.draft_tokens + 1))
        decoding = np.minimum(tokens, deployment.max_num_seqs)
        checked = _base(
            _Rank(deployment, used, fit, host),
            decoding * (plan.draft_tokens + 1) + np.ceil((tokens - decoding) * gain),
        )
        base = (checked + plan.draft_tokens * plan.draft_cost * _base(rank, decoding)) / gain
        alpha, window_alpha = alpha / gain, window_alpha / gain
    return StepCost(base * _NS, alpha * _NS, window_alpha * _NS, beta * _NS)


def _base(rank: _Rank, tokens: np.ndarray) -> np.ndarray:
    """Seconds of steps of `tokens` tokens without the attention that depends on context."""
    deployment, host = rank.deployment, rank.host
    micro = np.ceil(host.padded(tokens) / deployment.pp)
    stages = deployment.pp + rank.fit.pipeline_bubble * (np.minimum(deployment.pp, np.maximum(tokens, 1)) - 1)
    layers = rank.layers(micro) / deployment.pp + rank.handover(micro)
    layers = host.launched(tokens, layers, _blocks(deployment.model) / deployment.pp)
    # Every data-parallel rank has a scheduler for its own sequences.
    overhead = host.overhead(np.ceil(tokens / deployment.dp), math.ceil(deployment.max_num_seqs / deployment.dp))
    prefill = rank.window_prefill(tokens) + rank.lone_prompts(tokens)
    return stages * layers + rank.head(tokens) + prefill + overhead


def _blocks(model: ModelProfile) -> float:
    """Layers, weighted by how many kernels they launch: experts and latent or linear attention need many small ones."""
    attention = model.attention
    special = model.layers if attention.kind == "mla" else attention.linear.layers if attention.linear else 0
    return model.layers + _EXPERT_BLOCKS * (model.moe.layers if model.moe else 0) + _SPECIAL_BLOCKS * special


class _Rank:
    """One rank's share of a step. Arrays are over the number of tokens; all results in seconds."""

    def __init__(self, deployment: Deployment, used: Formats, fit: RooflineFit, host: Host) -> None:
        self.deployment, self.used, self.fit, self.host = deployment, used, fit, host
        factors = (host.matmul_factor, host.kv_factor, host.compute_factor, host.attention_factor)
        self.device = Device(deployment.hardware, fit, *factors, host_share=host_share(deployment, used))
        self.fabric = Fabric(deployment.hardware, fit, host.collective_factor)
        self.parts: Shapes = shapes(deployment.model)
        self.cost = attention_cost(deployment.model)

    def layers(self, tokens: np.ndarray) -> np.ndarray:
        """All layers for a micro-batch of `tokens` tokens; attention over the context apart."""
        parts, tp = self.parts, self.deployment.tp
        own = self._own(tokens)
        latency = self.fit.layer_latency_s
        if self.deployment.model.attention.kind == "mla":
            latency += self.fit.mla_latency_s
        elif self.deployment.model.attention.linear:
            latency += self.fit.linear_latency_s * self.deployment.model.attention.linear.layers / parts.layers
        attention = (
            self.device.matmul(own, parts.attention_parameters / tp, self.used.dense, self.attention_products)
            + self.device.pass_through(own, parts.hidden, self.fit.activation_passes)
            + self.fabric.all_reduce(own * parts.hidden * 2.0, tp)
            + latency * self.host.launch_factor
        )
        dense = self.device.matmul(own, parts.mlp_parameters / tp, self.used.dense, 2)
        dense = dense + self.fabric.all_reduce(own * parts.hidden * 2.0, tp)
        experts = self.expert_block(tokens, own) if parts.moe_layers else 0.0
        return parts.layers * attention + parts.dense_layers * dense + parts.moe_layers * experts

    def _own(self, tokens: np.ndarray) -> np.ndarray:
        """Tokens of the busiest data-parallel rank: each has its own sequences, and a prompt lies on one of them."""
        return np.maximum(np.ceil(tokens / self.deployment.dp), np.minimum(tokens, self.deployment.whole_prompt_tokens))

    @property
    def attention_products(self) -> int:
        """Matrix products around attention: in and out, or down and up for queries and KV of a latent one, and out."""
        return 5 if self.deployment.model.attention.kind == "mla" else 2

    def expert_block(self, tokens: np.ndarray, own: np.ndarray) -> np.ndarray:
        """The experts of one layer on the busiest rank, with the way there and back."""
        deployment, moe = self.deployment, self.deployment.model.moe
        ranks, ep = deployment.tp * deployment.dp, deployment.ep
        share = busiest_share(tokens, moe.active, ep, self.fit.expert_imbalance, self.fit.expert_chance)
        touched = experts_touched(tokens * share, moe.experts, moe.active, self.fit.routing_evenness) / ep
        calls = tokens * moe.active / ep * share
        width = self.parts.expert_parameters * ep / ranks  # an expert is cut over the ranks that ep leaves
        factor = self.host.expert_fp4_factor if self.used.experts.computed == "fp4" else self.host.expert_factor
        grouped = {"arithmetic_factor": self.host.expert_compute_factor}
        routed = self.device.expert_matmul(calls, touched, width, self.used.experts, **grouped) * factor
        shared = self.device.matmul(own, self.parts.shared_parameters / deployment.tp, self.used.dense, 1)
        # However an expert is cut over ranks, each of them gathers and scatters whole hidden states.
        copies = self.device.pass_through(calls, self.parts.hidden, self.fit.expert_passes)
        latency = self.fit.moe_latency_s * self.host.launch_factor
        return routed + copies + shared + self._exchange(tokens, own) + latency

    def _exchange(self, tokens: np.ndarray, own: np.ndarray) -> np.ndarray:
        """Tokens to their experts and back: an all-reduce if all ranks see all tokens, else two all-to-alls."""
        deployment, hidden = self.deployment, self.parts.hidden
        ranks = deployment.tp * deployment.dp
        if deployment.dp == 1:
            return self.fabric.all_reduce(own * hidden * 2.0, deployment.tp)
        if deployment.ep == 1:
            return self.fabric.all_reduce(tokens * hidden * 2.0, ranks)
        copies = min(deployment.model.moe.active, deployment.ep)
        message = own / deployment.tp * copies * hidden * _DISPATCH_BYTES
        return self.fabric.latency(ranks) + self.fabric.all_to_all(message, ranks)

    def handover(self, tokens: np.ndarray) -> np.ndarray:
        """A stage's hidden states to the next stage."""
        deployment = self.deployment
        if deployment.pp == 1:
            return np.zeros_like(tokens)
        return self.fabric.send(tokens * self.parts.hidden * 2.0 / deployment.tp, deployment.accelerators)

    def head(self, tokens: np.ndarray) -> np.ndarray:
        """The output embedding, for sampled tokens only: as many as sequences of a decode step."""
        if not self.parts.head_parameters:
            return np.zeros_like(tokens)
        sampled = np.minimum(tokens, self.deployment.max_num_seqs) / self.deployment.dp
        return self.device.matmul(np.ceil(sampled), self.parts.head_parameters / self.deployment.tp, self.used.head)

    def window_prefill(self, tokens: np.ndarray) -> np.ndarray:
        """Prefill attention of layers with a short window: a token pairs with one window, however long its context."""
        if not self._short_window:
            return np.zeros_like(tokens)
        decoding = self.deployment.max_num_seqs if self.deployment.model.kind == "decoder" else 0
        prefill = np.maximum(tokens - decoding, 0)
        flops = prefill * self.cost.window_tokens * self.cost.window_pair_flops
        return flops / (self.device.attention_flops * self.deployment.accelerators)

    def lone_prompts(self, tokens: np.ndarray) -> np.ndarray:
        """What attention within prompts takes longer while fewer of them are in a step than there are ranks."""
        deployment = self.deployment
        one = np.maximum(np.minimum(tokens, deployment.whole_prompt_tokens), 1.0)
        spread = np.minimum(tokens / (one * deployment.dp), 1.0)
        return np.where(tokens >= 1, self.attention()[2] * deployment.dp * one**2 / 2 * (1 - spread), 0.0)

    @property
    def _short_window(self) -> bool:
        return 0 < self.cost.window_tokens < self.deployment.max_num_batched_tokens

    def attention(self) -> tuple[float, float, float]:
        """alpha, window alpha and beta in seconds: per KV token read in decode and per token pair in prefill."""
        deployment, cost = self.deployment, self.cost
        stages = deployment.pp * deployment.dp
        pairs = cost.pair_flops + (0 if self._short_window else cost.window_pair_flops)
        both_ways = 2 if deployment.model.kind == "encoder" else 1  # the area counts a token's past only
        beta = both_ways * pairs / (self.device.attention_flops * deployment.tp * stages)
        if deployment.model.kind == "encoder":
            return 0.0, 0.0, beta
        alpha = self._read(cost.kv_elements, cost.decode_flops) / stages
        return alpha, self._read(cost.window_kv_elements, cost.window_decode_flops) / stages, beta

    def _read(self, elements: int, flops: int) -> float:
        """Seconds to read one token's KV cache, or to multiply with it if that takes longer."""
        tp = self.deployment.tp
        traffic = elements * self.used.kv_bytes / min(tp, self.cost.kv_shards) / self.device.kv_bandwidth
        return max(traffic, flops / tp / self.device.attention_flops)
