"""A study as a plain-text comparison: the same study gives the same text."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from fleetsim.cli.text import NONE, give_or_take, grid, three, time_text, wrapped

if TYPE_CHECKING:
    from fleetsim.metrics.contract import Figure, PoolFacts
    from fleetsim.study.results import Arm, Run, Study

_ARMS_ACROSS = 4  # with more arms than these, an arm is a row
_NAME_WIDTH = 22
_NOTABLE = 0.01


@dataclass(frozen=True)
class Measure:
    """A value with half the width of its interval over replications (0: none)."""

    value: float
    half: float = 0.0


@dataclass(frozen=True)
class Row:
    """A key figure of all arms: `scale` makes its unit; a time is shown in the unit that suits all arms."""

    label: str
    measure: Callable[[Arm], Measure]
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

    def _text(self, measure: Measure, scale: float) -> str:
        if not math.isfinite(measure.value):
            return NONE
        if measure.half > 0:
            return give_or_take(measure.value * scale, measure.half * scale)
        return _percent(measure.value) if self.share else three(measure.value * scale)


def comparison(study: Study) -> str:
    """The study's question, its key figures, its pools, and what to read with care."""
    blocks = [wrapped(f"{study.name}: {study.question}" if study.question else study.name), _how(study)]
    across = len(study.arms) <= _ARMS_ACROSS
    blocks += [_arms_across(study.arms, (*SERVICE, *MONEY))] if across else _arms_down(study.arms)
    blocks += [_pools(study.arms), "\n".join(_notes(study))]
    return "\n\n".join(block for block in blocks if block)


def _how(study: Study) -> str:
    runs = [run for arm in study.arms for run in arm.runs]
    horizons = sorted({run.facts.horizon_s for run in runs})
    cuts = sorted({run.warm_up_s for run in runs})
    counts = sorted({len(arm.runs) for arm in study.arms})
    said = [
        f"seed {study.provenance['seed']}",
        "one run an arm" if counts == [1] else f"{_span(map(str, counts))} replications an arm, ± 95 % t intervals",
        f"{_span(map(time_text, horizons))} of arrivals",
        f"warm-up of {_span(map(time_text, cuts))} left out",
        f"{study.provenance['engine']} engine",
    ]
    return wrapped(", ".join(said))


def _span(values: Iterator[str]) -> str:
    texts = list(values)
    return texts[0] if texts[0] == texts[-1] else f"{texts[0]} to {texts[-1]}"


def _arms_across(arms: tuple[Arm, ...], rows: tuple[Row, ...]) -> str:
    """Figures as rows, arms as columns."""
    names = [textwrap.wrap(arm.name, _NAME_WIDTH) for arm in arms]
    height = max(map(len, names))
    body = [["", *(([""] * (height - len(name)) + name)[line] for name in names)] for line in range(height)]
    body.append(["tasks answered", *map(_answered, arms)])
    body += [[label, *texts] for label, texts in (row.texts(arms) for row in rows)]
    lines = grid(body, right=range(1, len(arms) + 1), rule=False).split("\n")
    lines.insert(height, "-" * max(map(len, lines)))
    return "\n".join(lines)


def _arms_down(arms: tuple[Arm, ...]) -> list[str]:
    """Arms as rows: one table of service, one of money."""
    names = [textwrap.shorten(arm.name, 2 * _NAME_WIDTH, placeholder="...") for arm in arms]
    tables = []
    for rows, first in ((SERVICE, [("tasks answered", list(map(_answered, arms)))]), (MONEY, [])):
        columns = [*first, *(row.texts(arms) for row in rows)]
        body = [["", *(label for label, _ in columns)]]
        body += [[name, *(texts[i] for _, texts in columns)] for i, name in enumerate(names)]
        tables.append(grid(body, right=range(1, len(columns) + 1)))
    return tables


def _answered(arm: Arm) -> str:
    done = arm.value("finished") + arm.value("cut")
    return f"{done:,.0f} of {arm.value('arrived'):,.0f}"


def _figure(name: str) -> Callable[[Arm], Measure]:
    def measure(arm: Arm) -> Measure:
        figure = arm.figure(name)
        return Measure(math.nan) if figure is None else Measure(figure.value, _half(figure))

    return measure


def _half(figure: Figure) -> float:
    """Half the width of the interval over replications; where the figure's range cuts it, that of the uncut side."""
    if figure.interval != "replications" or figure.low is None or figure.high is None:
        return 0.0
    return max(figure.high - figure.value, figure.value - figure.low)


def _utilisation(arm: Arm) -> Measure:
    from fleetsim.statistics import replications

    values = [busy_share(run) for run in arm.runs]
    if len(values) == 1:
        return Measure(values[0])
    found = replications(values)
    return Measure(found.value, 0.0 if found.high is None else found.high - found.value)


def busy_share(run: Run) -> float:
    """Share of accelerator time spent in steps, over all pools."""
    busy = {figure.scope: figure.value for figure in run.figures if figure.name == "utilisation"}
    weights = {f"pool {pool.name}": pool.replicas * pool.accelerators for pool in run.facts.pools}
    return sum(busy[scope] * weight for scope, weight in weights.items()) / sum(weights.values())


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
    Row("utilisation, %", _utilisation, 100.0, share=True),
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


def _percent(share: float) -> str:
    """A share in per cent; one short of all is never shown as 100, one above none never as 0."""
    for decimals in (1, 2, 3, 4):
        text = f"{share * 100:.{decimals}f}"
        if float(text) not in (0.0, 100.0):
            return text
    return "100" if share == 1 else "0" if share == 0 else "> 99.9999" if share > 0.5 else "< 0.0001"


def _pools(arms: tuple[Arm, ...]) -> str:
    heading = ["pool", "replicas", "model on hardware", "busy, %", "batch", "KV use, %", "$ per h", "step times"]
    body = [(["arm"] if len(arms) > 1 else []) + heading]
    for arm in arms:
        name = textwrap.shorten(arm.name, 2 * _NAME_WIDTH, placeholder="...")
        for number, pool in enumerate(arm.runs[0].facts.pools):
            body.append(([name if number == 0 else ""] if len(arms) > 1 else []) + _pool_row(arm, pool))
    last = len(body[0])
    return grid(body, right=[last - 7, *range(last - 5, last - 1)])


def _pool_row(arm: Arm, pool: PoolFacts) -> list[str]:
    scope = f"pool {pool.name}"
    where = pool.model if pool.model == pool.hardware else f"{pool.model} on {_times(pool.accelerators)}{pool.hardware}"

    def share(name: str) -> str:
        value = arm.value(name, scope)
        return _percent(value) if math.isfinite(value) else NONE

    batch, price = three(arm.value("batch_size_mean", scope)), three(arm.value("usd_per_hour", scope))
    return [pool.name, str(pool.replicas), where, share("utilisation"), batch, share("kv_use_mean"), price, pool.basis]


def _times(count: int) -> str:
    return f"{count} x " if count > 1 else ""


def _notes(study: Study) -> Iterator[str]:
    """Flags first, each naming its arms; then what the figures rest on."""
    flags: dict[str, list[str]] = {}
    for arm in study.arms:
        for flag in _flags(arm):
            flags.setdefault(flag, []).append(arm.name)
    for flag, names in flags.items():
        yield wrapped(f"{'; '.join(names)}: {flag}.", first="! ")
    pools = chain.from_iterable(arm.runs[0].facts.pools for arm in study.arms)
    guessed = dict.fromkeys(f"{p.name} ({p.model} on {p.hardware})" for p in pools if p.basis == "data sheet")
    if guessed:
        yield wrapped(f"Step times from data sheets alone, no measurement behind them: {', '.join(guessed)}.")
    for note in study.provenance.get("notes", ()):
        yield wrapped(note)


def _flags(arm: Arm) -> Iterator[str]:
    arrived = arm.value("arrived")
    if not arrived > 0:
        yield "no task arrived behind the warm-up"
        return
    for names, least, what in _OUTCOMES:
        count = sum(arm.value(name) for name in names)
        if count > least * arrived:
            yield f"{count:,.0f} of {arrived:,.0f} tasks ({_percent(count / arrived)} %) {what}"
    unpriced = [pool.name for pool in arm.runs[0].facts.pools if math.isnan(pool.usd_per_s)]
    if unpriced:
        yield f"no costs, for no price is given of {', '.join(unpriced)}; write `price: $2.50 per h` in the pool"
    if arm.value("warm_up_doubtful") > 0:
        yield "never settled: overloaded, or the run is too short; these are no figures of a steady state"


_OUTCOMES = (
    (("refused_context",), 0.0, "refused, their prompts too long for the model's context"),
    (("refused_kv",), 0.0, "refused, their prompts larger than the KV memory"),
    (("refused_outage",), 0.0, "refused while a pool was out of order"),
    (("refused_closed",), 0.0, "refused while all replicas of a pool were being changed"),
    (("refused_rate",), 0.0, "refused at an endpoint's limit of requests or tokens a minute"),
    (("refused_error",), 0.0, "refused by errors of an endpoint"),
    (("cut",), 0.0, "cut short at the limit of the context or the KV memory"),
    (("in_flight",), 0.0, "had no answer when the run ended; true latencies are longer than those shown"),
)
