"""The format of the Mooncake traces (Qin et al., FAST 2025; github.com/kvcache-ai/Mooncake)."""

from __future__ import annotations

import json
from collections.abc import Callable

from fleetsim.workload.traces.contract import Record, tokens, trace_format


@trace_format("mooncake", matches=lambda line: line.lstrip().startswith("{"), has_header=False)
def mooncake(first_line: str) -> Callable[[str], Record]:
    """JSON lines with timestamp (ms), input_length, output_length; hash_ids are not used."""
    return _read


def _read(line: str) -> Record:
    try:
        request = json.loads(line)
    except (json.JSONDecodeError, RecursionError):
        raise ValueError("the line is no JSON object") from None
    if not isinstance(request, dict):
        raise ValueError("the line is no JSON object")
    missing = [key for key in ("timestamp", "input_length", "output_length") if key not in request]
    if missing:
        raise ValueError(f"no {', '.join(missing)}")
    time_ms = request["timestamp"]
    if type(time_ms) not in (int, float) or not 0 <= time_ms < 1e15:
        raise ValueError(f"timestamp {time_ms!r} is not a time in milliseconds")
    return Record(round(time_ms * 1_000_000), tokens(request["input_length"]), tokens(request["output_length"]))
