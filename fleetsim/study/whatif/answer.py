"""What a what-if returns: plain data, for people, JSON and reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fleetsim.statistics import Estimate
from fleetsim.study.shown import Shown
from fleetsim.study.table import Table
from fleetsim.study.whatif.break_even import BreakEven
from fleetsim.study.whatif.curves import Response, Swing
from fleetsim.study.whatif.design import Factor
from fleetsim.study.whatif.sensitivity import Influence


@dataclass(frozen=True)
class Row:
    """A figure of one arm."""

    architecture: str
    values: dict[str, Any]
    figure: str
    unit: str
    estimate: Estimate
    runs: int


@dataclass(frozen=True)
class WhatIf:
    """The results of a what-if: every arm, and what the design makes of them."""

    name: str
    question: str
    design: str
    figures: tuple[str, ...]
    factors: tuple[Factor, ...]
    rows: tuple[Row, ...]
    responses: tuple[Response, ...]  # grid: curves along every path
    swings: tuple[Swing, ...]  # one-at-a-time
    correlations: tuple[tuple[str, str, str, float], ...]  # latin: architecture, figure, path, Spearman's
    break_evens: tuple[BreakEven, ...] | None  # None: not asked for
    sought: str | None  # the figure whose break-evens were searched
    influences: tuple[Influence, ...] | None
    method: str | None  # of the influences
    replications: int
    runs: int
    provenance: dict[str, Any]
    table: Table  # a row a run: every figure of everything that was simulated
    samples: int  # combinations that the influences rest on
    better: dict[str, str]  # figure -> whether "lower" or "higher" values are better, "" for neither
    standing: dict[str, Any]  # path -> its value as the scenario writes it; None where it writes none
    notes: tuple[str, ...]  # what to read with care
    shown: tuple[Shown, ...]  # every architecture as it stands, for a report
    resolved: str  # the scenario as YAML with every default
