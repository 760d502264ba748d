"""From a scenario to the tables that say which answers are right: one order of models for all its architectures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from fleetsim.errors import InputFaults
from fleetsim.quality.answers import Quality, unjudged
from fleetsim.quality.assemble import quality_tables
from fleetsim.quality.known import Known, accuracies, pool_models
from fleetsim.quality.outcomes import EVERY_DOMAIN, Outcomes
from fleetsim.scenario.quality import (
    MOST_MODELS,
    DomainFigures,
    ModelQuality,
    QualitySettings,
    common_share,
    settled,
)

if TYPE_CHECKING:
    from fleetsim.scenario import Loaded


@dataclass(frozen=True)
class Judged:
    """Who is judged in a scenario, and how.

    The rows of the tables are the same for every architecture, so that all see the same draws.
    """

    names: tuple[str, ...] = ()  # judged models, by row
    domains: tuple[str, ...] = ()  # of the workload
    figures: tuple[DomainFigures, ...] = ()  # by domain
    tables: Quality = field(default_factory=unjudged)
    accuracy: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))  # [model, domain]
    sources: tuple[tuple[str, str, float, str, str], ...] = ()  # model, domain, accuracy, source, confidence
    lacking: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)  # (architecture, pool) -> domains
    notes: tuple[str, ...] = ()
    rows: Mapping[tuple[str, str], int] = field(default_factory=dict)  # (architecture, pool)

    def row(self, architecture: str, pool: str) -> int:
        """Row of the model whose answers a pool gives, its prefill side (`chat.prefill`) too; -1: not judged."""
        return self.rows.get((architecture, pool), self.rows.get((architecture, pool.removesuffix(".prefill")), -1))

    @property
    def shared_ease(self) -> tuple[tuple[float, float], ...]:
        """By domain: the variance of ease that a task, and a part of it, bring for all models; none if replayed.

        A model with a share of its own has more or less of both, in the same ratio.
        """
        if len(self.tables.outcomes):
            return ()
        none_alike = (self.tables.common == 0.0).all(axis=0)
        return tuple(
            (f.rho_parts, f.rho_between - f.rho_parts) if f.rho_between > 0.0 or none else (0.0, 1.0)
            for f, none in zip(self.figures, none_alike, strict=True)
        )

    def model(self, name: str) -> int:
        """Row of a model by its name; -1: not judged."""
        return self.names.index(name) if name in self.names else -1

    def ability(self, row: int, domain: int) -> float:
        """What is added to the ease of a task of the domain (by number): right answers are those above 0."""
        return float(self.tables.ability[row, domain])


def judged(loaded: Loaded) -> Judged:
    """The tables of a scenario; empty ones if it has neither a `quality` block nor pools with an `accuracy`.

    Raises InputFaults with all that is wrong with the files it names.
    """
    scenario = loaded.scenario
    settings = scenario.quality or QualitySettings()
    pools = pool_models(scenario)
    if scenario.quality is None and not any(model.own is not None for model in pools.values()):
        return Judged()
    domains = scenario.workload.subjects
    figures = tuple(settled(settings, domain) for domain in domains)
    known, outcomes = accuracies(loaded, settings, pools, dict(zip(domains, figures, strict=True)))
    complete = {name: model for name, model in known.items() if len(model.accuracy) == len(domains)}
    _check(loaded, complete, figures, domains)
    names = tuple(complete)
    shares = [[model.accuracy[domain].value for domain in domains] for model in complete.values()]
    accuracy = np.array(shares).reshape(len(names), len(domains))
    matrix, rows, notes = _replayed(outcomes, names, domains)
    knobs = [settings.models.get(name, ModelQuality()) for name in names]
    families = [knob.family or model.family for knob, model in zip(knobs, complete.values(), strict=True)]
    # A pool's own accuracy makes a model of it, whatever other architectures say of a pool of that name.
    labels = {model.name: place[1] for place, model in pools.items() if model.own is not None}
    salted = [labels.get(name, name) for name in names]
    common = [[common_share(settings, name, domain) for domain in domains] for name in names]
    tables = quality_tables(
        accuracy, figures, knobs, families, matrix, rows, salted, np.array(common).reshape(accuracy.shape)
    )
    return Judged(
        names=names,
        domains=domains,
        figures=figures,
        tables=tables,
        accuracy=accuracy,
        sources=tuple((name, d, *found) for name, model in complete.items() for d, found in model.accuracy.items()),
        lacking={
            place: tuple(d for d in domains if d not in known[model.name].accuracy)
            for place, model in pools.items()
            if model.name not in complete
        },
        notes=notes,
        rows={place: names.index(model.name) for place, model in pools.items() if model.name in complete},
    )


def _check(loaded: Loaded, known: dict[str, Known], figures: Iterable[DomainFigures], domains: tuple[str, ...]) -> None:
    """Raises InputFaults where accuracies cannot be, whatever file they come from."""
    faults = []
    if len(known) > MOST_MODELS:
        faults.append(
            loaded.fault("quality", f"names {len(known)} models; at most {MOST_MODELS}: leave out unused ones")
        )
    for domain, figure in zip(domains, figures, strict=True):
        for name, model in known.items():
            share = model.accuracy[domain].value
            if share > 1 - figure.unsolvable + 1e-9:
                solvable = f"more than the {1 - figure.unsolvable:g} of {domain} that is solvable"
                faults.append(
                    loaded.fault("quality", f"{name} is right in {share:g}, {solvable}; write less `unsolvable`")
                )
    if faults:
        raise InputFaults(faults)


def _replayed(
    outcomes: Outcomes | None, names: tuple[str, ...], domains: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Rows of recorded outcomes by domain, where each domain's rows are, and notes on those left out."""
    if outcomes is None:
        return np.zeros((0, 0), np.int8), np.zeros((len(domains), 2), np.int64), ()
    parts = [outcomes.of(names, recorded(outcomes, domain)) for domain in domains]
    sizes = np.array([len(part) for part in parts])
    first = np.cumsum(sizes) - sizes
    return np.concatenate(parts), np.stack([first, sizes], axis=1), tuple(_left_out(outcomes, domains, sizes))


def recorded(outcomes: Outcomes, domain: str) -> str:
    """What a domain of the workload is called in the outcomes: all of them are its, if they name none."""
    return domain if domain in outcomes.domains else EVERY_DOMAIN


def _left_out(outcomes: Outcomes, domains: tuple[str, ...], sizes: np.ndarray) -> Iterator[str]:
    for domain, size in zip(domains, sizes, strict=True):
        all_rows = int((outcomes.domain == outcomes.domains.index(recorded(outcomes, domain))).sum())
        if size < all_rows:
            out = f"{all_rows - size} of {all_rows} queries left out"
            yield f"outcomes of {domain}: {out}, not every model answered them"
