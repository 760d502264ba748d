"""One module can be upgraded without affecting the others."""

from __future__ import annotations

from fleetsim.claims.stated.contract import Claim, Effect, Figures, Setting, claim, figure, value

_STAGES = "architectures.upgraded.workflow.stages"
_LINES = (("it writes as much as before", 150), ("it writes twice as much", 300))


def _cost_of_the_next(run: Figures, _setting: Setting) -> float:
    """Dollars an hour that the module behind the upgraded one costs."""
    return value(run, "usd_per_hour", "pool writer")


claim(
    Claim(
        name="upgrade",
        sentence="One module of a pipeline can be upgraded without affecting the others, and the whole gains.",
        kinds=("A5", "A6"),
        scenario="claim_upgrade",
        base="before",
        rival="upgraded",
        metrics=("accuracy", "cost", "latency"),
        axis="what the next module loses by the change",
        axis_unit="probit",
        lines="what the new module writes",
        settings=tuple(
            Setting(loss, (f"{_STAGES}.write.probit={-loss}", f"{_STAGES}.find.output={tokens} tokens"), line)
            for line, tokens in _LINES
            for loss in (0.0, 0.1, 0.2, 0.4, 0.8)
        ),
        effects=(
            Effect(
                "the whole gains right answers", "accuracy", figure("accuracy"), "difference", "higher", 0.0, "share"
            ),
            Effect(
                "the next module costs no more", "cost of the next module", _cost_of_the_next, "ratio", "lower", 1.01
            ),
            Effect("answers are no slower", "time to the answer, p50", figure("e2e_p50"), "ratio", "lower", 1.01),
        ),
        premises=(
            "The new module is right in 93 % instead of 85 % of tasks. Nothing public says how much a module loses "
            "when the one before it changes its ways: it is varied. No more than: within 1 %.",
        ),
    )
)
