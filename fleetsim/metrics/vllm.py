"""The figures under the keys of `vllm bench serve`, so that its users' scripts can read a simulation."""

from __future__ import annotations

import math
from collections.abc import Iterable

from fleetsim.metrics.contract import Figure
from fleetsim.tables import Status

_LATENCIES = {"ttft": "ttft", "tpot": "tpot", "itl": "itl", "e2el": "e2e"}
_STATISTICS = {"mean": "mean", "median": "p50", "p90": "p90", "p95": "p95", "p99": "p99"}
_PLAIN = {
    "duration": "window",
    "total_input_tokens": "input_tokens",
    "total_output_tokens": "output_tokens",
    "request_throughput": "tasks_per_s",
    "request_goodput": "goodput",
}
_DONE, _FAILED = ("finished", "cut"), tuple(s.name.lower() for s in Status if s.name.startswith("REFUSED"))


def vllm_summary(figures: Iterable[Figure]) -> dict[str, float]:
    """Scope "all" as a flat mapping: duration (s), completed, failed, tokens, rates per second, STATISTIC_LATENCY_ms.

    Requests are tasks. Keys whose figure is missing or nan are left out. Token rates are those of answers that users
    got, as a client measures them, not of all tokens the replicas produced.
    """
    values = {figure.name: figure.value for figure in figures if figure.scope == "all"}

    def value(name: str) -> float:
        return values.get(name, math.nan)

    found = {key: value(name) for key, name in _PLAIN.items()}
    found["completed"], found["failed"] = sum(map(value, _DONE)), sum(map(value, _FAILED))
    if found["duration"] > 0:
        found["output_throughput"] = found["total_output_tokens"] / found["duration"]
        found["total_token_throughput"] = found["output_throughput"] + found["total_input_tokens"] / found["duration"]
    for key, latency in _LATENCIES.items():
        found |= {f"{k}_{key}_ms": value(f"{latency}_{statistic}") for k, statistic in _STATISTICS.items()}
    return {key: number for key, number in found.items() if math.isfinite(number)}
