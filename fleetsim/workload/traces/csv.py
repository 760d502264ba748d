"""fleetsim's own trace format: the one to convert other recordings to."""

from __future__ import annotations

from collections.abc import Callable

from fleetsim.workload.traces.contract import Record, columns, tokens, trace_format

_TITLES = "arrival_s", "prompt_tokens", "output_tokens"


@trace_format("csv", matches=lambda line: "arrival_s" in line.split(","))
def csv(header: str) -> Callable[[str], Record]:
    """CSV with arrival_s (from the start of the recording), prompt_tokens, output_tokens and, if wanted, class."""
    when, prompt, output = columns(header, *_TITLES)
    titles = [title.strip() for title in header.split(",")]
    label = titles.index("class") if "class" in titles else None

    def read(line: str) -> Record:
        cells = line.split(",")
        if len(cells) != len(titles):
            raise ValueError(f"{len(cells)} cells instead of {len(titles)}")
        name = None if label is None else cells[label].strip()
        return Record(_nanoseconds(cells[when]), tokens(cells[prompt]), tokens(cells[output]), name)

    return read


def _nanoseconds(text: str) -> int:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 4e9:
        raise ValueError(f"{text!r} is not a time in seconds from the start of the recording")
    return round(seconds * 1e9)
