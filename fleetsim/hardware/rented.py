"""The place of a rented endpoint among pools and step tables: no steps, no memory, no power of its own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fleetsim.hardware.deployment import StepTable
from fleetsim.scenario.durations import quantiles_ns
from fleetsim.tables import UNLIMITED_BLOCKS

if TYPE_CHECKING:
    from fleetsim.scenario.rented import Endpoint


_MINUTE_NS = 60e9
_LONG_NS = 1e9  # no step is made; as short ones, they would make the reference engine expect quick answers


def rented_table(endpoint: Endpoint) -> StepTable:
    """A table whose steps nobody makes; only its context counts."""
    return StepTable(
        base_ns=np.full(2, _LONG_NS),
        alpha_ns=0.0,
        window_alpha_ns=0.0,
        window_tokens=0,
        beta_ns=0.0,
        kv_blocks=UNLIMITED_BLOCKS,
        block_tokens=1,
        context_tokens=int(endpoint.context_tokens),
        accelerators=0,
        idle_w=math.nan,
        prefill_w=math.nan,
        decode_w=math.nan,
        basis="given",
        memory={"weights_bytes": 0.0, "workspace_bytes": 0.0, "kv_bytes": 0.0, "total_bytes": 0.0},
        notes=("a rented endpoint: its energy is the vendor's and is not known",),
        sources=(("times and prices", "endpoint", "given in the scenario", "given"),),
    )


def rent_one(row: np.record, endpoint: Endpoint, offset: int) -> list[int]:
    """Fill the columns of one endpoint; returns its quantiles of times, which begin at `offset` of `times_ns`."""
    times: list[int] = []
    row.endpoint, row.error_share = 1, endpoint.errors
    for kind, law in (("ttft", endpoint.ttft), ("tpot", endpoint.tpot)):
        table = quantiles_ns(law)
        row[f"{kind}_offset"], row[f"{kind}_count"] = offset + len(times), len(table)
        times += table.tolist()
    _limit(row, endpoint)
    return times


def _limit(row: np.record, endpoint: Endpoint) -> None:
    for kind, limit in (("requests", endpoint.requests_per_minute), ("tokens", endpoint.tokens_per_minute)):
        if limit is not None:
            row[f"{kind}_per_ns"], row[f"{kind}_most"] = limit / _MINUTE_NS, max(limit, 1.0)
