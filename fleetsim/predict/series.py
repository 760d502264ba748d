"""What two published series of benchmarks set without saying so in their rows.

`nominal isl/osl`: in-process runs with equal lengths. `lengths uniform in [0.8L, L]`: servers set up by scripts for
each concurrency. The settings are those of the scripts as far as they are known, else what several rows agree on; each
concerns the schedule, none a step time.
"""

from __future__ import annotations

import re
from typing import Any

from fleetsim.hardware import Speculation
from fleetsim.predict.rows import Point

_COPIED = "group=nv_gap_qwen35"  # rows of the servers that stand among the in-process runs
_HELD_BACK = 14.0  # steps after which the first tokens are sent, where they are sent so many at a time
_LATE = 4.0  # steps that trtllm takes longer to a first token where one prompt fills a step
_ALL_RANKS = 22.0  # steps until all data-parallel ranks of trtllm can take a request
_COMPILE_S = 72.0  # of the kernels of a full step in fp4; in fp8 a quarter of it
_PROCESSOR_S = 0.085  # of a request, before its prompt is queued, where sglang serves a model that sees
_MANY = 16.0  # clients from which sglang's scheduler is set to look for requests less often
_BESIDE = 1024  # tokens of a step of early in-process trtllm beside one prompt


def settings_of(point: Point, framework: str, dp: int) -> dict[str, Any]:
    """Fields of `Framework` that the series of a point sets; none for a point of neither."""
    if is_nominal(point):
        return {"request_s": 0.0, "quantised_kv": None, **_nominal(point, framework)}
    if is_served(point) and point.mode == "agg":
        return _served(point, framework, dp)
    return {}


def is_nominal(point: Point) -> bool:
    """Whether a point is one of the in-process runs."""
    return "nominal" in point.workload and _COPIED not in point.notes


def is_served(point: Point) -> bool:
    """Whether a point is one of the servers', with lengths between 0.8 L and L."""
    return "uniform in [0.8" in point.workload or ("nominal" in point.workload and _COPIED in point.notes)


def spreads(point: Point, framework: str) -> bool:
    """Whether in-process runs of a framework end their equal answers at different steps."""
    if framework == "trtllm":
        return not _in_eight_bits(point)
    return framework == "sglang" and point.framework_version.startswith("0.5.6")


def _in_eight_bits(point: Point) -> bool:
    """Whether a point is of the in-process runs of early trtllm with weights, and KV, of 8 bits: another script's."""
    return point.framework_version.startswith("1.0.") and "fp8" in point.precision.lower()


def _nominal(point: Point, framework: str) -> dict[str, Any]:
    version = point.framework_version
    if framework == "trtllm" and _in_eight_bits(point):  # slots to spare; a step misses the requests of the one before
        return {"quantised_kv": "fp8", "tokens_beside_prompt": _BESIDE, "wait_steps": 0.5}
    if framework == "trtllm" and version.startswith("1.0."):
        return {"late_slot": True, "tokens_beside_prompt": _BESIDE}
    if framework == "sglang" and version.startswith("0.5.6"):  # a batch is made up before the answers of the last one
        return {"wait_steps": 1.0}
    return {"max_num_batched_tokens": 2048} if framework == "vllm" else {}


def _served(point: Point, framework: str, dp: int) -> dict[str, Any]:
    hopper = not re.search("b200|b300", point.hardware.lower())
    if framework == "sglang":
        seeing = {"processor_s": _PROCESSOR_S} if _processed(point) else {}
        return seeing | ({"max_num_batched_tokens": 16_384} if hopper else _sglang_on_blackwell(point))
    if framework == "vllm":  # the scripts ask for fp8 KV on Blackwell only; where memory is short it shows
        return {"quantised_kv": None} if hopper else {}
    return _trtllm(point, dp) if framework == "trtllm" else {}


def _sglang_on_blackwell(point: Point) -> dict[str, Any]:
    """Weights of 4 bits in steps of 16,384 tokens, others in twice as many; the first full one is compiled for."""
    found: dict[str, Any] = {"max_num_batched_tokens": 16_384, "wait_steps": _polled(point)}
    if "deepseek" in point.model.lower():
        small = "fp4" in point.precision.lower()
        compile_s = _COMPILE_S if small else _COMPILE_S / 4
        if not small:
            found["max_num_batched_tokens"] = 32_768
        if not point.framework_version:
            found["first_burst_s"] = compile_s
        elif small and point.framework_version == "0.5.9":
            found["halted_s"] = compile_s
    return found


def _processed(point: Point) -> bool:
    """Whether requests go through a model's processor of images first; nightly builds did without."""
    return "qwen3.5" in point.model.lower() and point.framework_version == "0.5.9"


def _polled(point: Point) -> float:
    """Steps that a request waits until the scheduler of sglang looks for it."""
    try:
        clients = float(point.load_value)
    except ValueError:
        clients = _MANY
    return 15.0 if clients >= _MANY else 0.0


def _trtllm(point: Point, dp: int) -> dict[str, Any]:
    model = point.model.lower()
    if "gpt-oss" in model:
        return {"max_num_batched_tokens": 20_000, "wait_steps": 10.0 if dp > 1 else 0.0}
    if "llama" in model:
        return {"wait_steps": _HELD_BACK} if point.isl == point.osl else {}
    if "deepseek" not in model:
        return {}
    found: dict[str, Any] = {"tokens_beside_prompt": 128}
    # With attention of their own, requests wait until all ranks can take one.
    found["wait_steps"] = _ALL_RANKS if dp > 1 else _LATE
    if _several_tokens(point):
        found["wait_steps"] *= 2
        found["speculation"] = Speculation(1, 0.8) if dp > 1 else Speculation(3, 1.49)
    return found


def _several_tokens(point: Point) -> bool:
    """Whether multi-token prediction was on, which no row says: others of the same settings are as much slower."""
    if point.framework_version == "1.2.0rc6.post3":
        return True
    return point.framework_version == "1.1.0rc2.post2" and "measured=2026" in point.notes
