"""Serving simple queries from a model of a trillion parameters wastes energy."""

from __future__ import annotations

from fleetsim.claims.stated.contract import Claim, Effect, Figures, Setting, claim, figure, value


def _joules_per_right(run: Figures, setting: Setting) -> float:
    """Joules of a task over the share of right answers in the setting's tenth."""
    return value(run, "joules_per_task") / value(run, "accuracy", setting.scope)


claim(
    Claim(
        name="simple_queries",
        sentence="Serving simple queries from a trillion parameters wastes energy: a small model does as well.",
        kinds=("A1", "A4", "A11"),
        scenario="claim_simple_queries",
        base="trillion",
        rival="small",
        metrics=("accuracy", "energy", "cost"),
        axis="tenth of the questions, from the easiest to the hardest",
        lines="load, questions a second",
        settings=tuple(
            Setting(decile, (f"workload.arrivals.rate={rate} per s",), f"{rate}", scope=f"difficulty decile {decile}")
            for rate in (5, 20)
            for decile in range(1, 11)
        ),
        effects=(
            Effect(
                "the small one does as well", "accuracy", figure("accuracy"), "difference", "higher", -0.02, "share"
            ),
            Effect(
                "it takes less energy for a right answer",
                "joules for a right answer",
                _joules_per_right,
                "ratio",
                "lower",
                1.0,
            ),
        ),
        premises=(
            "As well: no more than two points fewer right answers. A task is taken to draw what tasks draw on "
            "average; idle power counts. How difficult a question is, is known here and would have to be guessed by "
            "a router.",
        ),
    )
)
