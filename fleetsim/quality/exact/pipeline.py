"""Stages that must all be right, and one retry of a stage that is seen to have failed."""

from __future__ import annotations

from fleetsim.quality.exact.contract import abilities, form, grid, success


@form
def pipeline(accuracy: float, stages: int, rho_parts: float = 0.0, detection: float = 0.0) -> dict[str, float]:
    """A chain of stages that must all be right; a share `detection` of failed ones is seen and tried once again.

    A retry is as good as a first try and independent of it, given the task. Cost is calls a stage.
    """
    factor, weights = grid()
    p = success(abilities(accuracy), rho_parts, factor)[0]
    step = p + (1.0 - p) * detection * p
    return {
        "stage right": float(step @ weights),
        "all right": float((step**stages) @ weights),
        "calls a stage": float((1.0 + (1.0 - p) * detection) @ weights),
    }
