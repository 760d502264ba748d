"""How serving frameworks are set up where a measurement does not say it: their defaults, and what benchmarks set."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from fleetsim.catalog import FrameworkProfile, framework_names, load_framework
from fleetsim.predict.rows import Point


@dataclass(frozen=True)
class Framework:
    """The settings of a serving framework that decide a schedule."""

    name: str
    max_num_seqs: int
    max_num_batched_tokens: int
    memory_utilisation: float = 0.9
    block_tokens: int = 16
    quantised_kv: str | None = None  # KV precision with weights of 8 bits or less; None: bf16
    request_s: float = 0.02  # a server takes so long to receive and tokenise a request and to send its first token
    kv_share: float = 1.0  # of the memory that weights and workspace leave
    never_evicts: bool = False  # admits a sequence only when there is room for all of its answer
    profile: FrameworkProfile | None = None  # what it adds to step times
    late_slot: bool = False  # a finished sequence's slot is given away one step too late for the client's next request


_KNOWN = (
    (r"sglang", Framework("sglang", 4096, 8192, 0.88)),
    (r"trtllm|tensorrt|^cuda", Framework("trtllm", 2048, 8192, 1.0, 32, "fp8", kv_share=0.9, never_evicts=True)),
    (r"vllm", Framework("vllm", 256, 8192)),
    (r"llama\.?cpp|ollama", Framework("llama.cpp", 1, 512, 1.0, request_s=0.0)),
    (r"neuron", Framework("neuronx", 64, 8192)),
    (r"hosted", Framework("endpoint", 256, 8192)),
)
_OTHER = Framework("other", 256, 8192)

_SETTINGS = {
    "max_num_seqs": r"max_num_seqs\s*[=: ]\s*(\d+)",
    "max_num_batched_tokens": r"max_num_batched_tokens\s*[=: ]\s*(\d+)",
    "memory_utilisation": r"gpu_mem\s*[=: ]\s*(0\.\d+)",
    "kv_share": r"kv fraction\s*[=: ]\s*(0\.\d+)",
}


def framework_of(point: Point, override: Mapping[str, object]) -> Framework:
    """The framework a point ran on, with the settings its notes give (`max_num_seqs=128; gpu_mem=0.9`).

    Its profile, one of `override` before the shipped one, decides where there is one.
    """
    found = _known(point.framework)
    profile = override.get(found.name)
    if profile is None and found.name in framework_names():
        profile = load_framework(found.name)
    if isinstance(profile, FrameworkProfile):
        found = _with_profile(found, profile)
    if found.name == "trtllm" and re.match(r"1\.0\.", point.framework_version):
        found = replace(found, late_slot=True)
    notes, given = _of_device(point.notes, point.hardware), {}
    for setting, pattern in _SETTINGS.items():
        if match := re.search(pattern, notes):
            given[setting] = type(getattr(found, setting))(match[1])
    return replace(found, **given)


def framework_name(name: str) -> str:
    """The short name of a framework as benchmarks write it: `TensorRT 10.2.0, CUDA 12.4` is trtllm."""
    return _known(name).name


def _known(name: str) -> Framework:
    return next((framework for pattern, framework in _KNOWN if re.search(pattern, name.lower())), _OTHER)


def _with_profile(found: Framework, profile: FrameworkProfile) -> Framework:
    scheduling = profile.scheduling
    return replace(
        found,
        max_num_seqs=scheduling.max_num_seqs,
        max_num_batched_tokens=scheduling.max_num_batched_tokens,
        block_tokens=scheduling.block_tokens,
        memory_utilisation=scheduling.memory_utilisation,
        quantised_kv=scheduling.quantised_kv,
        request_s=profile.calibration.request_overhead_s,
        profile=profile,
    )


def _of_device(notes: str, hardware: str) -> str:
    """Notes with the alternative that concerns the device: of `256 (RTX4090) or 128` 256 for that one, else 128."""

    def chosen(match: re.Match[str]) -> str:
        return match[1] if match[2].lower() in hardware.lower().replace(" ", "") else match[3]

    return re.sub(r"(\d+) \(([^)]+)\) or (\d+)", chosen, notes)
