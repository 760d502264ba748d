"""Distributed systems are always more efficient, given diversity."""

from __future__ import annotations

from functools import cache
from statistics import NormalDist

from fleetsim.claims.stated.contract import Claim, Effect, Setting, claim, figure

_MODELS, _MEAN = 5, 0.60
_SPREADS = (0.0, 0.12, 0.24, 0.44, 0.6)
_LINES = (
    ("routed by subject", "routed", 0.6),
    ("vote, rho_between 0.3", "vote", 0.3),
    ("vote, rho_between 0.6", "vote", 0.6),
    ("vote, rho_between 0.9", "vote", 0.9),
)


@cache
def accuracies(spread: float) -> tuple[str, ...]:
    """Overrides: each model is best at one subject; over subjects its abilities are normal quantiles of this spread.

    All models are equally good on average, and the average over subjects stays as it is, whatever the spread.
    """
    normal = NormalDist()
    quantiles = [normal.inv_cdf((2 * n + 1) / (2 * _MODELS)) for n in reversed(range(_MODELS))]
    scale = (sum(q * q for q in quantiles) / _MODELS) ** 0.5
    steps = [spread * q / scale for q in quantiles]
    low, high = -5.0, 5.0
    for _ in range(60):  # the ability at which the mean accuracy is _MEAN
        middle = (low + high) / 2
        mean = sum(normal.cdf(middle + step) for step in steps) / _MODELS
        low, high = (middle, high) if mean < _MEAN else (low, middle)
    return tuple(
        f"quality.accuracy.m{model}.d{subject}={normal.cdf(low + steps[(subject - model) % _MODELS]):.6f}"
        for model in range(_MODELS)
        for subject in range(_MODELS)
    )


claim(
    Claim(
        name="diversity",
        sentence="Distributed systems are always more efficient than one model, given diversity.",
        kinds=("A3", "A13", "A19", "A21"),
        scenario="claim_diversity",
        base="one",
        rival="routed",
        axis="spread of abilities over subjects",
        axis_unit="probit",
        lines="how the models work together",
        settings=tuple(
            Setting(spread, (*accuracies(spread), f"quality.every_domain.rho_between={rho}"), line, rival=rival)
            for line, rival, rho in _LINES
            for spread in _SPREADS
        ),
        effects=(
            Effect("more right answers", "accuracy", figure("accuracy"), "difference", "higher", 0.0, "share"),
            Effect(
                "cheaper right answers", "cost of a right answer", figure("cost_per_correct_usd"), "ratio", "lower", 1.0
            ),
        ),
        premises=(
            "Five models of one price and one mean accuracy, 60 %. Spreads as measured: 0.12 for 29 general models "
            "on MMLU-Pro, 0.24 for 13 flagships, 0.44 for 20 small specialists. The router is right in 90 % of "
            "tasks.",
        ),
    )
)
