"""An append-only file of records that each carry their checksum: what a killed process left half written is known."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_SUM_DIGITS = 16


class Journal:
    """The journal of a folder; `records` are those it held when it was opened, `unreadable` counts the lines it lost.

    A torn last line, as a killed process leaves it, is taken away and not counted.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        content = path.read_bytes() if path.exists() else b""
        whole = content.rfind(b"\n") + 1
        lines = [_read(line) for line in content[:whole].splitlines()]
        self.records = [record for record in lines if record is not None]
        self.unreadable = len(lines) - len(self.records)
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        os.ftruncate(self._handle, whole)
        os.lseek(self._handle, 0, os.SEEK_END)

    def append(self, records: Iterable[Any]) -> None:
        """Write records; they are on the disk when this returns."""
        content = memoryview(b"".join(map(_line, records)))
        while content:
            content = content[os.write(self._handle, content) :]
        os.fsync(self._handle)

    def close(self) -> None:
        """Let go of the file, and take it away if nothing was written to it."""
        if not os.fstat(self._handle).st_size:
            self._path.unlink(missing_ok=True)
        os.close(self._handle)


def _line(record: Any) -> bytes:
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
    return _checksum(text) + b" " + text + b"\n"


def _read(line: bytes) -> Any:
    checksum, _, text = line.partition(b" ")
    return json.loads(text) if checksum == _checksum(text) else None


def _checksum(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest()[:_SUM_DIGITS].encode()
