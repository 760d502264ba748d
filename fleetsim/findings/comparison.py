"""What a paired comparison found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["better", "worse", "no evidence"]


@dataclass(frozen=True)
class Difference:
    """The difference of one figure between two arms, paired replicate by replicate: `b` less `a`."""

    figure: str
    unit: str
    a: str  # arm that is compared with
    b: str  # arm that is judged
    value: float  # b - a, in the unit
    low: float  # interval at 95 %
    high: float
    base: float  # the figure of a, to tell how large the difference is
    verdict: Verdict  # of b; "no evidence" at this size of the experiment
    pairs: int  # replicates on common random numbers
    variance_ratio: float | None = None  # variance of an unpaired difference over that of the paired one
    scope: str = "all"
    better: str = ""  # whether "lower" or "higher" values of the figure are better
