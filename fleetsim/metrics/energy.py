"""Energy and carbon."""

from __future__ import annotations

from fleetsim.metrics.contract import Figure, PoolFacts, metric
from fleetsim.metrics.view import View, ratio

_JOULES_PER_KWH = 3.6e6


@metric
def energy(view: View) -> list[Figure]:
    """Power drawn with the building's overhead (PUE), and joules and grams of CO2 for what users got.

    A replica draws its prefill power in steps with a prefill chunk, its decode power in the others and its idle power
    else; by time in the window's samples. Set against tasks answered in the window and the output tokens that the fleet
    produced in it, as costs are. A pool of unknown power leaves those of its fleet unknown.
    """
    powers_w = drawn_w(view)
    power_w = sum(power for _, power in powers_w)
    grams_per_s = sum(
        power / _JOULES_PER_KWH * pool.carbon_g_per_kwh
        for (_, power), (_, pool, _) in zip(powers_w, view.pool_scopes(), strict=True)
    )
    tasks_per_s = ratio(len(view.ended), view.window_s)
    tokens_per_s = ratio(view.timeline.total("output_tokens").sum(), view.timeline.elapsed_s)
    return [
        Figure("power", "all", power_w, "W", "lower"),
        *(Figure("power", scope, power, "W", "lower") for scope, power in powers_w),
        Figure("joules_per_output_token", "all", ratio(power_w, tokens_per_s), "J", "lower"),
        Figure("joules_per_task", "all", ratio(power_w, tasks_per_s), "J", "lower"),
        Figure("grams_co2_per_task", "all", ratio(grams_per_s, tasks_per_s), "g", "lower"),
        Figure("grams_co2_per_million_output_tokens", "all", ratio(grams_per_s * 1e6, tokens_per_s), "g", "lower"),
    ]


def drawn_w(view: View) -> list[tuple[str, float]]:
    """Scope and power of every pool, the building's overhead included."""
    return [(scope, pool.pue * _power_w(view, pool, replicas)) for scope, pool, replicas in view.pool_scopes()]


def _power_w(view: View, pool: PoolFacts, replicas: slice) -> float:
    timeline = view.timeline
    elapsed_s = timeline.elapsed_s * pool.replicas
    prefill_s = float(timeline.total("prefill_ns")[replicas].sum()) / 1e9
    decode_s = float(timeline.total("decode_ns")[replicas].sum()) / 1e9
    idle_s = elapsed_s - prefill_s - decode_s
    return ratio(prefill_s * pool.prefill_w + decode_s * pool.decode_w + idle_s * pool.idle_w, timeline.elapsed_s)
