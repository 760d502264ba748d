"""Step times of devices that read their weights from memory in every step: GPUs, TPUs, CPUs, edge devices.

One tensor-parallel rank of one pipeline stage is followed through all layers; all other ranks do the same at the same
time, except the busiest expert-parallel rank, for which they wait.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fleetsim.catalog.hardware_profile import RooflineFit
from fleetsim.hardware.attention import attention_cost
from fleetsim.hardware.collectives import Fabric
from fleetsim.hardware.deployment import Deployment
from fleetsim.hardware.moe import busiest_share, experts_touched
from fleetsim.hardware.operators import Device
from fleetsim.hardware.precision import Formats
from fleetsim.hardware.shapes import Shapes, shapes

_NS = 1e9
_DISPATCH_BYTES = 3  # per hidden unit: out in fp8, back in bf16 (DeepEP)


@dataclass(frozen=True)
class StepCost:
    """The step-time coefficients, in ns."""

    base_ns: np.ndarray
    alpha_ns: float
    window_alpha_ns: float
    beta_ns: float


def roofline_cost(deployment: Deployment, used: Formats, fit: RooflineFit) -> StepCost:
    """The step-time coefficients of a deployment on a roofline device.

    A step of n tokens runs as up to pp micro-batches; in a full pipeline a token's round trip is pp stages, plus the
    part of the fill that other micro-batches do not hide.
    """
    rank = _Rank(deployment, used, fit)
    tokens = np.arange(deployment.max_num_batched_tokens + 1, dtype=float)
    micro = np.ceil(tokens / deployment.pp)
    stages = deployment.pp + fit.pipeline_bubble * (np.minimum(deployment.pp, np.maximum(tokens, 1)) - 1)
    layers = rank.layers(micro) / deployment.pp + rank.handover(micro)
    sequences = np.minimum(tokens, deployment.max_num_seqs)
    overhead = fit.step_overhead_s + fit.sequence_overhead_s * sequences
    base = stages * layers + rank.head(tokens) + rank.window_prefill(tokens) + overhead
    alpha, window_alpha, beta = rank.attention()
    return StepCost(base * _NS, alpha * _NS, window_alpha * _NS, beta * _NS)


class _Rank:
    """One rank's share of a step. Arrays are over the number of tokens; all results in seconds."""

    def __init__(self, deployment: Deployment, used: Formats, fit: RooflineFit) -> None:
        self.deployment, self.used, self.fit = deployment, used, fit
        self.device = Device(deployment.hardware, fit)
        self.fabric = Fabric(deployment.hardware, fit)
        self.parts: Shapes = shapes(deployment.model)
        self.cost = attention_cost(deployment.model)

    def layers(self, tokens: np.ndarray) -> np.ndarray:
        """All layers for a micro-batch of `tokens` tokens; attention over the context apart."""
        parts, tp = self.parts, self.deployment.tp
        own = np.ceil(tokens / self.deployment.dp)  # data-parallel attention: each rank its own sequences
        latency = self.fit.layer_latency_s
        if self.deployment.model.attention.kind == "mla":
            latency += self.fit.mla_latency_s
        attention = (
            self.device.matmul(own, parts.attention_parameters / tp, self.used.dense)
            + self.device.pass_through(own, parts.hidden)
            + self.fabric.all_reduce(own * parts.hidden * 2.0, tp)
            + latency
        )
        dense = self.device.matmul(own, parts.mlp_parameters / tp, self.used.dense)
        dense = dense + self.fabric.all_reduce(own * parts.hidden * 2.0, tp)
        experts = self.expert_block(tokens, own) if parts.moe_layers else 0.0
        return parts.layers * attention + parts.dense_layers * dense + parts.moe_layers * experts

    def expert_block(self, tokens: np.ndarray, own: np.ndarray) -> np.ndarray:
        """The experts of one layer on the busiest rank, with the way there and back."""
        deployment, moe = self.deployment, self.deployment.model.moe
        ranks, ep = deployment.tp * deployment.dp, deployment.ep
        share = busiest_share(tokens, moe.active, ep, self.fit.expert_imbalance)
        touched = experts_touched(tokens * share, moe.experts, moe.active) / ep
        calls = tokens * moe.active / ep * share
        width = self.parts.expert_parameters * ep / ranks  # an expert is cut over the ranks that ep leaves
        routed = self.device.grouped_matmul(calls, touched, width, self.used.experts)
        shared = self.device.matmul(own, self.parts.shared_parameters / deployment.tp, self.used.dense)
        return routed + shared + self._exchange(tokens, own) + self.fit.moe_latency_s

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
