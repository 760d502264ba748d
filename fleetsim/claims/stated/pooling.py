"""Running many models becomes slow and expensive, if it is not managed."""

from __future__ import annotations

from fleetsim.claims.stated.contract import Claim, Effect, Setting, claim, figure

_DOMAINS = "workload.classes.chat.domains"
_UNEVEN = tuple(f"{_DOMAINS}.d{rank}={1 / rank:.6f}" for rank in range(1, 9))
_ARMS = {2: "two", 4: "four", 8: "eight"}
_LINES = (
    ("low load, subjects alike", 12, ()),
    ("high load, subjects alike", 36, ()),
    ("low load, subjects uneven", 12, _UNEVEN),
    ("high load, subjects uneven", 36, _UNEVEN),
)

claim(
    Claim(
        name="pooling",
        sentence="Running many models on the same machines becomes slow and expensive, if it is not managed.",
        kinds=("A3", "A5", "A21"),
        scenario="claim_pooling",
        base="one",
        rival="two",
        metrics=("latency", "cost", "slo"),
        axis="models that the machines are spread over",
        lines="load, and how the subjects' demands compare",
        factors=True,
        settings=tuple(
            Setting(count, (f"workload.arrivals.rate={rate} per s", *own), line, rival=arm)
            for line, rate, own in _LINES
            for count, arm in _ARMS.items()
        ),
        effects=(
            Effect("slower", "time to first token, p99", figure("ttft_p99"), "ratio", "higher", 1.1),
            Effect(
                "dearer within targets",
                "cost of a task within its targets",
                figure("usd_per_slo_met_task"),
                "ratio",
                "higher",
                1.05,
            ),
        ),
        premises=(
            "Uneven: the n-th subject has 1/n of the first one's demand, while machines are shared out evenly: that "
            "is what not managed means here. Slower: by more than 10 %; dearer: by more than 5 %.",
        ),
    )
)
