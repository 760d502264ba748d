"""Small specialised models democratise: a small business can afford them."""

from __future__ import annotations

from fleetsim.claims.stated.contract import Claim, Effect, Figures, Setting, claim, figure, value

_TASKS = 5000
"""Of a run; its horizon follows from the requests a day."""

_HOURS_PER_MONTH = 730.0
_LINES = (
    ("small model on a rented card", "small_on_card", (1_000, 10_000, 100_000, 300_000)),
    ("small model on a bought box", "small_on_box", (1_000, 10_000, 30_000)),
    ("small model by the token", "small_rented", (1_000, 10_000, 100_000, 300_000)),
    ("small by the token, then large", "small_then_large", (1_000, 10_000, 100_000, 300_000)),
)


def _usd_per_month(run: Figures, _setting: Setting) -> float:
    return value(run, "usd_per_hour") * _HOURS_PER_MONTH


claim(
    Claim(
        name="small_business",
        sentence="Small models democratise: at a thousand requests a day they are the affordable way to good answers.",
        kinds=("A4", "A16", "A18"),
        scenario="claim_small_business",
        base="large_rented",
        rival="small_on_card",
        metrics=("accuracy", "cost", "latency", "per_correct"),
        axis="requests a day",
        lines="which way, against the large model by the token",
        factors=True,
        settings=tuple(
            Setting(
                requests,
                (f"workload.arrivals.rate={requests} per d", f"horizon={_TASKS * 86_400 / requests:.6g} s"),
                line,
                rival=arm,
            )
            for line, arm, volumes in _LINES
            for requests in volumes
        ),
        effects=(
            Effect(
                "cheaper than the large model by the token", "cost of a month", _usd_per_month, "ratio", "lower", 1.0
            ),
            Effect(
                "cheaper right answers", "cost of a right answer", figure("cost_per_correct_usd"), "ratio", "lower", 1.0
            ),
            Effect("at most $100 a month", "cost of a month", _usd_per_month, "level", "lower", 100.0, "USD"),
            Effect("at least 75 % right", "accuracy", figure("accuracy"), "level", "higher", 0.75, "share"),
            Effect("faster", "time to the answer, p50", figure("e2e_p50"), "ratio", "lower", 1.0),
        ),
        premises=(
            "Good enough is taken to be 75 % of MMLU-Pro, affordable $100 a month: both are this claim's own. A "
            "month has 730 hours; the card is rented all the time; the box is paid off over four years, its "
            "electricity left out.",
        ),
    )
)
