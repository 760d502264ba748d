"""How often each model is right, and where that is known from: the scenario, its files, the model profiles."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fleetsim.catalog import load_model
from fleetsim.catalog.model_profile import ModelProfile
from fleetsim.errors import Fault, FleetsimError, InputFaults
from fleetsim.quality.outcomes import EVERY_DOMAIN, Outcomes, read_outcomes
from fleetsim.quality.table import read_table
from fleetsim.scenario.files import inside
from fleetsim.scenario.quality import DomainFigures, QualitySettings

if TYPE_CHECKING:
    from fleetsim.scenario import Loaded
    from fleetsim.scenario.schema import Pool, Scenario


class Accuracy(NamedTuple):
    """A share of right answers with where it comes from."""

    value: float
    source: str
    confidence: str


@dataclass(frozen=True)
class Known:
    """What is known of one model."""

    family: str
    accuracy: dict[str, Accuracy]  # by domain of the workload, where it is known


class PoolModel(NamedTuple):
    """Whose answers a pool gives."""

    name: str  # of the judged model
    profile: str | None  # of the model it is, or was made from
    own: float | dict[str, float] | None  # accuracy said at the pool itself


def pool_models(scenario: Scenario) -> dict[tuple[str, str], PoolModel]:
    """(architecture, pool) -> whose answers it gives.

    A pool with an accuracy of its own is a model named as the pool: the same one in all architectures if they say the
    same of it.
    """
    taken = set(scenario.quality.accuracy) if scenario.quality else set()
    owners: dict[str, Pool] = {}
    found = {}
    for architecture_name, architecture in scenario.architectures.items():
        for name, pool in (architecture.pools | architecture.changed_pools()).items():
            if pool.accuracy is None:
                model = pool.judged_as or pool.model or name
                found[architecture_name, name] = PoolModel(model, pool.model if pool.judged_as is None else None, None)
                continue
            first = owners.setdefault(name, pool)
            same = (first.accuracy, first.model) == (pool.accuracy, pool.model) and name not in taken
            own_name = name if same else f"{name} ({architecture_name})"
            found[architecture_name, name] = PoolModel(own_name, pool.model, pool.accuracy)
    return found


def accuracies(
    loaded: Loaded,
    settings: QualitySettings,
    pools: dict[tuple[str, str], PoolModel],
    domains: dict[str, DomainFigures],
) -> tuple[dict[str, Known], Outcomes | None]:
    """Every model that the scenario or its files name, then the other pools' models; and the outcomes to replay.

    The first to say something is believed: the pool itself, `quality.accuracy`, the table or the outcomes, the profile.
    Raises InputFaults with the faults of both files.
    """
    table, outcomes = _files(loaded, settings, domains)
    names = dict.fromkeys([*settings.accuracy, *table, *(outcomes.models if outcomes else ())])
    by_name = {model.name: model for model in pools.values()}
    judges_profiles = loaded.scenario.quality is not None and outcomes is None
    found = {}
    for name in [*names, *(name for name in by_name if name not in names)]:
        model = by_name.get(name, PoolModel(name, None, None))
        profile = _profile(model.profile or name, loaded.base)
        own = _given(model.own, domains, "the scenario's pool") | _given(
            settings.accuracy.get(name), domains, "the scenario"
        )
        if model.own is None:
            own = _from_file(table.get(name, {}), domains, settings.table or "") | own
            own = _measured(outcomes, name, domains, settings.outcomes or "") | own
            if profile is not None and judges_profiles:
                own = _capability(profile, domains) | own
        found[name] = Known(_family(profile) if profile else name, {d: own[d] for d in domains if d in own})
    return found, outcomes


def _files(
    loaded: Loaded, settings: QualitySettings, domains: Iterable[str]
) -> tuple[dict[str, dict[str, float]], Outcomes | None]:
    faults: list[Fault] = []
    table: dict[str, dict[str, float]] = {}
    outcomes = None
    for key, name in (("table", settings.table), ("outcomes", settings.outcomes)):
        if name is None:
            continue
        try:
            path = inside(loaded.base, name)
            if key == "table":
                table = read_table(path, name)
            else:
                outcomes = read_outcomes(path, name)
        except InputFaults as error:
            faults += error.faults
        except ValueError as error:
            faults.append(loaded.fault(f"quality.{key}", str(error)))
    if outcomes is not None and EVERY_DOMAIN not in outcomes.domains:
        there = ", ".join(outcomes.domains)
        faults += [
            loaded.fault("quality.outcomes", f"has no queries of domain {domain!r}; its domains are {there}")
            for domain in domains
            if domain not in outcomes.domains
        ]
    if faults:
        raise InputFaults(faults)
    return table, outcomes


def _profile(name: str, base: Path) -> ModelProfile | None:
    try:
        return load_model(name, base)
    except FleetsimError:  # a pool's model that is faulty is a fault where the pool is equipped
        return None


def _family(profile: ModelProfile) -> str:
    """Whose model it is: the family without its version, such as Llama of Llama-3.1 and Llama-3.3."""
    return re.match(r"[^\d]*[^\d\W]|", profile.family)[0] or profile.family


def _given(accuracy: float | dict[str, float] | None, domains: Iterable[str], source: str) -> dict[str, Accuracy]:
    if accuracy is None:
        return {}
    shares = accuracy if isinstance(accuracy, dict) else dict.fromkeys(domains, accuracy)
    return {domain: Accuracy(share, source, "given") for domain, share in shares.items()}


def _from_file(row: dict[str, float], domains: dict[str, DomainFigures], name: str) -> dict[str, Accuracy]:
    found = {}
    for domain, figures in domains.items():
        share = row.get(domain, row.get(figures.capability))
        if share is not None:
            found[domain] = Accuracy(share, name, "given")
    return found


def _measured(outcomes: Outcomes | None, model: str, domains: Iterable[str], name: str) -> dict[str, Accuracy]:
    """Shares of right answers among the outcomes that are replayed."""
    if outcomes is None or model not in outcomes.models:
        return {}
    found = {}
    for domain in domains:
        right = outcomes.of(outcomes.models, domain if domain in outcomes.domains else EVERY_DOMAIN)
        if len(right):
            found[domain] = Accuracy(float(right[:, outcomes.models.index(model)].mean()), name, "given")
    return found


def _capability(profile: ModelProfile, domains: dict[str, DomainFigures]) -> dict[str, Accuracy]:
    found = {}
    for domain, figures in domains.items():
        figure = profile.capability.get(figures.capability)
        if figure is not None:
            found[domain] = Accuracy(figure.value, figure.source, figure.confidence)
    return found
