"""Arithmetic on rows of RUNS: which gaps they hold, how many lie where, and the one of a given rank.

Gaps are sorted into bins by the bits of their float64, which are ordered as positive floats are; shifting them
right by `FOLD_SHIFT` leaves the exponent and 12 bits of mantissa.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from fleetsim.compiled import helper, kernel

FOLD_SHIFT = 40
"""Bins of 2**-12 relative width."""

_FINER = {FOLD_SHIFT: 26, 26: 12, 12: 0}  # the shifts of a radix selection


class FoldedGaps:
    """Histograms of gaps, one a replica: tokens by (replica, bin), and the exact sum of the gaps."""

    def __init__(self) -> None:
        self.base = 0  # the bin of the first column
        self.counts = np.zeros((0, 0), np.int64)
        self.sums_ns = np.zeros(0)

    def fold(self, rows: np.recarray) -> None:
        """Add the gaps of rows of RUNS."""
        self._reach(rows)
        rows = rows[np.argsort(rows.replica, kind="stable")].view(np.recarray)
        replicas, starts = np.unique(rows.replica, return_index=True)
        for replica, block in zip(replicas, np.split(rows, starts[1:]), strict=True):
            tally(block, self.base, FOLD_SHIFT, self.counts[replica])
            self.sums_ns[replica] += float(gap_sums_ns(block.view(np.recarray)).sum())

    def _reach(self, rows: np.recarray) -> None:
        low, high = bins_of(rows)
        low, high = int(low.min()), int(high.max()) + 1
        replicas, bins = self.counts.shape
        if bins:
            low, high = min(low, self.base), max(high, self.base + bins)
        wider = np.zeros((max(replicas, int(rows.replica.max()) + 1), high - low), np.int64)
        if wider.shape == self.counts.shape:
            return
        if bins:
            wider[:replicas, self.base - low : self.base - low + bins] = self.counts
        self.base, self.counts = low, wider
        self.sums_ns = np.concatenate([self.sums_ns, np.zeros(len(wider) - replicas)])

    def tally(self, replicas: Collection[int] | None) -> np.ndarray:
        """int64[bins]: tokens by bin over the replicas."""
        return self.counts[self._rows(replicas)].sum(axis=0)

    def sum_ns(self, replicas: Collection[int] | None) -> float:
        """Sum of the replicas' gaps in ns."""
        return float(self.sums_ns[self._rows(replicas)].sum())

    def _rows(self, replicas: Collection[int] | None) -> slice | list[int]:
        return slice(None) if replicas is None else sorted({r for r in replicas if r < len(self.counts)})


def gap_sums_ns(rows: np.recarray) -> np.ndarray:
    """float64[rows], in ns: the sum of the gaps that each row of RUNS stands for."""
    steps = rows.steps.astype(np.float64)
    return (steps * rows.first_ns + rows.growth_ns * (0.5 * steps * (steps - 1))) * rows.decoding


def ends_ns(rows: np.recarray, steps: np.ndarray) -> np.ndarray:
    """int64[rows]: when step number `steps` of each row of RUNS ends."""
    # The same arithmetic as in engine.steps.run_end_ns, so that tokens fall on the right side of a sample.
    return rows.start_ns + np.floor(steps * rows.first_ns + rows.growth_ns * (0.5 * steps * (steps - 1)) + 0.5).astype(
        np.int64
    )


def _steps_by(rows: np.recarray, time_ns: int) -> np.ndarray:
    """int64: how many steps of each row have ended at `time_ns`, by bisection."""
    low, high = np.zeros(len(rows), np.int64), rows.steps.astype(np.int64)
    while (low < high).any():
        middle = (low + high + 1) // 2
        ended = ends_ns(rows, middle) <= time_ns
        low, high = np.where(ended, middle, low), np.where(ended, high, middle - 1)
    return low


def span_ns(rows: np.recarray) -> tuple[int, int]:
    """When the first of the rows started and the last one ended."""
    return int(rows.start_ns.min()), int(ends_ns(rows, rows.steps).max())


def clipped(rows: np.recarray, start_ns: int | None, stop_ns: int | None) -> np.recarray:
    """A copy of the rows with only the steps that end in (start_ns, stop_ns]."""
    ends = ends_ns(rows, rows.steps)
    keep = np.ones(len(rows), bool)
    if start_ns is not None:
        keep &= ends > start_ns
    if stop_ns is not None:
        keep &= rows.start_ns < stop_ns
    rows, ends = rows[keep].copy(), ends[keep]
    crossing = np.zeros(len(rows), bool)
    if start_ns is not None:
        crossing |= rows.start_ns < start_ns
    if stop_ns is not None:
        crossing |= ends > stop_ns
    some = rows[crossing]
    before = np.zeros(len(some), np.int64) if start_ns is None else _steps_by(some, start_ns)
    within = (some.steps if stop_ns is None else _steps_by(some, stop_ns)) - before
    some.first_ns += before * some.growth_ns
    some.start_ns = np.where(before > 0, ends_ns(rows[crossing], before), some.start_ns)
    some.steps = within
    rows[crossing] = some
    return rows[rows.steps > 0]


def bins_of(rows: np.recarray) -> tuple[np.ndarray, np.ndarray]:
    """int64[rows] twice: the coarse bins of the shortest and the longest gap of each row of RUNS."""
    last_ns = rows.first_ns + (rows.steps - 1) * rows.growth_ns
    first_ns = np.ascontiguousarray(rows.first_ns)
    return first_ns.view(np.int64) >> FOLD_SHIFT, last_ns.view(np.int64) >> FOLD_SHIFT


def coarse_counts(parts: list[np.recarray], folded_base: int, folded: np.ndarray) -> tuple[int, np.ndarray]:
    """The first bin and int64[bins]: gaps by coarse bin, the folded ones included."""
    ranges = [(int(low.min()), int(high.max()) + 1) for low, high in map(bins_of, parts) if len(low)]
    if len(folded):
        ranges.append((folded_base, folded_base + len(folded)))
    if not ranges:
        return 0, np.zeros(0, np.int64)
    base = min(low for low, _ in ranges)
    counts = np.zeros(max(high for _, high in ranges) - base, np.int64)
    for part in parts:
        tally(part, base, FOLD_SHIFT, counts)
    if len(folded):
        counts[folded_base - base : folded_base - base + len(folded)] += folded
    return base, counts


def exact_gaps_ns(parts: list[np.recarray], bin_: int, ranks: np.ndarray, folded: int) -> np.ndarray:
    """The gaps of the given ranks (0 first) among those in one coarse bin, `folded` of which lie at its middle.

    A radix selection: each round fixes further bits of the answer.
    """
    inside = []
    for part in parts:
        low, high = bins_of(part)
        mask = (low <= bin_) & (bin_ <= high)
        if mask.any():
            inside.append(part if mask.all() else part[mask])
    middle = (bin_ << FOLD_SHIFT) + (1 << (FOLD_SHIFT - 1))
    return _refined_ns(inside, bin_, FOLD_SHIFT, ranks, (middle, folded))


def _refined_ns(
    parts: list[np.recarray], prefix: int, shift: int, ranks: np.ndarray, folded: tuple[int, int]
) -> np.ndarray:
    """The gaps of the given ranks among those whose bits begin with `prefix`; `folded` is (bits, tokens)."""
    if shift == 0:
        return np.full(len(ranks), np.int64(prefix).view(np.float64))
    finer = _FINER[shift]
    base, counts = prefix << (shift - finer), np.zeros(1 << (shift - finer), np.int64)
    for part in parts:
        tally(part, base, finer, counts)
    middle, tokens = folded
    if middle >> shift == prefix:
        counts[(middle >> finer) - base] += tokens
    behind = np.cumsum(counts)
    places, gaps_ns = np.searchsorted(behind, ranks, side="right"), np.empty(len(ranks))
    for place in np.unique(places):
        here = places == place
        within = ranks[here] - (behind[place] - counts[place])
        gaps_ns[here] = _refined_ns(parts, base + int(place), finer, within, folded)
    return gaps_ns


@helper
def _first_at_least(first_ns, growth_ns, steps, edge_ns):
    """The first step of a growing row whose gap is at least `edge_ns`; `steps` if none is."""
    ratio = (edge_ns - first_ns) / growth_ns
    step = 0 if ratio <= 0 else steps if ratio >= steps else int(ratio)
    while step > 0 and first_ns + (step - 1) * growth_ns >= edge_ns:
        step -= 1
    while step < steps and first_ns + step * growth_ns < edge_ns:
        step += 1
    return step


@kernel
def tally(rows, base, shift, counts):
    """Add to `counts[b]` the gaps whose float64 bits, shifted right by `shift`, are `base + b`."""
    lowest_ns = np.int64(base << shift).view(np.float64)
    for row in range(len(rows)):
        first_ns, growth_ns = rows[row].first_ns, rows[row].growth_ns
        steps, tokens = np.int64(rows[row].steps), np.int64(rows[row].decoding)
        step = _first_at_least(first_ns, growth_ns, steps, lowest_ns) if growth_ns > 0 else 0
        while step < steps:
            place = (np.float64(first_ns + step * growth_ns).view(np.int64) >> shift) - base
            if place < 0 or place >= len(counts):
                break
            behind = steps
            if growth_ns > 0:
                behind = _first_at_least(
                    first_ns, growth_ns, steps, np.int64((base + place + 1) << shift).view(np.float64)
                )
            counts[place] += (behind - step) * tokens
            step = behind
