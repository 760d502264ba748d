"""What a paired comparison found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["better", "worse", "differs", "no evidence"]
"""Of b against a: "differs" for a figure of which neither more nor less is better, "no evidence" at this size."""


@dataclass(frozen=True)
class Difference:
    """The difference of one figure between two arms, paired replicate by replicate: `b` less `a`."""

    figure: str
    unit: str
    a: str  # arm that is compared with
    b: str  # arm that is judged
    value: float  # b - a, in the unit
    low: float  # interval at `level`
    high: float
    base: float  # the figure of a, to tell how large the difference is
    verdict: Verdict
    pairs: int  # replicates on common random numbers
    variance_ratio: float | None = None  # share that common luck left of an unpaired difference's variance
    scope: str = "all"
    better: str = ""  # whether "lower" or "higher" values of the figure are better
    level: float = 0.95
