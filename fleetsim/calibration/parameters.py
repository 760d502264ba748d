"""The parameters of a calibration: few, physical, shared by all devices of a family or all uses of a framework."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fleetsim.calibration.families import FAMILIES, FRAMEWORKS, Family
from fleetsim.catalog import FrameworkProfile, HardwareProfile, load_framework, load_hardware
from fleetsim.catalog.hardware_profile import RooflineFit

SPREADS = {
    "compute_bf16": 0.15,
    "compute_fp8": 0.15,
    "compute_fp4": 0.25,
    "half_tokens": 0.4,
    "overlap": 0.3,
    "memory": 0.1,
    "kv": 0.15,
    "attention": 0.15,
    "product_bf16_s": 0.5,
    "product_fp8_s": 0.5,
    "product_fp4_s": 0.5,
    "layer_s": 0.5,
    "moe_s": 1.0,
    "mla_s": 1.0,
    "linear_s": 0.7,
    "passes": 0.4,
    "expert_passes": 0.7,
    "collective_s": 0.7,
    "link": 0.3,
    "evenness": 1.0,
    "imbalance": 0.7,
    "chance": 0.7,
    "step_s": 1.0,
    "sequence_s": 1.0,
    "stream_s": 0.5,
    "request_s": 1.0,
    "client_s": 1.0,
    "launch": 0.3,
    "expert": 0.3,
    "expert_fp4": 0.3,
    "expert_compute": 0.3,
    "matmul": 0.15,
    "kv_factor": 0.15,
    "collective": 0.5,
    "compute": 0.3,
    "attention_factor": 0.3,
    "eager_s": 0.7,
}
"""Parameter -> how far, as a ratio's logarithm, it may lie from its start: what is known before any fit."""

_FRAMEWORK_FIGURES = {
    "step_s": "step_overhead_s",
    "sequence_s": "sequence_overhead_s",
    "stream_s": "stream_overhead_s",
    "request_s": "request_overhead_s",
    "client_s": "client_overhead_s",
    "launch": "launch_factor",
    "expert": "expert_factor",
    "expert_fp4": "expert_fp4_factor",
    "expert_compute": "expert_compute_factor",
    "matmul": "matmul_factor",
    "kv_factor": "kv_factor",
    "collective": "collective_factor",
    "compute": "compute_factor",
    "attention_factor": "attention_factor",
    "eager_s": "eager_layer_s",
}
_DEVICE_FIGURES = {
    "half_tokens": "half_tokens",
    "overlap": "overlap",
    "memory": "memory_efficiency",
    "kv": "kv_efficiency",
    "attention": "attention_efficiency",
    "layer_s": "layer_latency_s",
    "moe_s": "moe_latency_s",
    "mla_s": "mla_latency_s",
    "linear_s": "linear_latency_s",
    "passes": "activation_passes",
    "expert_passes": "expert_passes",
    "collective_s": "collective_latency_s",
    "link": "link_efficiency",
    "evenness": "routing_evenness",
    "chance": "expert_chance",
}

Values = dict[tuple[str, str], float]
"""(family or framework, parameter) -> value."""

_MOST = 0.98  # of a peak or a bandwidth; no measurement exceeds it


@dataclass(frozen=True)
class Parameter:
    """One number to fit."""

    owner: str
    name: str
    start: float

    @property
    def spread(self) -> float:
        """Standard deviation of the logarithm of its ratio to the start."""
        return SPREADS[self.name]


def parameters(owners: Iterable[str]) -> list[Parameter]:
    """The parameters of these families and frameworks, in a fixed order."""
    found = []
    for owner in owners:
        start = FAMILIES[owner].start if owner in FAMILIES else FRAMEWORKS[owner]
        found += [Parameter(owner, name, value) for name, value in start.items()]
    return found


def family_of(hardware: str) -> Family | None:
    """The family a device is fitted with, if any."""
    return next((family for family in FAMILIES.values() if hardware in family.devices), None)


def rounded(values: Values) -> Values:
    """The values as profiles hold them: three digits."""
    return {key: float(f"{value:.3g}") for key, value in values.items()}


def _share(value: float) -> float:
    return min(value, _MOST)


def device_fit(hardware: HardwareProfile, family: Family, values: Mapping[tuple[str, str], float]) -> RooflineFit:
    """A device's calibration with its family's values; figures that are not fitted stay as they are."""
    own = {name: values[family.name, name] for name in family.start}
    compute, latency = {}, {}
    for precision in hardware.peak:
        like = precision if precision in ("bf16", "fp4") else "fp8"
        compute[precision] = _share(own[f"compute_{like}"])
        latency[precision] = own[f"product_{like}_s"]
    figures = {
        "compute_efficiency": compute,
        "matmul_latency_s": latency,
        "half_tokens": dict.fromkeys(hardware.peak, own["half_tokens"]),
        "overlap": max(own["overlap"], 1.0),
        "memory_efficiency": _share(own["memory"]),
        "kv_efficiency": _share(own["kv"]),
        "attention_efficiency": _share(own["attention"]),
        "layer_latency_s": own["layer_s"],
        "moe_latency_s": own["moe_s"],
        "mla_latency_s": own["mla_s"],
        "linear_latency_s": own["linear_s"],
        "activation_passes": own["passes"],
        "expert_passes": own["expert_passes"],
        "collective_latency_s": own["collective_s"],
        "link_efficiency": _share(own["link"]),
        "routing_evenness": own["evenness"],
        "expert_imbalance": 1.0 + own["imbalance"],
        "expert_chance": own["chance"],
        "expert_factor": typical_expert_factor(family, values),
    }
    return hardware.calibration.model_copy(update=figures)


def typical_expert_factor(family: Family, values: Mapping[tuple[str, str], float]) -> float:
    """The geometric mean of what frameworks that serve on a family's devices take for experts."""
    usual = ("llama.cpp",) if family.name in ("graphics", "apple") else ("vllm", "sglang", "trtllm")
    factors = [values[key, "expert"] for key in usual if (key, "expert") in values]
    return float(f"{math.prod(factors) ** (1 / len(factors)):.3g}") if factors else 1.0


def framework_fit(profile: FrameworkProfile, values: Mapping[tuple[str, str], float]) -> FrameworkProfile:
    """A framework profile with the fitted values."""
    figures = {_FRAMEWORK_FIGURES[name]: values[profile.key, name] for name in FRAMEWORKS[profile.key]}
    return profile.model_copy(update={"calibration": profile.calibration.model_copy(update=figures)})


def profiles(values: Values) -> dict[str, HardwareProfile | FrameworkProfile]:
    """Every profile of the families and frameworks that have values, by key."""
    owners = {owner for owner, _ in values}
    found: dict[str, HardwareProfile | FrameworkProfile] = {}
    for family in FAMILIES.values():
        for key in family.devices if family.name in owners else ():
            hardware = load_hardware(key)
            found[key] = hardware.model_copy(update={"calibration": device_fit(hardware, family, values)})
    for key in FRAMEWORKS:
        if key in owners:
            found[key] = framework_fit(load_framework(key), values)
    return found


def shipped_values() -> Values:
    """The values that the shipped profiles have; starts where no device of a family says it."""
    values: Values = {}
    for family in FAMILIES.values():
        fits = [load_hardware(key).calibration for key in family.devices]
        for name, start in family.start.items():
            known = (figure for fit in fits if (figure := _figure(fit, name)) is not None)
            values[family.name, name] = next(known, start)
    for key, starts in FRAMEWORKS.items():
        fit = load_framework(key).calibration
        values |= {(key, name): getattr(fit, _FRAMEWORK_FIGURES[name]) or start for name, start in starts.items()}
    return values


def _figure(fit: RooflineFit, name: str) -> float | None:
    if name == "imbalance":
        return fit.expert_imbalance - 1.0
    kind, _, precision = name.removesuffix("_s").partition("_")
    if kind in ("compute", "product"):
        return (fit.compute_efficiency if kind == "compute" else fit.matmul_latency_s).get(precision)
    figure = getattr(fit, _DEVICE_FIGURES[name])
    return figure["bf16"] if isinstance(figure, dict) else figure
