"""A mixture of experts gives faster responses at lower cost."""

from __future__ import annotations

from fleetsim.claims.stated.contract import Claim, Effect, Setting, claim, figure

_LINES = (
    ("dense model of its year (Llama 2 70B)", "dense_of_its_year"),
    ("dense model a year later (Llama 3.1 8B)", "dense_a_year_later"),
)

claim(
    Claim(
        name="moe",
        sentence="A mixture of experts gives faster responses at lower cost than a dense model as often right.",
        kinds=("A2",),
        scenario="claim_moe",
        base="dense_of_its_year",
        rival="mixture",
        metrics=("latency", "cost"),
        axis="clients at once",
        lines="which dense model",
        factors=True,
        settings=tuple(
            Setting(clients, (f"workload.arrivals.clients={clients}",), line, base)
            for line, base in _LINES
            for clients in (1, 4, 16, 64, 256)
        ),
        effects=(
            Effect("faster tokens", "time per output token, p50", figure("tpot_p50"), "ratio", "lower", 1.0),
            Effect("faster first tokens", "time to first token, p50", figure("ttft_p50"), "ratio", "lower", 1.0),
            Effect(
                "cheaper tokens",
                "cost of a million output tokens",
                figure("usd_per_million_output_tokens"),
                "ratio",
                "lower",
                1.0,
            ),
        ),
        premises=(
            "As often right: MMLU 70.6 % for Mixtral 8x7B and 69.9 % for Llama 2 70B (arXiv:2401.04088, table 2), "
            "69.4 % for Llama 3.1 8B Instruct (its model card); recalled. Step times of models without a "
            "measurement of their own rest on fits to others of the device's family.",
        ),
    )
)
