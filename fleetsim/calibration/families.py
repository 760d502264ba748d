"""Devices that share a calibration, and where its parameters start.

Starts of Hopper and Blackwell: shares of peaks and bandwidths and latencies of products read off kernel tables
(aiconfigurator 095f58a), latencies of layers and experts set after first fits of end-to-end rows. Other families take
theirs, changed where a data sheet or llama.cpp figures say so.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """Devices of one architecture."""

    name: str
    devices: tuple[str, ...]
    start: dict[str, float]


_HOPPER = {
    "compute_bf16": 0.8,
    "compute_fp8": 0.6,
    "compute_fp4": 0.4,
    "half_tokens": 20.0,
    "overlap": 3.0,
    "memory": 0.84,
    "kv": 0.8,
    "attention": 0.55,
    "product_bf16_s": 4e-6,
    "product_fp8_s": 7e-6,
    "product_fp4_s": 8e-6,
    "layer_s": 30e-6,
    "moe_s": 30e-6,
    "mla_s": 10e-6,
    "linear_s": 20e-6,
    "passes": 10.0,
    "expert_passes": 4.0,
    "collective_s": 5e-6,
    "link": 0.65,
    "evenness": 1.0,
    "imbalance": 0.15,
    "chance": 0.5,
}
_BLACKWELL = _HOPPER | {
    "compute_bf16": 0.74,
    "compute_fp8": 0.5,
    "compute_fp4": 0.42,
    "memory": 0.82,
    "attention": 0.46,
    "layer_s": 25e-6,
    "moe_s": 15e-6,
    "collective_s": 7e-6,
    "link": 0.5,
}
_AMPERE = _HOPPER | {"compute_bf16": 0.85, "memory": 0.8, "attention": 0.53, "product_bf16_s": 6e-6, "passes": 12.0}
_CDNA = _HOPPER | {"compute_bf16": 0.5, "compute_fp8": 0.4, "memory": 0.7, "attention": 0.35, "collective_s": 10e-6}
_NEURON = _HOPPER | {
    "compute_bf16": 0.5,
    "memory": 0.6,
    "kv": 0.5,
    "attention": 0.3,
    "collective_s": 20e-6,
    "layer_s": 60e-6,
}
_GRAPHICS = _HOPPER | {"compute_bf16": 0.5, "memory": 0.85, "kv": 0.7, "attention": 0.3, "passes": 10.0}
_APPLE = _GRAPHICS | {"compute_bf16": 0.7, "memory": 0.78, "half_tokens": 8.0, "layer_s": 40e-6}

FAMILIES = {
    family.name: family
    for family in (
        Family("hopper", ("h100", "h200", "h800", "h100-pcie", "h100-nvl", "gh200-96", "gh200-144"), _HOPPER),
        Family("blackwell", ("b200", "gb200"), _BLACKWELL),
        Family("ampere", ("a100-80", "a100-pcie-80"), _AMPERE),
        Family("cdna", ("mi300x", "mi325x"), _CDNA),
        Family("neuron", ("trainium1",), _NEURON),
        Family(
            "graphics",
            (
                *("rtx-2080-ti", "rtx-3060", "rtx-3070", "rtx-3080-ti", "rtx-3090", "rtx-4070-ti", "rtx-4090"),
                *("rtx-a400", "rtx-a4000", "rtx-a6000"),
            ),
            _GRAPHICS,
        ),
        Family("apple", ("m1-max", "m1-ultra", "m2-ultra", "m3-ultra", "m4-max"), _APPLE),
    )
}

_SERVER = {
    "step_s": 200e-6,
    "sequence_s": 6e-6,
    "request_s": 20e-3,
    "client_s": 0.3e-3,
    "launch": 1.0,
    "expert": 1.2,
    "expert_fp4": 1.2,
    "expert_compute": 1.0,
    "matmul": 1.0,
    "kv_factor": 1.0,
    "collective": 1.0,
    "compute": 1.0,
    "attention_factor": 1.0,
    "eager_s": 350e-6,
}
_OF_REQUESTS = ("request_s", "client_s")
_LOCAL = {name: value for name, value in _SERVER.items() if name not in _OF_REQUESTS}
_LOCAL |= {"step_s": 500e-6, "eager_s": 50e-6}
_LLAMA = _LOCAL | {"expert": 1.0}  # one sequence: no tokens to be sorted by experts

FRAMEWORKS = {
    "vllm": _SERVER,
    "vllm-2023": _SERVER | {"step_s": 2e-3},
    "vllm-v0": _SERVER | {"step_s": 1e-3},
    "trtllm": _SERVER,
    "trtllm-engine": _SERVER | {"step_s": 100e-6, "request_s": 10e-3, "eager_s": 20e-6, "expert": 1.0},
    "trtllm-mlperf": _LOCAL | {"step_s": 100e-6, "eager_s": 20e-6, "expert": 1.0, "stream_s": 20e-6},
    "sglang": _SERVER,
    "sglang-2025": _SERVER,
    "neuronx": _LOCAL,
    "llama.cpp": _LLAMA,
    "llama.cpp-2024": _LLAMA | {"eager_s": 20e-6},
    "llama.cpp-data-centre": _LLAMA | {"eager_s": 20e-6, "matmul": 1.3, "compute": 2.0, "attention_factor": 2.0},
}
"""Framework -> where its parameters start."""
