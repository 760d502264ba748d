"""All gaps between successive tokens of a run, in closed form: counted, averaged and ranked without writing them out.

A row of RUNS stands for `decoding` tokens with the gap `first_ns + i * growth_ns`, for each i = 0 ... steps - 1.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from fleetsim.records.gaps import FoldedGaps, clipped, coarse_counts, exact_gaps_ns, gap_sums_ns, span_ns
from fleetsim.records.segments import Segments
from fleetsim.tables import RUNS

CAP_ROWS = 8_000_000


class RunLog:
    """A multiset of gaps between tokens.

    It is exact up to `cap_rows` rows. Beyond, the oldest rows are folded into one histogram a replica with bins
    of 2**-12 relative width: their gaps are then known to 1.3e-4, their number and sum exactly, and their time no
    more, so that they count in every window. `exact` says whether that has happened.

    Windows select the tokens emitted in (start_ns, stop_ns], as differences of the samples' counters do;
    `replicas` selects replicas by their rows. None selects all.
    """

    def __init__(self, cap_rows: int = CAP_ROWS) -> None:
        self.cap_rows = cap_rows
        self.folded = FoldedGaps()
        self._spans_ns: list[tuple[int, int]] = []  # first start and last end of the full parts, as far as asked for
        self._kept = Segments(RUNS, segment_rows=min(65_536, cap_rows), memory_bytes=1 << 62)

    @property
    def exact(self) -> bool:
        """Whether every row is kept as it was."""
        return not len(self.folded.counts)

    @property
    def rows(self) -> np.recarray:
        """A copy of the rows that are kept exactly, in the order they were added."""
        parts = list(self._kept.filled_parts())
        return np.concatenate(parts).view(np.recarray) if parts else RUNS.empty(0)

    def parts(self) -> Iterator[np.recarray]:
        """The rows that are kept exactly, block by block and without a copy."""
        return self._kept.filled_parts()

    def add(self, rows: np.ndarray) -> None:
        """Append rows of RUNS; they are copied."""
        self._kept.append(rows)
        while len(self._kept) > self.cap_rows and len(self._kept.parts) > 1:
            self.folded.fold(self._kept.drop_oldest())
            del self._spans_ns[:1]

    def count(
        self, start_ns: int | None = None, stop_ns: int | None = None, replicas: Collection[int] | None = None
    ) -> int:
        """How many gaps there are."""
        counted = (
            int((part.steps.astype(np.int64) * part.decoding).sum())
            for part in self._selected(start_ns, stop_ns, replicas)
        )
        return sum(counted) + int(self.folded.tally(replicas).sum())

    def mean(
        self, start_ns: int | None = None, stop_ns: int | None = None, replicas: Collection[int] | None = None
    ) -> float:
        """Mean gap in ns; nan if there is none."""
        tokens, total_ns = int(self.folded.tally(replicas).sum()), self.folded.sum_ns(replicas)
        for part in self._selected(start_ns, stop_ns, replicas):
            tokens += int((part.steps.astype(np.int64) * part.decoding).sum())
            total_ns += float(gap_sums_ns(part).sum())
        return total_ns / tokens if tokens else float("nan")

    def quantiles(
        self,
        q: Collection[float],
        start_ns: int | None = None,
        stop_ns: int | None = None,
        replicas: Collection[int] | None = None,
    ) -> np.ndarray:
        """The gaps' quantiles in ns, float64[len(q)], as numpy.quantile has them (linear); nan if there is no gap."""
        parts = list(self._selected(start_ns, stop_ns, replicas))
        folded = self.folded.tally(replicas)
        base, counts = coarse_counts(parts, self.folded.base, folded)
        behind = np.cumsum(counts)
        if not len(behind) or behind[-1] == 0:
            return np.full(len(q), np.nan)
        position = np.asarray(q, np.float64) * (behind[-1] - 1)
        below = np.floor(position).astype(np.int64)
        ranks = np.unique(np.concatenate([below, np.minimum(below + 1, behind[-1] - 1)]))
        places, gaps_ns = np.searchsorted(behind, ranks, side="right"), np.empty(len(ranks))
        for place in np.unique(places):
            here, at = places == place, base + int(place) - self.folded.base
            tokens = int(folded[at]) if 0 <= at < len(folded) else 0
            within = ranks[here] - (behind[place] - counts[place])
            gaps_ns[here] = exact_gaps_ns(parts, base + int(place), within, tokens)
        return np.interp(position, ranks, gaps_ns)

    def _selected(
        self, start_ns: int | None, stop_ns: int | None, replicas: Collection[int] | None
    ) -> Iterator[np.recarray]:
        for part, (first_ns, last_ns) in zip(self.parts(), self._spans(), strict=True):
            if (stop_ns is not None and first_ns >= stop_ns) or (start_ns is not None and last_ns <= start_ns):
                continue
            if replicas is not None:
                wanted = np.zeros(int(part.replica.max()) + 1, bool)
                wanted[[r for r in replicas if r < len(wanted)]] = True
                part = part[wanted[part.replica]]
            whole = (start_ns is None or first_ns >= start_ns) and (stop_ns is None or last_ns <= stop_ns)
            yield part if whole else clipped(part, start_ns, stop_ns)

    def _spans(self) -> list[tuple[int, int]]:
        """When each part's first row started and its last one ended."""
        parts = list(self.parts())
        for part in parts[len(self._spans_ns) : -1]:
            self._spans_ns.append(span_ns(part))
        return self._spans_ns[: len(parts) - 1] + [span_ns(part) for part in parts[-1:]]
