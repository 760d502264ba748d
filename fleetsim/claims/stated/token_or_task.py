"""Smaller networks drastically reduce the cost per token: and the cost of a solved task?"""

from __future__ import annotations

from fleetsim.claims.stated.contract import Claim, Effect, Setting, claim, figure

_LINES = (
    ("taken as they are", "small_alone"),
    ("tested for nothing, else the large one", "small_tested"),
    ("read by the large one, else answered by it", "small_checked"),
)

claim(
    Claim(
        name="token_or_task",
        sentence="Smaller networks drastically reduce cost: per token, and per solved task.",
        kinds=("A1", "A4", "A9"),
        scenario="claim_token_or_task",
        base="large_alone",
        rival="small_alone",
        axis="share of tasks that the small model has right",
        lines="what becomes of its answers",
        settings=tuple(
            Setting(right, (f"quality.accuracy.small={right}",), line, rival=arm)
            for line, arm in _LINES
            for right in (0.02, 0.05, 0.1, 0.2, 0.4, 0.7)
        ),
        effects=(
            Effect(
                "half the cost of a token or less",
                "cost of an answer's token",
                figure("usd_per_million_answer_tokens"),
                "ratio",
                "lower",
                0.5,
            ),
            Effect(
                "half the cost of a solved task or less",
                "cost of a right answer",
                figure("cost_per_correct_usd"),
                "ratio",
                "lower",
                0.5,
            ),
            Effect("as many solved tasks", "accuracy", figure("accuracy"), "difference", "higher", -0.01, "share"),
        ),
        premises=(
            "The small model costs a tenth by the token; the large one is right in 80 % of tasks. Tests and readers "
            "err in one case of ten. A wrong answer costs nothing beyond its tokens: whoever pays for the damage "
            "finds the small model dearer than this.",
        ),
    )
)
