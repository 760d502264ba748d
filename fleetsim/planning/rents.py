"""Rented endpoints and outages as an engine reads them."""

from __future__ import annotations

import zlib

import numpy as np

from fleetsim.hardware import rent_one
from fleetsim.luck import Stream, uniform
from fleetsim.planning.equipment import EquippedPool
from fleetsim.scenario.durations import quantiles_ns
from fleetsim.scenario.rented import RandomOutages
from fleetsim.scenario.schema import Pool
from fleetsim.units import nanoseconds


def rent(rows: np.recarray, equipped: list[EquippedPool]) -> list[int]:
    """Fill the columns of endpoints; returns their quantiles of times, the beginning of the plan's `times_ns`."""
    times: list[int] = []
    for row, e in zip(rows, equipped, strict=True):
        if e.pool.endpoint is None:
            continue
        times += rent_one(row, e.pool.endpoint, len(times))
    return times


def outage_rows(
    rows: np.recarray, names: list[str], equipped: list[EquippedPool], seed: int, stop_ns: int
) -> np.ndarray:
    """int64[outage, (start, end)] of all pools; notes in `rows` where each one's begin."""
    table: list[tuple[int, int]] = []
    for row, name, e in zip(rows, names, equipped, strict=True):
        own = outages_ns(name, e.pool, seed, stop_ns)
        row.first_outage, row.outages = len(table), len(own)
        table += own
    return np.array(table, np.int64).reshape(-1, 2)


def outages_ns(name: str, pool: Pool, seed: int, stop_ns: int) -> list[tuple[int, int]]:
    """When a pool is out of order, in order and apart from each other."""
    spans = [(nanoseconds(o.from_s), nanoseconds(o.to_s)) for o in pool.outages]
    if pool.random_outages is not None:
        spans += _random(name, pool.random_outages, seed, stop_ns)
    apart: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


def _random(name: str, outages: RandomOutages, seed: int, stop_ns: int) -> list[tuple[int, int]]:
    own, lasts_ns = zlib.crc32(name.encode()), quantiles_ns(outages.lasts)
    spans, now_ns, number = [], 0.0, 0
    while now_ns <= stop_ns:
        gap, span = (uniform(seed, int(Stream.OUTAGE), own, draw, number) for draw in (0, 1))
        start_ns = now_ns - np.log(gap) * outages.every_s * 1e9
        now_ns = start_ns + max(1, lasts_ns[int(span * len(lasts_ns))])
        spans.append((int(start_ns), int(now_ns)))
        number += 1
    return spans
