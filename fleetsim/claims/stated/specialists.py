"""Specialists outperform the monolith in their domain and hallucinate less."""

from __future__ import annotations

from fleetsim.claims.stated.contract import Claim, Effect, Setting, claim, figure

_SPECIALISTS = {"lawyer": "law", "doctor": "medicine", "coder": "code", "banker": "finance"}
_EXAMPLES = ((0.80, 0.84, 0.55), (0.75, 0.80, 0.60), (0.85, 0.86, 0.60))
_RIGHT = (0.6, 0.7, 0.8, 0.9, 0.95, 1.0)


def _accuracies(general: float, inside: float, outside: float) -> tuple[str, ...]:
    own = [
        f"quality.accuracy.{model}.{domain}={inside if home == domain else outside}"
        for model, home in _SPECIALISTS.items()
        for domain in _SPECIALISTS.values()
    ]
    return (f"quality.accuracy.general={general}", *own)


claim(
    Claim(
        name="specialists",
        sentence="Specialised models outperform the monolith in their domains and hallucinate less.",
        kinds=("A3", "A4", "A10"),
        scenario="claim_specialists",
        base="monolith",
        rival="specialists",
        metrics=("accuracy", "undetected", "per_correct"),
        axis="share of tasks that the router recognises",
        lines="how right the models are: general, specialist at home, specialist abroad",
        settings=tuple(
            Setting(
                right,
                (*_accuracies(*example), f"architectures.specialists.workflow.classifier.accuracy={right}"),
                " / ".join(f"{share:.2f}" for share in example),
            )
            for example in _EXAMPLES
            for right in _RIGHT
        ),
        effects=(
            Effect("more right answers", "accuracy", figure("accuracy"), "difference", "higher", 0.0, "share"),
            Effect(
                "fewer wrong answers that nobody notices",
                "wrong and undetected",
                figure("wrong_undetected_share"),
                "difference",
                "lower",
                0.0,
                "share",
            ),
            Effect(
                "cheaper right answers", "cost of a right answer", figure("cost_per_correct_usd"), "ratio", "lower", 1.0
            ),
        ),
        premises=(
            "The accuracies are worked examples; specialists measured on MMLU-Pro gain 0.4 to 0.86 probit at home "
            "(Mathstral over Mistral 7B) and next to nothing abroad.",
            "A specialist's wrong answers are as often blank as the general model's.",
        ),
    )
)
