"""What a study's arms trade: accuracy against cost, and how much of a strong model's gain they recover."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fleetsim.errors import UnknownName
from fleetsim.quality import curves
from fleetsim.registry import unknown
from fleetsim.study.results import Arm, Study


@dataclass(frozen=True)
class Recovery:
    """How arms between a weak and a strong one do, by the share of tasks that the strong model answers."""

    arms: tuple[str, ...]  # by share
    share: np.ndarray  # float64[arm]: of tasks answered by the strong model's pools
    pgr: np.ndarray  # float64[arm]: performance gap recovered
    apgr: float
    cpt50: float
    cpt80: float


def points(study: Study, cost: str = "usd_per_task") -> list[tuple[str, float, float]]:
    """(arm, cost, accuracy) of every arm whose answers are judged; `cost` is the name of any figure over all tasks."""
    found = [(arm.name, arm.value(cost), arm.value("accuracy")) for arm in study.arms]
    return [point for point in found if math.isfinite(point[1]) and math.isfinite(point[2])]


def aiq(study: Study, cost: str = "usd_per_task") -> float:
    """Average improvement in quality (RouterBench) of the study's arms; nan for fewer than two judged ones."""
    found = points(study, cost)
    if len(found) < 2:
        return math.nan
    _, costs, accuracies = zip(*found, strict=True)
    return curves.aiq(np.array(costs), np.array(accuracies))


def recovery(study: Study, weak: str, strong: str) -> Recovery:
    """PGR of every arm between two, and APGR, CPT(50 %) and CPT(80 %) along them (RouteLLM, arXiv:2406.18665).

    `weak` and `strong` are arms in which one model answers all. An arm counts by the share of tasks answered by the
    model that answers most in `strong`. Raises UnknownName for an arm there is not.
    """
    arms = {arm.name: arm for arm in study.arms}
    for name in (weak, strong):
        if name not in arms:
            raise UnknownName(unknown("arm", name, arms))
    low, high = (arms[name].value("accuracy") for name in (weak, strong))
    model = max(_shares(arms[strong]).items(), key=lambda item: item[1])[0]
    judged = [arm for arm in study.arms if math.isfinite(arm.value("accuracy"))]
    shares = [_shares(arm).get(model, 0.0) for arm in judged]
    order = np.argsort(shares, kind="stable")
    share = np.array(shares)[order]
    pgr = np.array([curves.pgr(judged[n].value("accuracy"), low, high) for n in order])
    return Recovery(
        arms=tuple(judged[n].name for n in order),
        share=share,
        pgr=pgr,
        apgr=curves.apgr(share, pgr),
        cpt50=curves.cpt(share, pgr, 0.5),
        cpt80=curves.cpt(share, pgr, 0.8),
    )


def _shares(arm: Arm) -> dict[str, float]:
    """Share of tasks answered by each model, pools of one model together."""
    found: dict[str, float] = {}
    for pool in arm.runs[0].facts.pools:
        share = arm.value("answer_share", f"pool {pool.name}")
        found[pool.answers_as] = found.get(pool.answers_as, 0.0) + (share if math.isfinite(share) else 0.0)
    return found
