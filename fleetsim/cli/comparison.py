"""A study as a plain-text comparison: the same study gives the same text."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from fleetsim.cli.rows import ANSWERS, MONEY, SERVICE, Row, percent
from fleetsim.cli.text import NO_TARGETS, NONE, grid, three, time_text, wrapped

if TYPE_CHECKING:
    from fleetsim.metrics.contract import PoolFacts
    from fleetsim.study.results import Arm, Study

_ARMS_ACROSS = 4  # with more arms than these, an arm is a row
_NAME_WIDTH = 22
_NOTABLE = 0.01


def comparison(study: Study) -> str:
    """The study's question, its key figures, its pools, and what to read with care."""
    blocks = [wrapped(f"{study.name}: {study.question}" if study.question else study.name), _how(study)]
    across = len(study.arms) <= _ARMS_ACROSS
    groups = [[row for row in rows if row.known(study.arms)] for rows in (SERVICE, MONEY, _answers(study.arms))]
    blocks += [_arms_across(study.arms, [*chain(*groups)])] if across else _arms_down(study.arms, groups)
    if not any(_targets(arm) for arm in study.arms):
        blocks.append(wrapped(NO_TARGETS))
    blocks += [_pools(study.arms), "\n".join(_notes(study))]
    return "\n\n".join(block for block in blocks if block)


def _how(study: Study) -> str:
    runs = study.runs
    horizons = sorted({run.facts.horizon_s for run in runs})
    cuts = sorted({run.warm_up_s for run in runs})
    counts = sorted({len(arm.runs) for arm in study.arms})
    said = [
        f"seed {study.provenance['seed']}",
        "one run an arm" if counts == [1] else f"{_span(map(str, counts))} replications an arm, intervals at 95 %",
        f"{_span(map(time_text, horizons))} of arrivals",
        f"warm-up of {_span(map(time_text, cuts))} left out",
        f"{study.provenance['engine']} engine",
    ]
    return wrapped(", ".join(said))


def _span(values: Iterator[str]) -> str:
    texts = list(values)
    return texts[0] if texts[0] == texts[-1] else f"{texts[0]} to {texts[-1]}"


def _targets(arm: Arm) -> bool:
    """Whether any class of tasks has a target."""
    return any(target is not None for c in arm.runs[0].facts.classes for target in (c.ttft_s, c.tpot_s, c.e2e_s))


def _arms_across(arms: tuple[Arm, ...], rows: Sequence[Row]) -> str:
    """Figures as rows, arms as columns."""
    names = [textwrap.wrap(arm.name, _NAME_WIDTH) for arm in arms]
    height = max(map(len, names))
    body = [["", *(([""] * (height - len(name)) + name)[line] for name in names)] for line in range(height)]
    body.append(["tasks answered", *map(_answered, arms)])
    body += [[label, *texts] for label, texts in (row.texts(arms) for row in rows)]
    lines = grid(body, right=range(1, len(arms) + 1), rule=False).split("\n")
    lines.insert(height, "-" * max(map(len, lines)))
    return "\n".join(lines)


def _arms_down(arms: tuple[Arm, ...], groups: Sequence[Sequence[Row]]) -> list[str]:
    """Arms as rows: a table of service, one of money, and one of answers where they are judged."""
    names = [textwrap.shorten(arm.name, 2 * _NAME_WIDTH, placeholder="...") for arm in arms]
    tables = []
    answered = [("tasks answered", list(map(_answered, arms)))]
    for rows, first in zip(groups, (answered, [], []), strict=True):
        if not rows:
            continue
        columns = [*first, *(row.texts(arms) for row in rows)]
        body = [["", *(label for label, _ in columns)]]
        body += [[name, *(texts[i] for _, texts in columns)] for i, name in enumerate(names)]
        tables.append(grid(body, right=range(1, len(columns) + 1)))
    return tables


def _answers(arms: tuple[Arm, ...]) -> tuple[Row, ...]:
    return ANSWERS if any(arm.figure("accuracy") for arm in arms) else ()


def _answered(arm: Arm) -> str:
    done = arm.value("finished") + arm.value("cut")
    return f"{done:,.0f} of {arm.value('arrived'):,.0f}"


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
        return percent(value) if math.isfinite(value) else NONE

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
            yield f"{count:,.0f} of {arrived:,.0f} tasks ({percent(count / arrived)} %) {what}"
    if arm.value("tpot_p50") == 0:
        yield "most answers are read whole, once checked or chosen: TTFT is the time to all of one, TPOT 0"
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
