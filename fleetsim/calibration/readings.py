"""The metrics that a fit learns from, and how each follows from the steps of a benchmark."""

from __future__ import annotations

from dataclasses import dataclass

_SECONDS = {"ms": 1e-3}


@dataclass(frozen=True)
class Reading:
    """How a metric follows from the steps: which sum, and if it is a rate, of which tokens."""

    of: str  # ttft, tpot or makespan
    per_s: str = ""  # prompt, output, total or one: a rate of so many tokens; "": a time
    each: bool = False  # per accelerator


READINGS = {
    "ttft_mean": Reading("ttft"),
    "ttft_p50": Reading("ttft"),
    "prompt_time": Reading("ttft"),
    "tpot_mean": Reading("tpot"),
    "tpot_p50": Reading("tpot"),
    "itl_mean": Reading("tpot"),
    "token_time": Reading("tpot"),
    "decode_speed": Reading("tpot", "one"),
    "prefill_speed": Reading("ttft", "prompt"),
    "output_throughput_total": Reading("makespan", "output"),
    "output_throughput_per_gpu": Reading("makespan", "output", each=True),
    "total_token_throughput": Reading("makespan", "total"),
    "total_token_throughput_per_gpu": Reading("makespan", "total", each=True),
}
"""What a fit learns from -> how it follows from the sums."""


def reading(text: object, unit: str) -> float:
    """A measured value in s, or in tokens per s; nan where the cell holds no number."""
    try:
        return float(str(text)) * _SECONDS.get(unit, 1.0)
    except ValueError:
        return float("nan")
