"""`fleetsim.search`: the best combination of a space too large to try, found trial by trial."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fleetsim.errors import InputFaults
from fleetsim.scenario import Loaded
from fleetsim.scenario.slo import targets
from fleetsim.study.capacity.bench import FRESH
from fleetsim.study.capacity.space import equipped
from fleetsim.study.code import code_version
from fleetsim.study.kept import Runs
from fleetsim.study.leaders import MONEY, TIME, heading_of
from fleetsim.study.points import Heading
from fleetsim.study.provenance import provenance
from fleetsim.study.run import asked
from fleetsim.study.search.answer import Search, Tried
from fleetsim.study.search.sampling import Combination, Sampling, check_sampler
from fleetsim.study.sweep import run_points
from fleetsim.study.variants import changed, concerns
from fleetsim.study.whatif.design import Factor
from fleetsim.study.whatif.factors import factors_of
from fleetsim.study.whatif.trials import Laboratory, Trial

TRIALS, LEAST_REPLICATIONS = 100, 5


def search(
    scenario: Loaded | str | Path,
    *,
    vary: Sequence[str] = (),
    figure: str | None = None,
    trials: int = TRIALS,
    sampler: str = "tpe",
    together: int = 1,
    storage: str | None = None,
    replications: int | None = None,
    seed: int | None = None,
    sets: Sequence[str] = (),
    runs: Runs | None = None,
    tell: Callable[[str, float], None] = lambda doing, share: None,
) -> Search:
    """Search the values of `vary` and the architectures for the best mean of a figure.

    `figure` is such as 'ttft_p99 class chat'; by default dollars per task within its targets, or the p99 of whole
    answers where there are no targets. `sampler`: 'tpe' (Bergstra et al. 2011, by Optuna) learns from the trials so
    far, 'random' does not. `together` trials are asked at a time, for as many workers. `storage` keeps the trials where
    Optuna keeps them, such as sqlite:///search.db: the same search begun again goes on with them. The same seed,
    `together` and trials give the same answer, whoever simulates and however often it was killed.

    Raises InputFaults with all faults before anything runs, NoOptuna without Optuna, EngineFault if a law breaks.
    """
    check_sampler(sampler)
    loaded = asked(scenario, "core", replications, seed, sets)
    factors = factors_of(loaded, vary)
    count = max(loaded.scenario.replications, LEAST_REPLICATIONS) if replications is None else replications
    laboratory = Laboratory(loaded, runs or (lambda points: run_points(points, workers=1)), count)
    standing = laboratory.trials([{}])
    tell("the scenario as it stands", 0.0)
    heading = heading_of(figure or _usual(loaded), laboratory.results(standing[0])[0])
    own = {name: [f for f in factors if concerns(loaded, f.path, name)] for name in loaded.scenario.architectures}
    name = _name(loaded, [vary, own, heading.key, count])
    drawn = Sampling(own, sampler=sampler, better=heading.better, seed=loaded.scenario.seed, name=name, storage=storage)
    hunt = _Hunt(laboratory, heading, drawn)
    hunt.run(trials, together, tell)
    about = provenance(loaded, [loaded], "core", "search")
    words = [*(f"--vary={one}" for one in vary), f"--figure={heading.key}", f"--trials={trials}"]
    words += [f"--sampler={sampler}", f"--together={together}"]
    about["command"] += words + ([] if replications is None else [f"--replications={replications}"])
    return hunt.found(standing, drawn.answered()[:trials], sampler, own, about)


def _usual(loaded: Loaded) -> str:
    """What to judge by if nobody says: a scenario may stand so that no task is within its target."""
    slos = map(targets, loaded.scenario.workload.classes.values())
    return MONEY if any(t is not None for slo in slos for t in (slo.ttft_s, slo.tpot_s, slo.e2e_s)) else TIME


def _name(loaded: Loaded, about: list[Any]) -> str:
    """What the search is called in a storage: one of another scenario, space or code is another search."""
    text = json.dumps([loaded.resolved(), code_version(), repr(about)])
    return f"fleetsim {loaded.scenario.name} {hashlib.sha256(text.encode()).hexdigest()[:16]}"


class _Hunt:
    """Trials as they are made and answered."""

    def __init__(self, laboratory: Laboratory, heading: Heading, drawn: Sampling) -> None:
        self._laboratory, self._heading, self._drawn = laboratory, heading, drawn
        self._impossible: dict[Trial, str] = {}

    def run(self, trials: int, together: int, tell: Callable[[str, float], None]) -> None:
        """Ask and answer until there are so many trials; those of an earlier go are made again, or known."""
        self._make(self._drawn.answered()[:trials])
        while (done := len(self._drawn.answered())) < trials:
            batch = self._drawn.ask(min(together, trials - done))
            tell(f"trial {done + 1:,} of {trials:,}", done / trials)
            self._make([combination for _, combination in batch])
            for trial, combination in batch:
                self._drawn.answer(trial, self._value(Trial(*combination)))

    def found(
        self,
        standing: list[Trial],
        asked_for: list[Combination],
        sampler: str,
        own: dict[str, list[Factor]],
        about: dict[str, Any],
    ) -> Search:
        """What came of it, the best confirmed under fresh luck."""
        first: dict[Trial, int] = {}
        for number, combination in enumerate(asked_for, start=1):
            first.setdefault(Trial(*combination), number)
        made = [trial for trial in first if trial not in self._impossible]
        ranked = sorted(made, key=lambda trial: (self._cost(trial), first[trial]))
        scenario, better = self._laboratory.loaded.scenario, self._heading.better
        found = Search(
            name=scenario.name,
            question=scenario.question,
            figure=self._heading.key,
            unit=self._heading.unit,
            better=better,
            sampler=sampler,
            trials=len(asked_for),
            combinations=sum(math.prod(len(f.values) for f in factors) for factors in own.values()),
            replications=self._laboratory.count,
            standing=tuple(self._tried(trial, None) for trial in standing),
            ranked=tuple(self._tried(trial, first[trial]) for trial in ranked),
            confirmed=None,
            notes=self._notes(first),
            table=self._laboratory.table(),
            provenance=about,
        )
        if found.best is None:
            return found
        confirmed = self._laboratory.fresh(ranked[0], FRESH, self._heading.key)
        return Search(**vars(found) | {"confirmed": confirmed})

    def _make(self, combinations: list[Combination]) -> None:
        """Simulate what can be built of it, together."""
        trials = [Trial(*combination) for combination in combinations]
        for trial in trials:
            try:
                equipped(changed(self._laboratory.loaded, dict(trial.values)), trial.architecture)
            except InputFaults as error:
                self._impossible[trial] = error.faults[0].what
        self._laboratory.make([trial for trial in trials if trial not in self._impossible])

    def _value(self, trial: Trial) -> float:
        return math.nan if trial in self._impossible else self._laboratory.estimate(trial, self._heading.key).value

    def _cost(self, trial: Trial) -> float:
        value = self._value(trial)
        if not math.isfinite(value):
            return math.inf
        return -value if self._heading.better == "higher" else value

    def _tried(self, trial: Trial, number: int | None) -> Tried:
        estimate = self._laboratory.estimate(trial, self._heading.key)
        return Tried(trial.name, trial.architecture, dict(trial.values), estimate, number)

    def _notes(self, tried: dict[Trial, int]) -> tuple[str, ...]:
        out = [
            f"{trial.name} cannot be built: {self._impossible[trial]}" for trial in tried if trial in self._impossible
        ]
        return (*out[:5], *([f"and {len(out) - 5} more that cannot be built"] if len(out) > 5 else []))
