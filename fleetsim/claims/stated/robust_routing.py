"""Routing gives higher accuracy, lower price and lower latency without giving up robustness."""

from __future__ import annotations

from fleetsim.claims.stated.contract import Claim, Effect, Setting, claim, figure

_CONFUSION = "architectures.routed.workflow.classifier.confusion"
_KNOWS = tuple(
    f"{_CONFUSION}.{subject}={{law: {law}, code: {code}, unknown: {unknown}}}"
    for subject, law, code, unknown in (
        ("law", 0.90, 0.05, 0.05),
        ("code", 0.05, 0.90, 0.05),
        ("unknown", 0.10, 0.10, 0.80),
    )
)


def _mix(share: float) -> tuple[str, ...]:
    known = round((1 - share) / 2, 6)
    parts = {"law": known, "code": known, "unknown": share}
    return tuple(f"workload.classes.work.domains.{name}={weight}" for name, weight in parts.items())


claim(
    Claim(
        name="robust_routing",
        sentence="Routing gives more right answers at a lower price and faster, without giving up robustness.",
        kinds=("A3", "A10", "A19"),
        scenario="claim_robust_routing",
        base="general_alone",
        rival="routed",
        metrics=("accuracy", "cost", "latency"),
        axis="share of work on a subject that the router was not made for",
        lines="what the router makes of it",
        settings=tuple(
            Setting(share, (*_mix(share), *own), line)
            for line, own in (("takes it for its own", ()), ("knows what it does not know", _KNOWS))
            for share in (0.001, 0.1, 0.2, 0.3, 0.5, 0.75)
        ),
        effects=(
            Effect("more right answers", "accuracy", figure("accuracy"), "difference", "higher", 0.0, "share"),
            Effect("cheaper tasks", "cost of a task", figure("usd_per_task"), "ratio", "lower", 1.0),
            Effect("faster answers", "time to the answer, p50", figure("e2e_p50"), "ratio", "lower", 1.0),
            Effect("faster slowest answers", "time to the answer, p99", figure("e2e_p99"), "ratio", "lower", 1.0),
        ),
        premises=(
            "The general model is right in 75 %, the specialists in 82 % of their own subject and half of any "
            "other; the router recognises 95 % of its subjects, or 90 % and 80 % of what it does not know where it "
            "looks for that.",
        ),
    )
)
