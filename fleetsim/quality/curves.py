"""Figures of a trade-off between quality and cost: PGR, APGR, CPT (RouteLLM) and AIQ (RouterBench)."""

from __future__ import annotations

import math

import numpy as np


def pgr(quality: np.ndarray | float, weak: float, strong: float) -> np.ndarray | float:
    """Performance gap recovered: how far from the weak model's quality to the strong one's (arXiv:2406.18665)."""
    return (quality - weak) / (strong - weak)


def apgr(share: np.ndarray, recovered: np.ndarray) -> float:
    """Average PGR over the share of strong calls from 0 to 1; points in ascending order of the share."""
    return float(np.trapezoid(recovered, share))


def cpt(share: np.ndarray, recovered: np.ndarray, target: float) -> float:
    """Call-performance threshold: the least share of strong calls at which PGR reaches the target; nan if never.

    Straight between the points, which are in ascending order of the share.
    """
    reached = np.flatnonzero(recovered >= target)
    if not len(reached):
        return math.nan
    first = int(reached[0])
    if first == 0:
        return float(share[0])
    low, high = recovered[first - 1], recovered[first]
    return float(share[first - 1] + (share[first] - share[first - 1]) * (target - low) / (high - low))


def aiq(cost: np.ndarray, quality: np.ndarray) -> float:
    """Average improvement in quality: the mean of the non-decreasing convex hull of quality over cost.

    RouterBench (arXiv:2403.12031), section 3: mixing two systems at random reaches all points between them. nan for
    fewer than two costs.
    """
    points = sorted(zip(map(float, cost), map(float, quality), strict=True))
    hull: list[tuple[float, float]] = []
    for point in points:
        if hull and point[0] == hull[-1][0]:
            if point[1] <= hull[-1][1]:
                continue
            hull.pop()
        while len(hull) > 1 and _below(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    if len(hull) < 2:
        return math.nan
    costs, best = np.array(hull).T
    return float(np.trapezoid(np.maximum.accumulate(best), costs) / (costs[-1] - costs[0]))


def _below(first: tuple[float, float], middle: tuple[float, float], last: tuple[float, float]) -> bool:
    """Whether the middle point is on or below the line between the others."""
    return (middle[1] - first[1]) * (last[0] - first[0]) <= (last[1] - first[1]) * (middle[0] - first[0])
