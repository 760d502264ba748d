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
    joules = power_w * view.window_s
    grams = joules / _JOULES_PER_KWH * view.facts.carbon_g_per_kwh
    tasks, tokens = len(view.ended), float(view.timeline.total("output_tokens").sum())
    token_joules = power_w * view.timeline.elapsed_s
    token_grams = token_joules / _JOULES_PER_KWH * view.facts.carbon_g_per_kwh
    return [
        Figure("power", "all", power_w, "W", "lower"),
        *(Figure("power", scope, power, "W", "lower") for scope, power in powers_w),
        Figure("joules_per_output_token", "all", ratio(token_joules, tokens), "J", "lower"),
        Figure("joules_per_task", "all", ratio(joules, tasks), "J", "lower"),
        Figure("grams_co2_per_task", "all", ratio(grams, tasks), "g", "lower"),
        Figure("grams_co2_per_million_output_tokens", "all", ratio(token_grams * 1e6, tokens), "g", "lower"),
    ]


def drawn_w(view: View) -> list[tuple[str, float]]:
    """Scope and power of every pool, the building's overhead included."""
    return [(scope, view.facts.pue * _power_w(view, pool, replicas)) for scope, pool, replicas in view.pool_scopes()]


def _power_w(view: View, pool: PoolFacts, replicas: slice) -> float:
    timeline = view.timeline
    elapsed_s = timeline.elapsed_s * pool.replicas
    prefill_s = float(timeline.total("prefill_ns")[replicas].sum()) / 1e9
    decode_s = float(timeline.total("decode_ns")[replicas].sum()) / 1e9
    idle_s = elapsed_s - prefill_s - decode_s
    return ratio(prefill_s * pool.prefill_w + decode_s * pool.decode_w + idle_s * pool.idle_w, timeline.elapsed_s)
