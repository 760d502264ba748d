"""`fleetsim.whatif`: what becomes of the figures if this or that were otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fleetsim.errors import InputFaults, UnknownName
from fleetsim.metrics.contract import unknown_figure
from fleetsim.registry import unknown
from fleetsim.scenario import Loaded
from fleetsim.scenario.document import look, parts
from fleetsim.study.kept import Runs
from fleetsim.study.provenance import provenance
from fleetsim.study.run import asked
from fleetsim.study.sweep import run_points
from fleetsim.study.whatif.answer import Row, WhatIf
from fleetsim.study.whatif.break_even import BreakEven, break_evens
from fleetsim.study.whatif.curves import Response, rank_correlations, responses, tornado
from fleetsim.study.whatif.design import Factor, design_of
from fleetsim.study.whatif.factors import factors_of
from fleetsim.study.whatif.sensitivity import METHODS, Influence, combinations_of, influences, library
from fleetsim.study.whatif.trials import Laboratory, Trial, scoped

FIGURES = (
    "slo_attainment",
    "ttft_p99",
    "tpot_p99",
    "e2e_p99",
    "usd_per_million_output_tokens",
    "joules_per_output_token",
)
"""What is shown unless figures are named."""

LEAST_REPLICATIONS = 5
"""Fewer runs than these show no interval worth the name."""


def whatif(
    scenario: Loaded | str | Path,
    *,
    vary: Sequence[str] = (),
    design: str = "grid",
    samples: int = 64,
    figures: Sequence[str] = (),
    break_even: str | None = None,
    between: tuple[str, str] | None = None,
    sensitivity: str | None = None,
    replications: int | None = None,
    seed: int | None = None,
    sets: Sequence[str] = (),
    runs: Runs | None = None,
) -> WhatIf:
    """Vary paths of a scenario and say what becomes of its figures, all arms under the same luck.

    `vary` are `path=a,b,c` or `path=lo:hi:n` beside the scenario's `vary:` block. `design`: 'grid' (all combinations),
    'one-at-a-time' (a tornado) or 'latin' (a hypercube of `samples` points between the ends of the values). `figures`
    are such as 'ttft_p99' or 'ttft_p99 class chat'. `break_even`: the figure in which architectures (`between` two of
    them, or all) are searched for crossings along the one path that varies. `sensitivity`: 'sobol' or 'morris', with
    `samples` as its size. `runs` simulates points: one after the other here by default.

    Raises InputFaults with all faults before anything runs, NoSensitivity without SALib, EngineFault if a law breaks.
    """
    loaded = asked(scenario, "core", replications, seed, sets)
    factors = factors_of(loaded, vary)
    rule = design_of(design)
    if sensitivity is not None:
        _check_method(sensitivity)
    if break_even is not None:
        _check_break_even(loaded, factors, between)
    count = max(loaded.scenario.replications, LEAST_REPLICATIONS) if replications is None else replications
    laboratory = Laboratory(loaded, runs or (lambda points: run_points(points, workers=1)), count)
    trials = laboratory.trials(rule(factors, samples, loaded.scenario.seed))
    shown = _figures(laboratory, trials, [*figures, *([break_even] if break_even else [])], bool(figures))
    laboratory.make(trials)
    crossings = None if break_even is None else break_evens(laboratory, factors[0], break_even, between)
    ranked = None if sensitivity is None else influences(sensitivity, laboratory, factors, shown, samples)
    words = [*(f"--vary={one}" for one in vary), f"--design={design}", *(f"--figure={figure}" for figure in figures)]
    words += [f"--break-even={break_even}"] if break_even else []
    words += ["--between", *between] if between else []
    words += [f"--sensitivity={sensitivity}"] if sensitivity else []
    words += [f"--samples={samples}"] if sensitivity or design == "latin" else []
    words += [] if replications is None else [f"--replications={replications}"]
    found = _gathered(laboratory, design, factors, trials, shown, break_even, crossings, ranked, sensitivity, samples)
    found.provenance["command"] += words
    return found


def _gathered(
    laboratory: Laboratory,
    design: str,
    factors: list[Factor],
    trials: list[Trial],
    shown: list[str],
    sought: str | None,
    crossings: list[BreakEven] | None,
    ranked: list[Influence] | None,
    method: str | None,
    samples: int,
) -> WhatIf:
    """All that was found, with what the design makes of it."""
    loaded = laboratory.loaded
    return WhatIf(
        name=loaded.scenario.name,
        question=loaded.scenario.question,
        design=design,
        figures=tuple(shown),
        factors=tuple(factors),
        rows=tuple(_rows(laboratory, trials, shown)),
        responses=tuple(_responses(laboratory, trials, factors, shown) if design == "grid" else ()),
        swings=tuple(tornado(laboratory, trials, shown) if design == "one-at-a-time" else ()),
        correlations=tuple(_correlations(laboratory, trials, factors, shown) if design == "latin" else ()),
        break_evens=None if crossings is None else tuple(crossings),
        sought=sought,
        influences=None if ranked is None else tuple(ranked),
        method=method,
        replications=laboratory.count,
        runs=laboratory.runs_made,
        table=laboratory.table(),
        samples=0 if method is None else len(combinations_of(method, factors, samples, loaded.scenario.seed)),
        better={figure: _better(laboratory, trials, figure) for figure in shown},
        standing={factor.path: _standing(loaded, factor.path) for factor in factors},
        notes=_notes(laboratory, trials),
        shown=laboratory.shown(),
        resolved=loaded.resolved(),
        provenance=provenance(loaded, [loaded], "core", "whatif"),
    )


def _better(laboratory: Laboratory, trials: Sequence[Trial], figure: str) -> str:
    wanted = scoped(figure)
    found = (f for trial in trials for f in laboratory.results(trial)[0].figures if (f.name, f.scope) == wanted)
    return next(found, None).better


def _standing(loaded: Loaded, path: str) -> Any:
    try:
        return look(loaded.document.data, parts(loaded.document.data, path))
    except (KeyError, IndexError, TypeError):
        return None


def _notes(laboratory: Laboratory, trials: Sequence[Trial]) -> tuple[str, ...]:
    same = [trial.name for trial in trials if laboratory.telling([trial]) == slice(1)]
    if not same:
        return ()
    of = "every arm" if len(same) == len(trials) else ", ".join(same)
    return (
        f"the {laboratory.count} replications of {of} are one and the same run, for all see the same tasks and nothing "
        "else is random: no interval over them can be given",
    )


def _check_method(method: str) -> None:
    if method not in METHODS:
        raise UnknownName(unknown("method of sensitivity", method, METHODS))
    library()


def _check_break_even(loaded: Loaded, factors: list[Factor], between: tuple[str, str] | None) -> None:
    """A break-even needs one path of numbers and two architectures. Raises InputFaults or UnknownName."""
    architectures = loaded.scenario.architectures
    for name in between or ():
        if name not in architectures:
            raise UnknownName(unknown("architecture", name, architectures))
    if len(architectures) < 2:
        raise InputFaults([loaded.fault("architectures", "has one alternative only; two are needed for a break-even")])
    if len(factors) > 1:
        raise InputFaults([loaded.fault("vary", "varies several paths; a break-even is searched along one")])
    if factors[0].scale is None:
        what = "has no numbers of one unit to search between; write two or more, or lo:hi:n"
        raise InputFaults([loaded.fault(f"vary.{factors[0].path}", what)])


def _figures(laboratory: Laboratory, trials: Sequence[Trial], asked: Sequence[str], only: bool) -> list[str]:
    """The figures to show. Raises UnknownName for one that there is not."""
    known = set()
    for trial in {trial.architecture: trial for trial in trials}.values():
        known |= {f"{figure.name} {figure.scope}" for figure in laboratory.results(trial)[0].figures}
    for figure in asked:
        if (figure if " " in figure else f"{figure} all") not in known:
            raise UnknownName(unknown_figure(figure, known))
    return list(dict.fromkeys([*asked, *(() if only else FIGURES)]))


def _rows(laboratory: Laboratory, trials: Sequence[Trial], figures: Sequence[str]) -> list[Row]:
    return [
        Row(
            trial.architecture,
            dict(trial.values),
            figure,
            laboratory.unit(trial, figure),
            laboratory.estimate(trial, figure),
            laboratory.count,
        )
        for trial in trials
        for figure in figures
    ]


def _responses(
    laboratory: Laboratory, trials: Sequence[Trial], factors: Sequence[Factor], figures: Sequence[str]
) -> list[Response]:
    return [each for factor in factors for each in responses(laboratory, trials, factor.path, figures)]


def _correlations(
    laboratory: Laboratory, trials: Sequence[Trial], factors: Sequence[Factor], figures: Sequence[str]
) -> list[tuple[str, str, str, float]]:
    found = []
    for architecture in dict.fromkeys(trial.architecture for trial in trials):
        own = [trial for trial in trials if trial.architecture == architecture]
        numbers: dict[str, Mapping[Trial, float]] = {
            factor.path: {trial: factor.scale.number(trial.value(factor.path)) for trial in own}
            for factor in factors
            if factor.scale is not None and own[0].value(factor.path) is not None
        }
        for figure in figures:
            rows = rank_correlations(laboratory, own, numbers, figure).items()
            found += [(architecture, figure, path, value) for path, value in sorted(rows, key=lambda row: -abs(row[1]))]
    return found
