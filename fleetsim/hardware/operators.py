"""One operator on one device: the larger of its arithmetic and its memory traffic (roofline)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fleetsim.catalog import HardwareProfile
from fleetsim.catalog.hardware_profile import RooflineFit
from fleetsim.hardware.precision import Format

_HOST_LINK_SHARE = 0.74  # of its bandwidth that large transfers reach: 23.7 of 32 GB/s (vidur's profile of PCIe 4 x16)


@dataclass(frozen=True)
class Device:
    """What one accelerator does in a second. All times are in seconds."""

    hardware: HardwareProfile
    fit: RooflineFit
    matmul_factor: float = 1.0  # the framework's kernels over those the device was calibrated with
    kv_factor: float = 1.0
    compute_factor: float = 1.0
    attention_factor: float = 1.0
    host_share: float = 0.0  # of the weights, in the host's memory

    @property
    def weights_bandwidth(self) -> float:
        """Bytes of weights a second; those in the host's memory come over its link, as matrices are asked for."""
        host = self.hardware.links.host_bytes_per_s
        if not self.host_share or host is None:
            return self.activations_bandwidth
        slow = self.host_share / (host.value * _HOST_LINK_SHARE)
        return 1.0 / (slow + (1.0 - self.host_share) / self.activations_bandwidth)

    @property
    def activations_bandwidth(self) -> float:
        """Bytes of activations a second."""
        return self.hardware.memory.bandwidth_bytes_per_s.value * self.fit.memory_efficiency

    @property
    def kv_bandwidth(self) -> float:
        """Bytes of KV cache a second."""
        return self.hardware.memory.bandwidth_bytes_per_s.value * self.fit.kv_efficiency / self.kv_factor

    @property
    def attention_flops(self) -> float:
        """FLOPs of prefill attention a second; attention is computed in bf16."""
        return self.hardware.peak["bf16"].value * self.fit.attention_efficiency / self.attention_factor

    def matmul(self, tokens: np.ndarray, parameters: float, kept: Format, products: int = 1) -> np.ndarray:
        """Time of `products` products of `tokens` activations with matrices of `parameters` weights in all.

        flops / (peak * eff(n)) and bytes / (bandwidth * mem_eff) with eff(n) = eff * n / (n + half): tensor cores
        work on tiles, so few tokens cost as much as some more. The two add in a norm: nearly the larger, and more
        where they are equal, for the pipeline that overlaps them is not perfect. Each product has a latency besides.
        """
        return self.matmul_factor * self.expert_matmul(tokens, 1.0, parameters, kept, products)

    def expert_matmul(
        self,
        tokens: np.ndarray,
        matrices: np.ndarray | float,
        parameters: float,
        kept: Format,
        products: int = 2,
        arithmetic_factor: float = 1.0,
    ) -> np.ndarray:
        """The same for `tokens` activations spread over `matrices` matrices of `parameters` weights each.

        `arithmetic_factor`: time of the arithmetic of such a group of products over that of one large product.
        """
        efficiency = self.fit.compute_efficiency[kept.computed] / (self.compute_factor * arithmetic_factor)
        speed = self.hardware.peak[kept.computed].value * efficiency
        arithmetic = 2 * parameters * (tokens + self.fit.half_tokens[kept.computed] * matrices) / speed
        traffic = matrices * parameters * kept.weight_bytes / self.weights_bandwidth
        larger, smaller = np.maximum(arithmetic, traffic), np.minimum(arithmetic, traffic)
        latency = products * self.fit.matmul_latency_s.get(kept.computed, 0.0)
        return latency + larger * (1 + (smaller / np.maximum(larger, 1e-30)) ** self.fit.overlap) ** (
            1 / self.fit.overlap
        )

    def pass_through(self, tokens: np.ndarray, width: int, passes: float) -> np.ndarray:
        """Time to move hidden states through memory so often: norms, activations, residuals; 2 bytes an element."""
        return tokens * width * 2 * passes / self.activations_bandwidth
