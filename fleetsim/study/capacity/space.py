"""What may be bought: variants (an architecture with its settings) times numbers of replicas, and what each costs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from fleetsim import planning
from fleetsim.errors import InputFaults
from fleetsim.planning import EquippedPool, fleets
from fleetsim.scenario import Loaded
from fleetsim.study.variants import changed, concerns

GROWING = ".replicas"
"""The end of paths along which a fleet only gets better: such a variable is an axis, the others are settings."""


def equipped(loaded: Loaded, architecture: str) -> dict[str, EquippedPool]:
    """The fleets of one architecture as they are equipped; raises InputFaults if one cannot be."""
    alone = loaded.scenario.model_copy(
        update={"architectures": {architecture: loaded.scenario.architectures[architecture]}}
    )
    one = Loaded(alone, loaded.file, loaded.base, loaded.text, {}, loaded.document)
    found = planning.equip(one)
    return {name: found[architecture, name] for name in fleets(alone.architectures[architecture])}


@dataclass(frozen=True)
class Axis:
    """A number of replicas that may be chosen."""

    path: str
    values: tuple[int, ...]  # ascending


@dataclass(frozen=True)
class Variant:
    """An architecture with one value for each setting; what is left to choose are numbers of replicas."""

    loaded: Loaded  # with the settings
    architecture: str
    settings: tuple[tuple[str, Any], ...]
    axes: tuple[Axis, ...]

    @property
    def name(self) -> str:
        """The architecture with its settings."""
        return planning.arm_name(self.architecture, dict(self.settings))

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values each axis has."""
        return tuple(len(axis.values) for axis in self.axes)

    def values(self, index: tuple[int, ...]) -> dict[str, Any]:
        """path -> value of a candidate, its settings included."""
        chosen = {axis.path: axis.values[i] for axis, i in zip(self.axes, index, strict=True)}
        return dict(self.settings) | chosen

    @cached_property
    def equipment(self) -> dict[str, EquippedPool]:
        """Its fleets as they are equipped; raises InputFaults if one cannot be."""
        return equipped(self.loaded, self.architecture)

    @property
    def largest(self) -> Loaded:
        """The scenario with as many replicas as there may be."""
        return changed(self.loaded, {axis.path: axis.values[-1] for axis in self.axes})

    @cached_property
    def counts(self) -> np.ndarray:
        """int64[*shape, fleets]: replicas of every fleet of every candidate."""
        least = [axis.values[0] for axis in self.axes]
        start = self._counts(least)
        growth = [self._counts([v + (i == k) for k, v in enumerate(least)]) - start for i in range(len(self.axes))]
        counts = np.broadcast_to(start, (*self.shape, len(start))).copy()
        for i, axis in enumerate(self.axes):
            along = np.array(axis.values).reshape([-1 if k == i else 1 for k in range(len(self.axes))] + [1])
            counts += (along - axis.values[0]) * growth[i]
        return counts

    def _counts(self, replicas: list[int]) -> np.ndarray:
        paths = {axis.path: value for axis, value in zip(self.axes, replicas, strict=True)}
        architecture = changed(self.loaded, paths).scenario.architectures[self.architecture]
        return np.array([pool.replicas for pool in fleets(architecture).values()], np.int64)

    @cached_property
    def usd_per_hour(self) -> np.ndarray:
        """float64[*shape]: price of every candidate."""
        prices = np.array([pool.usd_per_s * 3600 for pool in self.equipment.values()])
        return np.round(self.counts @ prices, 9)  # equal fleets in another order have equal prices

    def indices(self) -> Iterator[tuple[int, ...]]:
        """Every candidate."""
        return itertools.product(*map(range, self.shape))

    @property
    def pools(self) -> tuple[str, ...]:
        """Its fleets: the pools, and prefill sides."""
        return tuple(self.equipment)


@dataclass(frozen=True)
class Space:
    """All variants that can be built, and how many could not."""

    variants: tuple[Variant, ...]
    impossible: tuple[str, ...]  # variants whose model does not fit, and the like, with the reason

    @property
    def candidates(self) -> int:
        """How many fleets there are to choose from."""
        return sum(math.prod(variant.shape) for variant in self.variants)


def space_of(
    loaded: Loaded, architectures: list[str], variables: Mapping[str, list[Any]], regions: Sequence[str] | None = None
) -> Space:
    """Every variant of the architectures. Those that cannot be built, as their model does not fit or a pool stands
    outside of the `regions` (None: any will do), are told apart.

    Raises InputFaults with every candidate that is faulty by itself, has no price, or if nothing at all can be built.
    """
    _check_each(loaded, variables)
    variants, impossible, faults = [], [], []
    for architecture in architectures:
        own = {path: values for path, values in variables.items() if concerns(loaded, path, architecture)}
        axes = tuple(Axis(path, tuple(sorted(values))) for path, values in own.items() if path.endswith(GROWING))
        settings = {path: values for path, values in own.items() if not path.endswith(GROWING)}
        for picks in itertools.product(*settings.values()):
            chosen = dict(zip(settings, picks, strict=True))
            try:
                variant = Variant(changed(loaded, chosen), architecture, tuple(chosen.items()), axes)
                _check_built(variant, regions)
                variants.append(variant)
            except InputFaults as error:
                faults += error.faults
                impossible.append(f"{planning.arm_name(architecture, chosen)}: {error.faults[0].what}")
    if not variants:
        raise InputFaults(list(dict.fromkeys(faults)))
    _check_prices(variants)
    return Space(tuple(variants), tuple(impossible))


def _check_built(variant: Variant, regions: Sequence[str] | None) -> None:
    """Raises InputFaults for what stands where it must not."""
    for name, equipped_pool in variant.equipment.items():
        where = equipped_pool.pool.region
        if regions is not None and where not in regions:
            place = f"architectures.{variant.architecture}.pools.{name.removesuffix('.prefill')}.region"
            what = f"pool {name} would stand in {where}, which is none of `capacity.regions`"
            raise InputFaults([variant.loaded.fault(place, what)])


def _check_prices(variants: Sequence[Variant]) -> None:
    """Raises InputFaults with every pool whose replicas have no price by the hour to compare fleets by."""
    faults = []
    for variant in variants:
        for name, pool in variant.equipment.items():
            place = f"architectures.{variant.architecture}.pools.{name}"
            if pool.pool.endpoint is not None:
                what = (
                    "is rented by the token: its fleet has no price before it has run, and a search none to go by; "
                    f"leave {variant.architecture} out of `capacity.architectures`, and set it beside the answer with "
                    "`fleetsim sweep --vary PATH.replicas=1:8:8 --best usd_per_slo_met_task`, which prices what ran"
                )
                faults.append(variant.loaded.fault(place, what))
            elif math.isnan(pool.usd_per_s):
                what = "has no price, by which fleets are compared; write `price: $2 per h`, of one replica"
                faults.append(variant.loaded.fault(place, what))
    if faults:
        raise InputFaults(list(dict.fromkeys(faults)))


def _check_each(loaded: Loaded, variables: Mapping[str, list[Any]]) -> None:
    """Every candidate by itself; of numbers of replicas the least and the most."""
    faults = []
    for path, values in variables.items():
        for value in (min(values), max(values)) if path.endswith(GROWING) else values:
            try:
                changed(loaded, {path: value})
            except InputFaults as error:
                faults += error.faults
    if faults:
        raise InputFaults(list(dict.fromkeys(faults)))
