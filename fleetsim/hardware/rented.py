"""The place of a rented endpoint among step tables: no steps, no memory, no power of its own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fleetsim.hardware.deployment import StepTable
from fleetsim.tables import UNLIMITED_BLOCKS

if TYPE_CHECKING:
    from fleetsim.scenario.rented import Endpoint


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
