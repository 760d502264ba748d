"""The door to Optuna: which combination to try next, by what is known of those tried so far."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from fleetsim.errors import FleetsimError, UnknownName
from fleetsim.registry import unknown
from fleetsim.study.whatif.design import Factor

SAMPLERS = ("tpe", "random")
_ARCHITECTURE = "architecture"

Combination = tuple[str, tuple[tuple[str, Any], ...]]
"""An architecture and the values of the paths that concern it."""


class NoOptuna(FleetsimError):
    """Optuna is not installed, or its storage cannot be used."""


def library() -> Any:
    """Optuna, silent. Raises NoOptuna, saying how to install it."""
    try:
        import optuna
    except ImportError:
        what = "a search needs Optuna; install it with: pip install 'fleetsim[optuna]'"
        raise NoOptuna(what) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


class Sampling:
    """The trials of one search, in a storage of Optuna's or in memory.

    What is asked next depends on the seed and on the trials that were answered, on nothing else: so a search that was
    killed and gone on with asks what it would have asked.
    """

    def __init__(
        self,
        factors: Mapping[str, Sequence[Factor]],  # by architecture: those that concern it
        *,
        sampler: str,
        better: str,
        seed: int,
        name: str,
        storage: str | None,
    ) -> None:
        self._optuna, self._factors, self._seed = library(), factors, seed
        self._sampler = sampler
        with _told(storage):
            direction = "maximize" if better == "higher" else "minimize"
            self._study = self._optuna.create_study(
                storage=storage, study_name=name, direction=direction, load_if_exists=True
            )
            self._forget_unanswered()

    def answered(self) -> list[Combination]:
        """The combinations of all trials that have an answer, in the order they were asked."""
        return [self._combination(trial) for trial in self._study.trials if trial.state in self._done]

    def ask(self, count: int) -> list[tuple[Any, Combination]]:
        """So many trials to be run together: what to answer by, and what to try."""
        asked = []
        first = len(self.answered())
        for number in range(first, first + count):
            self._study.sampler = self._sampler_of(number, count)
            trial = self._study.ask()
            asked.append((trial, self._combination(trial)))
        return asked

    def answer(self, trial: Any, value: float) -> None:
        """The figure that the trial's combination has; nan is known to be no good."""
        if math.isfinite(value):
            self._study.tell(trial, value)
        else:
            self._study.tell(trial, state=self._optuna.trial.TrialState.PRUNED)

    @property
    def _done(self) -> tuple[Any, ...]:
        state = self._optuna.trial.TrialState
        return (state.COMPLETE, state.PRUNED)

    def _forget_unanswered(self) -> None:
        """Trials that were under way when a search was killed will have no answer."""
        state = self._optuna.trial.TrialState
        for trial in self._study.trials:
            if trial.state == state.RUNNING:
                self._study.tell(trial.number, state=state.FAIL)

    def _sampler_of(self, number: int, together: int) -> Any:
        seed = (self._seed * 1_000_003 + number) % 2**32
        if self._sampler == "random":
            return self._optuna.samplers.RandomSampler(seed=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it is an experimental feature
            return self._optuna.samplers.TPESampler(seed=seed, constant_liar=together > 1)

    def _combination(self, trial: Any) -> Combination:
        """What a trial tries: one of the past what it was, a new one what the sampler suggests."""
        names = list(self._factors)
        architecture = self._choice(trial, _ARCHITECTURE, names) if len(names) > 1 else names[0]
        return architecture, tuple((f.path, self._value(trial, f)) for f in self._factors[architecture])

    def _value(self, trial: Any, factor: Factor) -> Any:
        """One of the factor's values: by its place among rising numbers where they are numbers, else by name."""
        scale = factor.scale
        if scale is None:
            return self._choice(trial, factor.path, list(factor.values))
        rising = sorted(factor.values, key=scale.number)
        return rising[trial.suggest_int(factor.path, 0, len(rising) - 1)]

    def _choice(self, trial: Any, name: str, values: list[Any]) -> Any:
        if len(values) == 1:
            return values[0]
        return values[trial.suggest_categorical(name, list(range(len(values))))]


def check_sampler(name: str) -> None:
    """Raises UnknownName, with the nearest one, for a sampler that there is not; NoOptuna without Optuna."""
    if name not in SAMPLERS:
        raise UnknownName(unknown("sampler", name, SAMPLERS))
    library()


@contextmanager
def _told(storage: str | None) -> Iterator[None]:
    """What goes wrong with a storage, in words."""
    try:
        yield
    except Exception as error:
        if storage is None:
            raise
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        what = f"the storage {storage} cannot be used ({first[:200]}); write one such as sqlite:///search.db"
        raise NoOptuna(what) from None
