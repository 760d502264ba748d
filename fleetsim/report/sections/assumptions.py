"""What the answer rests on: pools, where each hardware figure comes from, and how the statistics were made."""

from __future__ import annotations

import math
from typing import Any

from fleetsim.metrics.contract import PoolFacts
from fleetsim.report.contract import Block, Cell, Fold, Points, Prose, Table, section
from fleetsim.report.view import View
from fleetsim.report.words import NONE, digits, dollars, duration, label, listed
from fleetsim.tables import UNLIMITED_BLOCKS

_BASES = {
    "measured": "step times measured on this hardware with this model",
    "calibrated": "step times computed, and calibrated to measurements of this hardware",
    "family": "step times computed, with efficiencies measured on related hardware",
    "data sheet": "step times computed from data-sheet peaks; no measurement behind them",
    "given": "step times given in the scenario",
}


@section(order=90, title="What this rests on", part="")
def assumptions(view: View) -> list[Block]:
    """Pools with their basis, sources of every hardware figure, statistics, versions and inputs."""
    blocks: list[Block] = [Points(tuple(_statistics(view)), "How the numbers were made")]
    pools = _pools(view)
    if pools:
        blocks += [_basis(pools), *_sources(pools)]
    if view.study.provenance:
        blocks.append(_provenance(view.study.provenance))
    return blocks


def _statistics(view: View) -> list[str]:
    runs = [run for arm in view.arms for run in arm.arm.runs]
    said = []
    if runs:
        counts = sorted({arm.arm.count for arm in view.arms})
        each = "one run" if counts == [1] else f"{_span(counts)} independent runs"
        if any(arm.arm.simulated for arm in view.arms):
            said.append("Timelines, distributions and the ways of tasks are those of one run of each.")
        seeds = sorted({run.facts.seed for run in runs})
        horizons = sorted({run.facts.horizon_s for run in runs})
        said.append(f"Every architecture was simulated in {each}; tasks arrive for {_times(horizons)}.")
        said.append(f"Seed {_span(seeds)}: all architectures see the same tasks and the same luck.")
        found = any(run.facts.warm_up_s is None for run in runs)
        how = "found from the data (MSER-5)" if found else "as the scenario sets it"
        said.append(f"Warm-up left out of the figures: {_times(sorted({run.warm_up_s for run in runs}))}, {how}.")
    said += [label(line, 400) for line in view.study.provenance.get("made", ())]
    methods = sorted({f.interval for arm in view.arms for f in arm.arm.figures if f.interval})
    if methods:
        said.append(
            f"Intervals are at 95 %, by {listed([label(method) for method in methods])}. "
            "They tell the luck of the draw, not errors of the model."
        )
    return said


def _span(values: list[int]) -> str:
    return " to ".join(str(value) for value in dict.fromkeys([values[0], values[-1]]))


def _times(values: list[float]) -> str:
    return duration(values[0]) if values[0] == values[-1] else f"{duration(values[0])} to {duration(values[-1])}"


def _pools(view: View) -> list[tuple[PoolFacts, str, str]]:
    """Pools with their label and the arms that have them; those alike in everything but replicas once."""
    found: dict[tuple, tuple[PoolFacts, list[str]]] = {}
    for arm in view.arms:
        for pool in arm.facts.pools:
            price = repr(pool.usd_per_s)  # nan does not equal itself
            key = (pool.name, pool.model, pool.hardware, pool.accelerators, pool.basis, price, pool.kv_blocks)
            found.setdefault(key, (pool, []))[1].append(arm.label)
    return [(pool, label(pool.name), listed(arms)) for pool, arms in found.values()]


def _basis(pools: list[tuple[PoolFacts, str, str]]) -> Table:
    body = []
    for pool, name, arms in pools:
        tokens = pool.kv_blocks * pool.block_tokens
        kv = "not limited" if pool.kv_blocks >= UNLIMITED_BLOCKS else f"{digits(tokens)} tokens"
        meaning = _BASES.get(pool.basis, label(pool.basis))
        body.append((
            Cell(name, arms), Cell(label(f"{pool.model} on {pool.hardware}", 120)),
            Cell(str(pool.accelerators), number=True), Cell(label(pool.basis), meaning),
            Cell(dollars(pool.usd_per_s * 3600, "\u00a0per\u00a0h"), label(pool.price_note, 200)),
            Cell(_watts(pool), number=True),
            Cell(kv, number=True),
        ))  # fmt: skip
    columns = ("Pool", "Model and hardware", "Accelerators a replica", "Step times are", "Price of a replica",
               "Power idle / prefill / decode", "KV memory of a replica")  # fmt: skip
    return Table("How well each pool is known", columns, tuple(body))


def _watts(pool: PoolFacts) -> str:
    watts = (pool.idle_w, pool.prefill_w, pool.decode_w)
    return NONE if math.isnan(sum(watts)) else " / ".join(map(digits, watts)) + " W"


def _sources(pools: list[tuple[PoolFacts, str, str]]) -> list[Block]:
    lines: dict[tuple[str, str, str, str, str], None] = {}
    for pool, _, _ in pools:
        for figure, value, source, confidence in pool.sources:
            lines[label(f"{pool.model} on {pool.hardware}", 120), figure, value, source, confidence] = None
    notes = tuple(dict.fromkeys(f"{name}: {label(note, 400)}" for pool, name, _ in pools for note in pool.notes))
    blocks: list[Block] = [Points(notes, "Notes on the pools")] if notes else []
    if lines:
        body = tuple((Cell(label(where, 120)), *(Cell(label(text, 300)) for text in rest)) for where, *rest in lines)
        table = Table("Figures and their sources", ("Of", "Figure", "Value", "Source", "Confidence"), body)
        blocks.append(Fold(f"Sources of the hardware and model figures ({len(body)})", (table,)))
    return blocks


def _provenance(provenance: dict[str, Any]) -> Block:
    shown = {key: value for key, value in provenance.items() if key not in ("command", "made")}
    body = tuple((Cell(label(key, 120)), Cell(label(value, 400))) for key, value in _flat("", shown))
    if not body:
        return Prose("Nothing else is recorded of how the study was made.", "note")
    return Fold("Versions, inputs and hashes", (Table("Provenance", ("What", "Value"), body),))


def _flat(prefix: str, value: Any) -> list[tuple[str, str]]:
    """A nested mapping as lines; keys joined with ' · '."""
    if isinstance(value, dict):
        return [
            line for key, inner in value.items() for line in _flat(f"{prefix} · {key}" if prefix else str(key), inner)
        ]
    if isinstance(value, list | tuple) and any(isinstance(item, dict | list | tuple) for item in value):
        return [line for i, inner in enumerate(value, 1) for line in _flat(f"{prefix} · {i}", inner)]
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return [(prefix, text)]
