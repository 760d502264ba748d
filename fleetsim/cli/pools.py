"""A pool of a fleet as text, with all that a run takes it to be."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fleetsim.cli.check import hourly_usd, kv_tokens
from fleetsim.cli.text import bytes_text, grid, three, time_text

if TYPE_CHECKING:
    from fleetsim.planning import EquippedPool
    from fleetsim.scenario.durations import TimeLaw
    from fleetsim.scenario.rented import Endpoint

_STEPS = (1, 8, 64, 256)


def pool_text(name: str, equipped: EquippedPool) -> str:
    """A pool with its step times, memory, power and price; a rented one with its times and prices."""
    if equipped.pool.endpoint is not None:
        return "\n".join([f"  pool {name}: {equipped.model}", _rented(equipped.pool.endpoint)])
    pool, table = equipped.pool, equipped.table
    count = f"{pool.replicas} x " if pool.replicas > 1 else ""
    accelerators = f"{table.accelerators} x " if table.accelerators > 1 else ""
    where = equipped.model if pool.steps else f"{equipped.model} on {accelerators}{equipped.hardware}"
    usd, watts = hourly_usd(equipped), (table.idle_w, table.prefill_w, table.decode_w)
    power = f"{' / '.join(map(three, watts))} W idle / prefill / decode"
    rows = [
        ["step of n tokens", ", ".join(f"{n}: {_step(equipped, n)}" for n in _step_sizes(equipped))],
        ["step times rest on", table.basis],
        ["memory of a replica", _memory(table.memory)],
        ["KV tokens of a replica", kv_tokens(equipped)],
        ["context", f"{table.context_tokens:,} tokens"],
        ["power of a replica", "not given" if math.isnan(sum(watts)) else power],
        ["price of the pool", "not given" if math.isnan(usd) else f"${three(usd)} per h ({equipped.price_note})"],
        *(["note", note] for note in table.notes),
    ]
    return "\n".join([f"  pool {name}: {count}{where}", grid(rows, indent="    ", rule=False)])


def _step_sizes(equipped: EquippedPool) -> list[int]:
    most = equipped.pool.max_num_batched_tokens
    return [*(n for n in _STEPS if n < most), most]


def _step(equipped: EquippedPool, tokens: int) -> str:
    return time_text(equipped.table.base_ns[tokens] / 1e9)


def _memory(memory: dict[str, float]) -> str:
    if not memory["total_bytes"]:
        return "not modelled"
    parts = {"weights": "weights_bytes", "workspace": "workspace_bytes", "KV": "kv_bytes"}
    shown = ", ".join(f"{label} {bytes_text(memory[key])}" for label, key in parts.items())
    return f"{shown}, of {bytes_text(memory['total_bytes'])}"


def _rented(endpoint: Endpoint) -> str:
    limits = (("requests", endpoint.requests_per_minute), ("tokens", endpoint.tokens_per_minute))
    prices = [(0.0, endpoint.input_usd, endpoint.output_usd)]
    prices += [(later.from_s, later.input_usd, later.output_usd) for later in endpoint.later]
    rows = [
        ["time to first token", _law(endpoint.ttft)],
        ["time per output token", _law(endpoint.tpot)],
        *(
            [
                f"price from {time_text(at_s)}",
                f"${three(prompt)} / ${three(answer)} per million tokens, prompt / answer",
            ]
            for at_s, prompt, answer in prices
        ),
        ["limits a minute", ", ".join(f"{limit:,.0f} {what}" for what, limit in limits if limit) or "none"],
        ["calls that fail", f"{100 * endpoint.errors:g} %"],
        ["context", f"{endpoint.context_tokens:,.0f} tokens"],
    ]
    return grid(rows, indent="    ", rule=False)


def _law(law: TimeLaw) -> str:
    import numpy as np

    low, middle, high = law.seconds(np.array([0.1, 0.5, 0.9]))
    return time_text(middle) if low == high else f"p10 {time_text(low)}, p50 {time_text(middle)}, p90 {time_text(high)}"
