"""Which alternatives findings speak of, and findings' numbers as the figures they are of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fleetsim.findings import Curve, CurvePoint, Difference, Finding, Front, Sensitivity, Tornado
from fleetsim.metrics.contract import Figure


def mentioned(findings: Sequence[Finding]) -> Iterator[tuple[str, str]]:
    """The names that need a look, each with the architecture whose look it has ("": one of its own).

    They are those of what the alternatives of a search belong to, of the lines of curves, of what is compared, and of
    what is looked at for influences.
    """
    for finding in findings:
        if isinstance(finding, Front):
            yield from ((option.arm, option.arm) for option in finding.options if option.arm)
        elif isinstance(finding, Curve):
            yield from ((line.arm, line.of) for line in finding.lines)
            yield from ((arm, "") for crossing in finding.crossings for arm in (crossing.below, crossing.above))
        elif isinstance(finding, Difference):
            yield from ((finding.a, ""), (finding.b, ""))
        elif isinstance(finding, Tornado | Sensitivity):
            yield finding.arm, ""


def figure_at(curve: Curve, point: CurvePoint) -> Figure:
    """A point of a curve as the figure it is."""
    return Figure(curve.figure, curve.scope, point.value, curve.unit, curve.better, point.low, point.high)


def last_words(path: str) -> str:
    """`pools.chat.replicas` of `architectures.mosaic.pools.chat.replicas`: what is left below an architecture."""
    words = path.split(".")
    return ".".join(words[2:] if words[:1] == ["architectures"] and len(words) > 2 else words)
