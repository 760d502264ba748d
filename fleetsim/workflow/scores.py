"""Verifiers: from what users know of them to the scores that engines draw.

Scores of wrong answers are standard normal, those of right ones lie higher by a separation: the binormal model of
Swets, "Form of empirical ROCs in discrimination and diagnostic tasks", Psychological Bulletin 99 (1986), in which
AUC = Phi(separation / sqrt 2).
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fleetsim.workflow.nodes import Verify

_NORMAL = NormalDist()
_ACCEPTS = 0.9
_SURE = 8.0  # so far above the threshold no score of a right answer falls below it


def separation(auc: float) -> float:
    """How far scores of right and wrong answers lie apart for a verifier of this AUC."""
    return math.sqrt(2.0) * _NORMAL.inv_cdf(auc)


def threshold(node: Verify) -> tuple[float, float]:
    """(separation, threshold) of a VERIFY that looks at answers; by default nine right answers in ten pass."""
    if node.errors is not None:  # symmetric: both kinds of error are as frequent
        apart = -2.0 * _NORMAL.inv_cdf(node.errors)
        return apart, 0.5 * apart
    if node.detects is not None:
        least = _NORMAL.inv_cdf(node.detects)
        return least + _SURE, least
    apart = separation(node.auc)
    if node.threshold is not None:
        return apart, node.threshold
    return apart, apart - _NORMAL.inv_cdf(_ACCEPTS if node.accepts is None else node.accepts)
