"""Several streams of task rows laid into one, in order of arrival, a block at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fleetsim.tables import TASKS


def _joined(parts: list[np.recarray]) -> np.recarray:
    out = TASKS.empty(sum(map(len, parts)))
    begin = 0
    for part in parts:
        out[begin : begin + len(part)] = part
        begin += len(part)
    return out


class _Head:
    """What is known of one stream beyond what was passed on."""

    def __init__(self, stream: Iterator[np.recarray]) -> None:
        self._stream = stream
        self.rows = TASKS.empty(0)
        self.ended = False

    def extend(self) -> None:
        """Read one block more."""
        block = next(self._stream, None)
        self.ended = block is None
        if block is not None:
            self.rows = _joined([self.rows, block]) if len(self.rows) else block

    @property
    def known_until(self) -> float:
        """All rows before this time are known."""
        if self.ended:
            return np.inf
        return self.rows.arrival_ns[-1] if len(self.rows) else -np.inf

    def take_before(self, time_ns: float) -> np.recarray:
        """Remove and return the rows before `time_ns`."""
        cut = int(np.searchsorted(self.rows.arrival_ns, time_ns))
        taken, self.rows = self.rows[:cut], self.rows[cut:]
        return taken


def merged(streams: list[Iterator[np.recarray]]) -> Iterator[np.recarray]:
    """Blocks of TASKS rows in order of arrival_ns; at one instant, rows of earlier streams go first.

    Each stream is itself in that order. Holds no more than the blocks that overlap in time.
    """
    if len(streams) == 1:
        yield from streams[0]
        return
    heads = [_Head(stream) for stream in streams]
    while not all(head.ended for head in heads):
        until = min(head.known_until for head in heads)
        for head in heads:
            if head.known_until == until:
                head.extend()
        until = min(head.known_until for head in heads)
        rows = _joined([head.take_before(until) for head in heads])
        yield rows[np.argsort(rows.arrival_ns, kind="stable")]
