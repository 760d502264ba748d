"""How serving frameworks are set up where a measurement does not say it: their defaults, and what benchmarks set."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from fleetsim.catalog import FrameworkProfile, framework_names, load_framework
from fleetsim.hardware import Speculation
from fleetsim.predict.layout import layout_of
from fleetsim.predict.rows import Point
from fleetsim.predict.series import settings_of
from fleetsim.tables import Scheduler


@dataclass(frozen=True)
class Framework:
    """The settings of a serving framework that decide a schedule; the defaults are for one without a profile."""

    name: str
    profile: FrameworkProfile | None = None  # what it adds to step times
    scheduler: Scheduler = Scheduler.CHUNKED
    max_num_seqs: int = 256
    max_num_batched_tokens: int = 8192
    memory_utilisation: float = 0.9
    block_tokens: int = 16
    quantised_kv: str | None = None  # KV precision with weights of 8 bits or less; None: bf16
    request_s: float = 0.0  # a server takes so long to receive and tokenise a request and to send its first token
    client_s: float = 0.0  # and so much longer for each client it sends tokens to
    processor_s: float = 0.0  # and so much longer where a model's processor of images sees it first
    kv_share: float = 1.0  # of the memory that weights and workspace leave
    never_evicts: bool = False  # admits a sequence only when there is room for all of its answer
    ranks: int = 1  # data-parallel ones: each has the token budget
    tokens_beside_prompt: int | None = None  # the budget of a rank is one prompt, its clients and so many tokens
    wait_steps: float = 0.0  # decode steps until the scheduler looks at a new request, in the mean
    first_burst_s: float = 0.0  # kernels compiled while the first requests wait
    halted_s: float = 0.0  # kernels compiled before requests are timed, in the time that rates are over
    speculation: Speculation | None = None
    late_slot: bool = False  # a finished sequence's slot is given away one step too late for the client's next request

    def budget(self, prompt_tokens: float, clients: int) -> int:
        """Tokens of a step, over all data-parallel ranks."""
        own = self.max_num_batched_tokens
        if self.tokens_beside_prompt is not None:
            own = int(prompt_tokens + clients / self.ranks + self.tokens_beside_prompt)
        return max(own * self.ranks, clients)


_OLD = (
    ("vllm", "vllm-2023", r"2023"),  # without captured graphs
    ("vllm", "vllm-v0", r"^v?0\.[2-7]\b|vllm 0\.[2-7]\."),  # before its V1 engine
    ("sglang", "sglang-2025", r"^measured=2025"),  # before 0.5.9, by the date of a run that does not give its release
    ("trtllm", "trtllm-mlperf", r"^tensorrt (9|10)\.|^cuda|^jetpack"),  # engines behind LoadGen's server
    ("llama.cpp", "llama.cpp-2024", r"2024$"),  # without captured graphs
    ("trtllm", "trtllm-engine", r"^v?0\.|^tensorrt [89]\.|^tensorrt 10\.|^cuda"),  # compiled engines, before PyTorch
)
"""Frameworks whose host code was rewritten: key, key of the profile before, releases before by name and version."""

_ELSEWHERE = (("llama.cpp", "llama.cpp-data-centre", r"\b[ah]100|h200|b200"),)
"""Frameworks whose kernels are not made for some devices: key, key of the profile there, devices."""

_KNOWN = (
    (r"sglang", Framework("sglang")),
    (r"trtllm|tensorrt|^cuda", Framework("trtllm", kv_share=0.9, never_evicts=True)),
    (r"vllm", Framework("vllm")),
    (r"llama\.?cpp|ollama", Framework("llama.cpp")),
    (r"neuron", Framework("neuronx")),
)
_OTHER = Framework("other")

_SETTINGS = {
    "max_num_seqs": r"max_num_seqs\s*[=: ]\s*(\d+)",
    "max_num_batched_tokens": r"max_num_batched_tokens\s*[=: ]\s*(\d+)",
    "memory_utilisation": r"gpu_mem\s*[=: ]\s*(0\.\d+)",
    "kv_share": r"kv fraction\s*[=: ]\s*(0\.\d+)",
}


def framework_of(point: Point, override: Mapping[str, object]) -> Framework:
    """The framework a point ran on, with the settings its notes give (`max_num_seqs=128; gpu_mem=0.9`).

    The rest follows from its profile, where it has one; one of `override` goes before the shipped one.
    """
    found = _known(point.framework)
    for key in framework_keys(point):
        if key in override or key in framework_names():
            found = _with_profile(found, override.get(key) or load_framework(key))
            break
    ranks = layout_of(point).dp
    found = replace(found, ranks=ranks, **settings_of(point, found.name, ranks))
    notes, given = _of_device(point.notes, point.hardware), {}
    for setting, pattern in _SETTINGS.items():
        if match := re.search(pattern, notes):
            given[setting] = type(getattr(found, setting))(match[1])
    return replace(found, **given)


def framework_keys(point: Point) -> list[str]:
    """Keys of the profiles that speak for the framework of a point: its device's and generation's before its own."""
    name = _known(point.framework).name
    # Of disaggregated servers it is Dynamo's version that is given, not the framework's.
    version = point.framework_version.lower() if point.mode == "agg" else "of dynamo"
    date = re.search(r"measured=\S*", point.notes)
    release = (point.framework.lower(), version, date[0] if date and not version else "")
    old = [key for base, key, pattern in _OLD if base == name and any(re.search(pattern, text) for text in release)]
    device = point.hardware.lower()
    own = [key for base, key, pattern in _ELSEWHERE if base == name and re.search(pattern, device)]
    return [*own, *old, name]


def framework_name(name: str) -> str:
    """The short name of a framework as benchmarks write it: `TensorRT 10.2.0, CUDA 12.4` is trtllm."""
    return _known(name).name


def _known(name: str) -> Framework:
    return next((framework for pattern, framework in _KNOWN if re.search(pattern, name.lower())), _OTHER)


def _with_profile(found: Framework, profile: FrameworkProfile) -> Framework:
    scheduling = profile.scheduling
    return replace(
        found,
        scheduler=Scheduler[scheduling.scheduler.upper()],
        max_num_seqs=scheduling.max_num_seqs,
        max_num_batched_tokens=scheduling.max_num_batched_tokens,
        block_tokens=scheduling.block_tokens,
        memory_utilisation=scheduling.memory_utilisation,
        quantised_kv=scheduling.quantised_kv,
        request_s=profile.calibration.request_overhead_s,
        client_s=profile.calibration.client_overhead_s,
        profile=profile,
    )


def _of_device(notes: str, hardware: str) -> str:
    """Notes with the alternative that concerns the device: of `256 (RTX4090) or 128` 256 for that one, else 128."""

    def chosen(match: re.Match[str]) -> str:
        return match[1] if match[2].lower() in hardware.lower().replace(" ", "") else match[3]

    return re.sub(r"(\d+) \(([^)]+)\) or (\d+)", chosen, notes)
