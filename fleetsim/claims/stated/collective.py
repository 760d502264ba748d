"""The collective is better than any individual."""

from __future__ import annotations

from fleetsim.claims.stated.contract import Claim, Effect, Setting, claim, figure

_LINES = (
    ("vote against the best of the five", "best_of_them", "vote"),
    ("vote against a large model", "large_alone", "vote"),
    ("verifier's pick against a large model", "large_alone", "pick"),
)

claim(
    Claim(
        name="collective",
        sentence="A collective of small models is better than any individual, even than any large model.",
        kinds=("A13", "A14"),
        scenario="claim_collective",
        base="best_of_them",
        rival="vote",
        axis="correlation of the models' errors (rho_between)",
        lines="which collective, against whom",
        settings=tuple(
            Setting(rho, (f"quality.every_domain.rho_between={rho}",), line, base, rival)
            for line, base, rival in _LINES
            for rho in (0.0, 0.3, 0.6, 0.8, 0.95)
        ),
        effects=(
            Effect("more right answers", "accuracy", figure("accuracy"), "difference", "higher", 0.0, "share"),
            Effect(
                "cheaper right answers", "cost of a right answer", figure("cost_per_correct_usd"), "ratio", "lower", 1.0
            ),
        ),
        premises=(
            "Five models of 39.8 to 44.2 %, a large one of 55 % at ten times the price; ten options a question, "
            "wrong answers agree as measured on MMLU-Pro; the verifier's AUC is 0.8. Measured correlations: 0.5 to "
            "0.8.",
        ),
    )
)
