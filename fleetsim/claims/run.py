"""From a claim to its outcome: every setting simulated for both arms under the same luck."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fleetsim import metrics
from fleetsim.claims.stated.contract import Claim, Effect, Figures, Setting
from fleetsim.claims.verdict import Finding, Measured, Outcome, crossings, judge
from fleetsim.statistics import Estimate, paired, replications
from fleetsim.study.run import ArmPlan, load, prepare

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Scenario

REPLICATIONS, QUICK_REPLICATIONS = 5, 3
QUICK = 0.1
"""Share of the time behind the warm-up that a quick run keeps."""

Pairs = dict[tuple[Effect, Setting], tuple[np.ndarray, np.ndarray]]
"""The figures of the base and of the rival, replicate by replicate."""


def run(
    claim: Claim,
    *,
    replicates: int = REPLICATIONS,
    quick: bool = False,
    sets: tuple[str, ...] = (),
    progress: Callable[[str, float], None] | None = None,
) -> Outcome:
    """Simulate and judge a claim.

    `quick` keeps a tenth of each run; `sets` are overrides of the scenario for all settings. Raises InputFaults if
    a setting is faulty, EngineFault if a law of the simulation is broken.
    """
    pairs = _simulated(claim, replicates, quick, sets, progress)
    findings = []
    for effect in claim.effects:
        points = tuple(_measured(effect, setting, *pairs[effect, setting]) for setting in claim.settings)
        found = Finding(effect, points, ())
        lines = dict.fromkeys(setting.line for setting in claim.settings)
        met = [c for line in lines for c in crossings(effect, found.of_line(line), factors=claim.factors)]
        findings.append(replace(found, crossings=tuple(met)))
    return Outcome(claim, tuple(findings), replicates, quick)


def arms(claim: Claim, setting: Setting) -> tuple[str, str]:
    """The arm that is compared with and the one that the claim speaks for."""
    return setting.base or claim.base, setting.rival or claim.rival


def _simulated(
    claim: Claim,
    replicates: int,
    quick: bool,
    sets: tuple[str, ...],
    progress: Callable[[str, float], None] | None,
) -> Pairs:
    """All that the settings need; those of the same overrides share their runs, of which only figures are kept."""
    alike: dict[tuple[str, ...], list[Setting]] = {}
    for setting in claim.settings:
        alike.setdefault(setting.sets, []).append(setting)
    pairs: Pairs = {}
    for number, (own, settings) in enumerate(alike.items()):
        if progress is not None:
            progress(claim.name, number / len(alike))
        needed = {name for setting in settings for name in arms(claim, setting)}
        runs = _runs(claim, needed, replicates, quick, (*own, *sets))
        for setting in settings:
            base, rival = (runs[name] for name in arms(claim, setting))
            for effect in claim.effects:
                pairs[effect, setting] = (_figures(effect, setting, base), _figures(effect, setting, rival))
    return pairs


def _runs(
    claim: Claim, needed: set[str], replicates: int, quick: bool, sets: tuple[str, ...]
) -> dict[str, list[Figures]]:
    """The replicates of the needed arms with the figures of the claim's metrics.

    The scenarios of claims say how long the warm-up is, so that all arms show the same time; each run is measured as
    soon as it is over, and only its figures are kept.
    """
    loaded = load(claim.scenario, sets)
    shorter = (f"horizon={_shorter_s(loaded.scenario):.9g} s",) if quick else ()
    runs: dict[str, list[Figures]] = {}
    for arm in prepare(loaded, replications=replicates, sets=shorter).arms:
        if arm.name in needed:
            runs[arm.name] = [_run(claim, arm, replicate) for replicate in range(replicates)]
    return runs


def _run(claim: Claim, arm: ArmPlan, replicate: int) -> Figures:
    raw = arm.run(replicate, "core", lambda share: None)
    found, _ = metrics.figures(raw.facts, raw.records, of=claim.metrics)
    return {(figure.name, figure.scope): figure.value for figure in found}


def _shorter_s(scenario: Scenario) -> float:
    """A horizon that leaves a tenth of the time behind the warm-up."""
    warm_up_s = 0.0 if scenario.warm_up_s == "auto" else scenario.warm_up_s
    return warm_up_s + (scenario.horizon_s - warm_up_s) * QUICK


def _figures(effect: Effect, setting: Setting, runs: list[Figures]) -> np.ndarray:
    return np.array([effect.of(run, setting) for run in runs], np.float64)


def _measured(effect: Effect, setting: Setting, base: np.ndarray, rival: np.ndarray) -> Measured:
    estimate, kept = _estimate(effect, base, rival)
    return Measured(
        setting,
        estimate.value,
        estimate.low,
        estimate.high,
        math.nan if effect.how == "level" else float(np.mean(base)),
        float(np.mean(rival)),
        len(rival),
        kept,
        judge(effect, estimate),
    )


def _estimate(effect: Effect, base: np.ndarray, rival: np.ndarray) -> tuple[Estimate, float]:
    """The effect over the replicates and what the shared luck left of its variance; nan where one has no figure."""
    needed = rival if effect.how == "level" else np.concatenate([base, rival])
    if not np.isfinite(needed).all() or (effect.how == "ratio" and (needed <= 0).any()):
        return Estimate(math.nan), math.nan
    if effect.how == "level":
        return replications(rival), math.nan
    if effect.how == "difference":
        found = paired(rival, base)
        return found.difference, found.variance_ratio
    found = paired(np.log(rival), np.log(base))  # the mean of ratios is their geometric mean
    low, high = found.difference.low, found.difference.high
    ends = (None, None) if low is None or high is None else (math.exp(low), math.exp(high))
    return Estimate(math.exp(found.difference.value), *ends, found.difference.method), found.variance_ratio
