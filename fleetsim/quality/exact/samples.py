"""Several samples of one model: how often at least one is right (pass@k)."""

from __future__ import annotations

from fleetsim.quality.exact.contract import abilities, form, grid, success


@form
def samples(accuracy: float, k: tuple[float, ...] = (1, 5, 10, 100), rho_within: float = 0.86) -> dict[str, float]:
    """pass@k: the share of tasks of which at least one of k samples of a model is right."""
    factor, weights = grid()
    wrong = 1.0 - success(abilities(accuracy), rho_within, factor)[0]
    return {f"pass@{int(n)}": float(1.0 - (wrong ** int(n)) @ weights) for n in k}
