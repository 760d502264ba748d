"""Moving 90 % of the work to small models dramatically improves speed and cost."""

from __future__ import annotations

import math
from statistics import NormalDist

from fleetsim.claims.stated.contract import Claim, Effect, Setting, claim, figure
from fleetsim.quality.exact.contract import abilities
from fleetsim.quality.exact.groups import pairs

LARGE, RHO, RECURRING = 0.90, 0.6, 0.9
"""As in the scenario: accuracy of the large model, correlation, share of recurring work."""

LOSS = 0.005
"""Share of right answers that the mixture may lose against the large model alone."""


def threshold(auc: float, small: float) -> float:
    """The score that the verifier asks for: the lowest, and so the cheapest, that loses no more than LOSS.

    The operator knows the accuracies, the correlation and the verifier. An answer scores N(0, 1) if it is wrong, and is
    shifted by sqrt(2) times the normal quantile of the AUC if it is right.
    """
    normal = NormalDist()
    apart = math.sqrt(2) * normal.inv_cdf(auc)
    both = pairs(abilities([small, LARGE]), RHO)[0, 1]

    def right(asked: float) -> float:
        right_pass, wrong_pass = normal.cdf(apart - asked), normal.cdf(-asked)
        return small * right_pass + both * (1 - right_pass) + (LARGE - both) * (1 - wrong_pass)

    enough = LARGE - LOSS / RECURRING
    return next(step / 1000 for step in range(-6000, 8000) if right(step / 1000) >= enough)


claim(
    Claim(
        name="recurring",
        sentence="Moving the recurring 90 % of the work to a small model dramatically improves speed and cost.",
        kinds=("A12",),
        scenario="claim_recurring",
        base="large_alone",
        rival="shifted",
        metrics=("accuracy", "cost", "latency"),
        axis="AUC of the verifier",
        lines="how right the small model is on recurring work",
        settings=tuple(
            Setting(
                auc,
                (
                    f"quality.accuracy.small.recurring={small}",
                    f"architectures.shifted.workflow.verifier.auc={auc}",
                    f"architectures.shifted.workflow.verifier.threshold={threshold(auc, small)}",
                ),
                f"{small:.2f}",
            )
            for small in (0.80, 0.88)
            for auc in (0.6, 0.7, 0.8, 0.9, 0.99)
        ),
        effects=(
            Effect("half the cost or less", "cost of a task", figure("usd_per_task"), "ratio", "lower", 0.5),
            Effect("the typical answer is faster", "time to the answer, p50", figure("e2e_p50"), "ratio", "lower", 1.0),
            Effect(
                "the slowest answers are faster", "time to the answer, p99", figure("e2e_p99"), "ratio", "lower", 1.0
            ),
            Effect(
                "no more than a point fewer right answers",
                "accuracy",
                figure("accuracy"),
                "difference",
                "higher",
                -0.01,
                "share",
            ),
        ),
        premises=(
            "The small model costs a tenth. The verifier's threshold is the cheapest that loses half a point of "
            "right answers by the closed form, so quality is all but held and cost tells the settings apart.",
            "Escalated answers are longer than average where lengths follow difficulty, as by default here.",
        ),
    )
)
