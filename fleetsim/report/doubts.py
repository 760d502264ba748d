"""What weakens an answer, arms of the same weakness named together, the gravest first."""

from __future__ import annotations

from collections.abc import Iterator

from fleetsim.report.view import ArmView, View
from fleetsim.report.words import label, listed, percent

_NOTABLE = 0.01  # a smaller share of unfinished or cut tasks changes no figure's third digit


def doubts(view: View) -> list[str]:
    """A sentence for every weakness."""
    lines: dict[tuple[int, str], list[str]] = {}
    for arm in view.arms:
        for found in [*_settled(arm, view), *_outcomes(arm), *_whole(arm), *_guesses(arm)]:
            lines.setdefault(found, []).append(arm.label)
    return [f"{listed(arms)}: {line}." for (_, line), arms in sorted(lines.items(), key=lambda item: item[0][0])]


def _settled(arm: ArmView, view: View) -> Iterator[tuple[int, str]]:
    kept, doubtful = arm.figure("slo_attainment"), arm.figure("warm_up_doubtful")
    if doubtful and doubtful.value > 0:
        line = "never settled: it is overloaded or the run is too short; its figures are not those of a steady state"
        yield 0, line
    if kept and view.has_targets and kept.low is not None and kept.low < view.goal <= kept.value:
        yield 1, f"targets are kept in these runs, but the interval reaches down to {percent(kept.low)}"


def _outcomes(arm: ArmView) -> Iterator[tuple[int, str]]:
    late, cut, refused = arm.share("in_flight"), arm.share("cut"), arm.share("refused_context", "refused_kv")
    lost = arm.share("refused_outage", "refused_rate", "refused_error", "refused_closed")
    if late > _NOTABLE:
        yield (
            2,
            f"{percent(late)} of tasks had no answer when the run ended; true latencies are longer than those shown",
        )
    if refused > 0:
        yield 3, f"{percent(refused)} of tasks were refused, their prompts too long for the context or the KV memory"
    if lost > 0:
        yield 3, f"{percent(lost)} of tasks were refused by outages, limits, errors or a change of machines"
    if cut > _NOTABLE:
        yield 4, f"{percent(cut)} of answers were cut short at the limit of the context or the KV memory"


def _whole(arm: ArmView) -> Iterator[tuple[int, str]]:
    pace = arm.figure("tpot_p50")
    if pace and pace.value == 0:
        yield (
            4,
            "most answers are read whole, once they are checked or chosen: their first token comes with the last, "
            "and a target of time per token is kept by any",
        )


def _guesses(arm: ArmView) -> Iterator[tuple[int, str]]:
    guessed = [label(pool.name) for pool in arm.facts.pools if pool.basis == "data sheet"]
    if guessed:
        yield 5, f"step times of {listed(guessed)} rest on data sheets alone; no measurement stands behind them"
