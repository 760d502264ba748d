"""The measured quantities by the names that tables of measurements use, and their units."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from fleetsim.errors import FleetsimError
from fleetsim.predict.simulation import Outcome

Measure = Callable[[Outcome], float]


class UnknownMeasure(FleetsimError):
    """A metric or a unit that no simulation gives; the words are the row's note."""


def _per_gpu(measure: Measure) -> Measure:
    return lambda outcome: measure(outcome) / outcome.accelerators


def _output_rate(outcome: Outcome) -> float:
    return outcome.output_tokens / outcome.rated_s


def _total_rate(outcome: Outcome) -> float:
    return (outcome.input_tokens + outcome.output_tokens) / outcome.rated_s


def _decode_rate(outcome: Outcome) -> float:
    """Tokens per second of one sequence behind its first token."""
    return 1.0 / float(outcome.tpot_s.mean())


def _prefill_rate(outcome: Outcome) -> float:
    return outcome.input_tokens / float(outcome.calls.first_token_ns.max() - outcome.calls.sent_ns.min()) * 1e9


def _itl_mean(outcome: Outcome) -> float:
    return outcome.records.runs.mean() / 1e9


_PLAIN: dict[str, Measure] = {
    "itl_mean": _itl_mean,
    "itl": _itl_mean,
    "output_throughput_total": _output_rate,
    "output_throughput": _output_rate,
    "output_throughput_per_gpu": _per_gpu(_output_rate),
    "output_throughput_total_or_per_gpu": _per_gpu(_output_rate),
    "total_token_throughput": _total_rate,
    "throughput_total": _total_rate,
    "total_token_throughput_per_gpu": _per_gpu(_total_rate),
    "input_throughput": lambda o: o.input_tokens / o.rated_s,
    "input_throughput_per_gpu": lambda o: o.input_tokens / o.rated_s / o.accelerators,
    "request_throughput": lambda o: len(o.calls) / o.rated_s,
    "request_throughput_per_gpu": lambda o: len(o.calls) / o.rated_s / o.accelerators,
    "decode_speed": _decode_rate,
    "output_speed": _decode_rate,
    "output_speed_mean": lambda o: float((1.0 / o.tpot_s).mean()),
    "prefill_speed": _prefill_rate,
    "prompt_time": lambda o: float(o.ttft_s.mean()),
    "token_time": lambda o: float(o.tpot_s.mean()),
    "e2e_time": lambda o: float(o.e2e_s.mean()),
    "e2e_latency_batch": lambda o: o.makespan_s,
    "elapsed_time": lambda o: o.makespan_s,
    "makespan": lambda o: o.makespan_s,
    "joules_per_output_token": lambda o: o.joules / o.output_tokens,
    "joules_per_token": lambda o: o.joules / (o.input_tokens + o.output_tokens),
    "joules_per_request": lambda o: o.joules / len(o.calls),
    "energy": lambda o: o.joules,
    "average_power": lambda o: o.power_w,
    "power": lambda o: o.power_w,
    "peak_power": lambda o: o.peak_w,
    "peak_wall_power": lambda o: o.peak_w,
}

_REQUESTS: dict[str, Callable[[Outcome], np.ndarray]] = {
    "ttft": lambda o: o.ttft_s,
    "tpot": lambda o: o.tpot_s,
    "e2e": lambda o: o.e2e_s,
    "e2el": lambda o: o.e2e_s,
    "e2e_latency": lambda o: o.e2e_s,
    "ntpot": lambda o: o.e2e_s / o.calls.output_tokens,
    "request_speed": lambda o: o.request_speed,
}

_SPEED_LOW = re.compile(r"output_speed_p(\d+(?:\.\d+)?)$")
_STATISTIC = re.compile(r"(\w+?)_(mean|avg|median|max|min|p\d+(?:\.\d+)?)$")
_SIDE_NOTES = {
    "output_throughput_total_or_per_gpu": "read as per accelerator",
    "throughput_total": "read as tokens in and out",
    "peak_wall_power": "the accelerators alone; their host is not modelled",
}


def measured(outcome: Outcome, metric: str, unit: str) -> tuple[float, str]:
    """The value of a metric in the unit of its row, and what to know about it.

    Raises UnknownMeasure if the simulation does not give it.
    """
    if not len(outcome.calls):
        raise UnknownMeasure("no request was answered")
    value = _measure(metric)(outcome)
    value = _scaled(value, metric, unit, outcome)
    if not np.isfinite(value):
        raise UnknownMeasure(f"{metric} is not defined: no answer has a second token, or nobody says what it ran on")
    return value, _SIDE_NOTES.get(metric, "")


def _measure(metric: str) -> Measure:
    name = metric.strip().lower()
    if name in _PLAIN:
        return _PLAIN[name]
    if speed := _SPEED_LOW.match(name):
        return lambda o: float(np.quantile(1.0 / o.tpot_s, float(speed[1]) / 100))
    statistic = _STATISTIC.match(name) or _STATISTIC.match(f"{name}_mean")
    if statistic and statistic[1] == "itl":
        share = _share(statistic[2])
        return lambda o: float(o.records.runs.quantiles([share])[0]) / 1e9
    if statistic and statistic[1] in _REQUESTS:
        return _over_requests(_REQUESTS[statistic[1]], statistic[2])
    raise UnknownMeasure(f"metric {metric!r} is not one that is simulated")


def _over_requests(values: Callable[[Outcome], np.ndarray], statistic: str) -> Measure:
    if statistic in ("mean", "avg"):
        return lambda o: float(values(o).mean()) if len(values(o)) else float("nan")
    share = _share(statistic)
    return lambda o: float(np.quantile(values(o), share)) if len(values(o)) else float("nan")


def _share(statistic: str) -> float:
    return {"median": 0.5, "max": 1.0, "min": 0.0}.get(statistic) if statistic[0] == "m" else float(statistic[1:]) / 100


_TIMES = {"s": 1.0, "ms": 1e3, "us": 1e6, "min": 1 / 60}
_AS_IS = ("tok/s", "req/s", "j/tok", "j/req", "w", "j", "tok/s/gpu", "tok/s/user")


def _scaled(value: float, metric: str, unit: str, outcome: Outcome) -> float:
    """A value in s, tokens/s, W or J in the unit of its row."""
    plain = unit.strip().lower()
    is_time = _is_time(metric)
    if is_time and plain in _TIMES:
        return value * _TIMES[plain]
    if "fraction of tdp" in plain:
        return value / (outcome.limit_w * outcome.accelerators)
    if not is_time and (plain in _AS_IS or plain.split(" (")[0] in _AS_IS):
        return value
    raise UnknownMeasure(f"unit {unit!r} does not go with {metric}")


def _is_time(metric: str) -> bool:
    name = metric.lower()
    return name.split("_")[0] in ("ttft", "tpot", "itl", "e2e", "e2el", "ntpot") or name.endswith(("_time", "makespan"))
