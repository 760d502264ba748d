"""A study prepared for reading: labels, looks and the tasks that count, worked out once for all sections."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from fleetsim.findings import Difference, Finding
from fleetsim.metrics.contract import ClassFacts, Figure, PoolFacts, RunFacts
from fleetsim.report.named import mentioned
from fleetsim.report.palette import Key, Look, look
from fleetsim.report.words import label
from fleetsim.tables import Status

if TYPE_CHECKING:
    from fleetsim.study.results import Arm, Run, Study

Found = TypeVar("Found", bound=Finding)


@dataclass(frozen=True)
class ArmView:
    """One arm with its label and look."""

    index: int
    arm: Arm
    label: str
    look: Look

    @property
    def key(self) -> Key:
        """The arm's label and look as legends and tables show them."""
        return Key(self.label, self.look)

    @property
    def first(self) -> Run:
        """The first replicate, which timelines are drawn of."""
        return self.arm.runs[0]

    @property
    def facts(self) -> RunFacts:
        """The facts that the arm's replicates share."""
        return self.first.facts

    @cached_property
    def pool_labels(self) -> tuple[str, ...]:
        """Labels of the pools, no two alike."""
        return distinct([p.name for p in self.facts.pools])

    def figure(self, name: str, scope: str = "all") -> Figure | None:
        """The figure if it exists and is defined."""
        found = self.arm.figure(name, scope)
        return found if found is not None and math.isfinite(found.value) else None

    def pool_figure(self, name: str, pool: PoolFacts) -> Figure | None:
        """A figure of one pool."""
        return self.figure(name, f"pool {pool.name}")

    def usd_per_hour(self, pool: PoolFacts) -> float:
        """What a pool costs: its machines, or what was paid for tokens in these runs."""
        if not pool.tariff:
            return pool.replicas * pool.usd_per_s * 3600
        paid = self.pool_figure("usd_per_hour", pool)
        return paid.value if paid else 0.0

    def finished(self, *columns: str) -> tuple[np.ndarray, ...]:
        """Columns of the answered tasks that arrived between warm-up and horizon, of all replicates."""
        parts = []
        for run in self.arm.runs:
            tasks = run.records.tasks
            kept = (tasks["arrival_ns"] >= run.warm_up_s * 1e9) & np.isin(
                tasks["status"], (Status.FINISHED, Status.CUT)
            )
            parts.append([np.asarray(tasks[column][kept]) for column in columns])
        return tuple(np.concatenate(part) for part in zip(*parts, strict=True))

    def share(self, *outcomes: str) -> float:
        """Share of the arrived tasks with these outcomes (in_flight, cut, ...): the figures of these names together."""
        arrived, counts = self.figure("arrived"), [self.figure(name) for name in outcomes]
        if arrived is None or arrived.value <= 0:
            return 0.0
        return sum(count.value for count in counts if count is not None) / arrived.value


class View:
    """The whole study, prepared."""

    def __init__(self, study: Study) -> None:
        self.study = study
        names = [arm.name for arm in study.arms]
        others = [(name, of) for name, of in dict(mentioned(study.findings)).items() if name not in names]
        labels = distinct([*names, *(name for name, _ in others)])
        self.arms = tuple(ArmView(i, arm, labels[i], look(i)) for i, arm in enumerate(study.arms))
        self._keys = {arm.arm.name: arm.key for arm in reversed(self.arms)}  # of two of one name the first
        looks = {arm.facts.architecture: arm.look for arm in reversed(self.arms)}
        for text, (name, of) in zip(labels[len(names) :], others, strict=True):
            new = look(len(names) + len(looks) - len({arm.facts.architecture for arm in self.arms}))
            self._keys[name] = Key(text, looks.setdefault(of or name, new))

    def found(self, kind: type[Found]) -> list[Found]:
        """The study's findings of one kind, in order."""
        return [finding for finding in self.study.findings if isinstance(finding, kind)]

    @property
    def keys(self) -> tuple[Key, ...]:
        """The arms' labels and looks in order."""
        return tuple(arm.key for arm in self.arms)

    def key(self, name: str) -> Key:
        """Label and look of an arm, or of another alternative that the findings name."""
        return self._keys[name]

    def told_apart(self, figure: str, one: ArmView, other: ArmView) -> bool:
        """Whether two arms differ in a figure of all tasks by more than luck: by their paired difference where the
        study has one, else by whether their intervals are apart."""
        for found in self.found(Difference):
            if found.figure == figure and found.scope == "all" and {found.a, found.b} == {one.arm.name, other.arm.name}:
                return found.verdict != "no evidence"
        return apart(one.figure(figure), other.figure(figure))

    @property
    def labels(self) -> list[str]:
        """The arms' labels in order."""
        return [arm.label for arm in self.arms]

    @cached_property
    def classes(self) -> tuple[tuple[str, ClassFacts], ...]:
        """Label and facts of every task class, over all arms, in order of first mention."""
        found: dict[str, ClassFacts] = {}
        for arm in self.arms:
            for facts in arm.facts.classes:
                found.setdefault(facts.name, facts)
        return tuple(zip(distinct(list(found)), found.values(), strict=True))

    @property
    def has_targets(self) -> bool:
        """Whether any class has a target."""
        return any(t is not None for _, c in self.classes for t in (c.ttft_s, c.tpot_s, c.e2e_s))

    @property
    def goal(self) -> float:
        """The share of tasks an arm must keep within their targets to be good enough, the highest of all arms."""
        return max(arm.facts.attainment_goal for arm in self.arms)

    @property
    def judged(self) -> bool:
        """Whether answers were judged: some arm has an accuracy."""
        return any(arm.figure("accuracy") for arm in self.arms)

    def ranked(self, name: str, among: Sequence[ArmView] | None = None) -> list[ArmView]:
        """Arms that have the figure of all tasks, the better ones first."""
        found = [(arm, arm.figure(name)) for arm in (self.arms if among is None else among)]
        have = [(arm, figure) for arm, figure in found if figure is not None]
        sign = -1.0 if have and have[0][1].better == "higher" else 1.0
        return [arm for arm, figure in sorted(have, key=lambda pair: (sign * pair[1].value, pair[0].index))]


EXACT = ("usd_per_hour", "cost_share")
"""Figures that follow from the scenario alone; another figure without an interval is one of too few tasks."""


def known(figure: Figure) -> bool:
    """Whether it is known how sure the figure is."""
    return figure.name in EXACT or (figure.low is not None and figure.high is not None)


def apart(one: Figure, other: Figure) -> bool:
    """Whether the intervals do not touch, so that the difference is more than luck; exact figures differ if unequal."""
    low_one, high_one = _ends(one)
    low_other, high_other = _ends(other)
    return high_one < low_other or high_other < low_one


def _ends(figure: Figure) -> tuple[float, float]:
    if figure.low is None or figure.high is None:
        return figure.value, figure.value
    return figure.low, figure.high


def distinct(names: list[str]) -> tuple[str, ...]:
    """Labels for names, numbered where two would read alike."""
    out: list[str] = []
    for name in names:
        text, number = label(name), 1
        while (text if number == 1 else f"{text} ({number})") in out:
            number += 1
        out.append(text if number == 1 else f"{text} ({number})")
    return tuple(out)
