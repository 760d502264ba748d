"""If small models take the demand, the training of a large one is not earned back."""

from __future__ import annotations

from fleetsim.claims.stated.contract import Claim, Effect, Figures, Setting, claim, value

RATE_PER_S = 18.0
"""Tasks a second of one node before any demand leaves, as in the scenario."""

DEMAND_TOKENS_PER_DAY = 168e9
"""Output tokens a day of all nodes (DeepSeek, open-source week, day 6, 2025-03-01: 608e9 in and 168e9 out in a day)."""

MEAN_OUTPUT_TOKENS = 276.0
"""Of a task, as in the scenario; the ratio to prompts is that of the same report."""

INPUT_USD, OUTPUT_USD = 0.27, 1.10
"""Price of a million tokens: DeepSeek-V3's list price from 2025-02-08, nothing cached."""

TRAININGS_USD = {"DeepSeek-V3, last run": 5.576e6, "a hundred million dollars": 1e8, "a billion dollars": 1e9}
"""DeepSeek-V3 technical report, arXiv:2412.19437, table 1 (H800 hours at $2, without research and failed runs); "more
than $100 million" was said of GPT-4's training in 2023; a billion is an assumption: ten times as much."""

_S_PER_DAY, _DAYS = 86_400.0, 365.0
_GONE = (0.0, 0.25, 0.5, 0.75, 0.9)


def _revenue_usd_per_s(run: Figures) -> float:
    tokens = value(run, "input_tokens_per_s") * INPUT_USD + value(run, "output_tokens_per_s") * OUTPUT_USD
    return tokens / 1e6


def _earned_back(run: Figures, setting: Setting) -> float:
    """A year's margin of all nodes over the cost of the training."""
    name, _, fleet = setting.line.partition("; ")
    nodes = DEMAND_TOKENS_PER_DAY / (RATE_PER_S * MEAN_OUTPUT_TOKENS * _S_PER_DAY)
    if fleet == "fleet resized":
        nodes *= 1 - setting.x
    margin_usd_per_s = _revenue_usd_per_s(run) - value(run, "usd_per_hour") / 3600
    return nodes * margin_usd_per_s * _S_PER_DAY * _DAYS / TRAININGS_USD[name]


def _cost_share(run: Figures, _setting: Setting) -> float:
    """Cost of serving over revenue."""
    return value(run, "usd_per_hour") / 3600 / _revenue_usd_per_s(run)


def _settings() -> tuple[Setting, ...]:
    """The fleet kept: every node has less to do. Resized: fewer nodes, each as busy as before."""
    return tuple(
        Setting(
            gone,
            (f"workload.arrivals.rate={RATE_PER_S * (1 if fleet == 'fleet resized' else 1 - gone):.6g} per s",),
            f"{training}; {fleet}",
        )
        for training in TRAININGS_USD
        for fleet in ("fleet kept", "fleet resized")
        for gone in _GONE
    )


claim(
    Claim(
        name="training_payback",
        sentence="If small models take the demand, the training of a large model is not earned back.",
        kinds=("A1", "A12", "A20"),
        scenario="claim_training_payback",
        base="large_model",
        rival="large_model",
        metrics=("cost", "throughput"),
        axis="share of the demand that small models take",
        lines="what the training cost; what becomes of the machines",
        settings=_settings(),
        effects=(
            Effect(
                "not earned back in a year",
                "year's margin over the cost of training",
                _earned_back,
                "level",
                "lower",
                1.0,
                "trainings",
            ),
            Effect(
                "serving alone costs more than it earns",
                "cost of serving over revenue",
                _cost_share,
                "level",
                "higher",
                1.0,
                "of revenue",
            ),
        ),
        premises=(
            "Demand: 168 billion output tokens a day (DeepSeek, March 2025). Prices a million tokens: $0.27 in, "
            "$1.10 out, nothing cached, no discounts. Machines are rented at the profile's price, night and day.",
            "Trainings: $5.576 million (arXiv:2412.19437, the last run alone), $100 million (said of GPT-4), $1 "
            "billion.",
            "A year is taken for a model's life.",
        ),
    )
)
