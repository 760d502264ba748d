"""The format of the Azure LLM inference traces (github.com/Azure/AzurePublicDataset, 2023 and 2024)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

from fleetsim.workload.traces.contract import Record, columns, tokens, trace_format

_TITLES = "TIMESTAMP", "ContextTokens", "GeneratedTokens"
_TIME = re.compile(r"\s*(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|\+00:00)?\s*")


@lru_cache(maxsize=1024)  # a second has many requests
def _second_ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000_000


def timestamp_ns(text: str) -> int:
    """Nanoseconds since 1970 of `2023-11-16 18:17:03.9799600` (UTC, up to nine decimals); raises ValueError."""
    match = _TIME.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not a time; write it like '2023-11-16 18:17:03.9799600'")
    return _second_ns(match[1]) + int((match[2] or "").ljust(9, "0"))


@trace_format(
    "azure", matches=lambda line: set(_TITLES) <= {title.strip() for title in line.split(",")}, from_first=True
)
def azure(header: str) -> Callable[[str], Record]:
    """CSV with TIMESTAMP, ContextTokens, GeneratedTokens; time 0 is the first request."""
    when, prompt, output = columns(header, *_TITLES)

    def read(line: str) -> Record:
        cells = line.split(",")
        if len(cells) <= max(when, prompt, output):
            raise ValueError(f"{len(cells)} cells instead of {len(header.split(','))}")
        return Record(timestamp_ns(cells[when]), tokens(cells[prompt]), tokens(cells[output]))

    return read
