"""Key figures of a comparison as rows: what they measure and how they are written."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleetsim.cli.text import NONE, spread, three

if TYPE_CHECKING:
    from fleetsim.statistics import Estimate
    from fleetsim.study.results import Arm, Run


@dataclass(frozen=True)
class Row:
    """A key figure of all arms: `scale` makes its unit; a time is shown in the unit that suits all arms."""

    label: str
    measure: Callable[[Arm], Estimate]
    scale: float = 1.0
    time: bool = False  # in ms
    share: bool = False

    def texts(self, arms: tuple[Arm, ...]) -> tuple[str, list[str]]:
        """The label with its unit, and the text of every arm."""
        measures = [self.measure(arm) for arm in arms]
        unit, scale = "", self.scale
        if self.time:
            unit, scale = _time_unit([m.value for m in measures])
        return self.label + unit, [self._text(m, scale) for m in measures]

    def known(self, arms: tuple[Arm, ...]) -> bool:
        """Whether any arm has the figure."""
        return any(math.isfinite(self.measure(arm).value) for arm in arms)

    def _text(self, estimate: Estimate, scale: float) -> str:
        if not math.isfinite(estimate.value):
            return NONE
        found = estimate.scaled(scale)
        if found.low is not None and found.high is not None and found.low < found.high:
            return spread(found.value, found.low, found.high, self.share)
        return percent(estimate.value) if self.share else three(found.value)


def _figure(name: str) -> Callable[[Arm], Estimate]:
    """A figure with its interval over replications, if it has one."""

    def measure(arm: Arm) -> Estimate:
        from fleetsim.statistics import Estimate

        figure = arm.figure(name)
        if figure is None:
            return Estimate(math.nan)
        if figure.interval != "replications":
            return Estimate(figure.value)
        return Estimate(figure.value, figure.low, figure.high)

    return measure


def _utilisation(arm: Arm) -> Estimate:
    from fleetsim.statistics import Estimate, replications

    values = [busy_share(run) for run in arm.runs]
    return Estimate(values[0]) if len(values) == 1 else replications(values).of_share()


def busy_share(run: Run) -> float:
    """Share of accelerator time spent in steps, over all pools."""
    busy = {figure.scope: figure.value for figure in run.figures if figure.name == "utilisation"}
    own = [pool for pool in run.facts.pools if not pool.tariff]  # rented endpoints have no accelerators of ours
    weights = {f"pool {pool.name}": pool.replicas * pool.accelerators for pool in own}
    total = sum(weights.values())
    return sum(busy[scope] * weight for scope, weight in weights.items()) / total if total else math.nan


ANSWERS = (
    Row("right answers, %", _figure("accuracy"), 100.0, share=True),
    Row("wrong unnoticed, %", _figure("wrong_undetected_share"), 100.0, share=True),
    Row("$ per 1000 right", _figure("cost_per_correct_usd"), 1000.0),
)
"""Where answers are judged."""

SERVICE = (
    Row("within SLO, %", _figure("slo_attainment"), 100.0, share=True),
    Row("TTFT p50", _figure("ttft_p50"), time=True),
    Row("TTFT p99", _figure("ttft_p99"), time=True),
    Row("TPOT p50", _figure("tpot_p50"), time=True),
    Row("TPOT p99", _figure("tpot_p99"), time=True),
    Row("E2E p99", _figure("e2e_p99"), time=True),
)
MONEY = (
    Row("output tok/s", _figure("output_tokens_per_s")),
    Row("time in steps, %", _utilisation, 100.0, share=True),
    Row("$ per h", _figure("usd_per_hour")),
    Row("$ per M output tok", _figure("usd_per_million_output_tokens")),
    Row("$ per 1000 SLO-met", _figure("usd_per_slo_met_task"), 1000.0),
    Row("J per output tok", _figure("joules_per_output_token")),
)


def _time_unit(values_ms: list[float]) -> tuple[str, float]:
    known = [value for value in values_ms if math.isfinite(value) and value > 0]
    if known and min(known) >= 1000:
        return ", s", 1e-3
    return (", us", 1e3) if known and max(known) < 1 else (", ms", 1.0)


def percent(share: float) -> str:
    """A share in per cent; one short of all is never shown as 100, one above none never as 0."""
    for decimals in (1, 2, 3, 4):
        text = f"{share * 100:.{decimals}f}"
        if float(text) not in (0.0, 100.0):
            return text
    return "100" if share == 1 else "0" if share == 0 else "> 99.9999" if share > 0.5 else "< 0.0001"
