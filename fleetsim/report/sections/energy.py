"""Energy and carbon."""

from __future__ import annotations

from fleetsim.report.charts.bars import bars
from fleetsim.report.contract import Block, Prose, section
from fleetsim.report.figures import name_of
from fleetsim.report.view import View
from fleetsim.report.words import digits, label

_FIGURES = ("joules_per_output_token", "joules_per_task", "grams_co2_per_million_output_tokens")


@section(order=80, title="Energy and carbon")
def energy(view: View) -> list[Block]:
    """Joules and grams of CO2."""
    names = [name for name in _FIGURES if any(arm.figure(name) for arm in view.arms)]
    reading = "Replicas draw their idle power while they wait; building overhead (PUE) is included."
    chart = bars(view, "Energy drawn and carbon emitted", reading, [(name_of(name), name, "all") for name in names])
    if chart is None or not any(arm.figure(name).value > 0 for name in names for arm in view.arms if arm.figure(name)):
        return []
    pools = [pool for arm in view.arms for run in arm.arm.runs for pool in run.facts.pools]
    sites = sorted({(pool.region, pool.pue, pool.carbon_g_per_kwh) for pool in pools})
    said = "; ".join(
        f"{f'in {label(region)} ' if region else ''}PUE {digits(pue)} and {digits(grams)} g CO2 per kWh"
        for region, pue, grams in sites
    )
    return [Prose(f"Reckoned from each pool's power when idle, in prefill and in decode, with {said}."), chart]
