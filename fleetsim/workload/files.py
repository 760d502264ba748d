"""Data files a scenario names: the shipped ones and its own, read line by line without trusting their size."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from fleetsim.registry import unknown
from fleetsim.scenario.files import inside

SHIPPED = "shipped:"
SAMPLES = {
    "azure_conversation": "azure_llm_2023_conversation_10min.csv.gz",
    "azure_code": "azure_llm_2023_code_10min.csv.gz",
}
"""Traces that come with fleetsim: `shipped:NAME` -> file in `traces/samples`."""

MAX_TEXT_BYTES = 1 << 30
MAX_LINE_BYTES = 1 << 20
MAX_UNPACKING = 100
"""How many times its size an archive may unpack to, beyond 2 MB: real traces unpack to 3 to 20 times."""

_FREE_BYTES = 2 << 20
_SAMPLES_FOLDER = Path(__file__).parent / "traces" / "samples"


def resolve(name: str, base: Path) -> Path:
    """The file that a scenario in the folder `base` calls `name`: `shipped:NAME`, or a path inside `base`.

    Raises ValueError, worded for the user, if there is none or if it lies outside.
    """
    if not name.startswith(SHIPPED):
        return inside(base, name)
    sample = name.removeprefix(SHIPPED)
    if sample not in SAMPLES:
        raise ValueError(unknown("shipped trace", sample, SAMPLES))
    return _SAMPLES_FOLDER / SAMPLES[sample]


def notice() -> str:
    """Whose the shipped traces are, under which licence, and what was changed."""
    return (_SAMPLES_FOLDER / "NOTICE").read_text(encoding="utf-8")


def text_lines(path: Path) -> Iterator[str]:
    """The lines of a UTF-8 text file, `.gz` unpacked, without line ends.

    Raises ValueError at a line that is too long or not UTF-8, at the end of a broken archive, and as soon as more text
    came out than MAX_TEXT_BYTES and MAX_UNPACKING allow.
    """
    taken, limit = 0, MAX_TEXT_BYTES
    packed = path.suffix == ".gz"
    if packed:
        limit = min(limit, max(_FREE_BYTES, MAX_UNPACKING * path.stat().st_size))
    try:
        with closing(io.BufferedReader(gzip.GzipFile(path)) if packed else path.open("rb")) as file:
            while line := file.readline(MAX_LINE_BYTES + 1):
                taken += len(line)
                if len(line) > MAX_LINE_BYTES:
                    raise ValueError(f"the line is longer than {MAX_LINE_BYTES:,} bytes")
                if taken > limit:
                    raise ValueError(f"the file holds more than {limit:,} bytes of text; cut it into smaller ones")
                yield _decoded(line)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"the file cannot be read: {error}") from None


def _decoded(line: bytes) -> str:
    try:
        return line.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise ValueError("the line is not UTF-8 text") from None
