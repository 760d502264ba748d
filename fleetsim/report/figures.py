"""What the report calls each figure and how it shows it; a figure unknown here is shown under its own name."""

from __future__ import annotations

from fleetsim.metrics.contract import Figure
from fleetsim.report.contract import Cell
from fleetsim.report.words import NONE, Kind, label

_LATENCIES = {
    "ttft": "Time to first token",
    "tpot": "Time per output token",
    "itl": "Gap between tokens",
    "e2e": "Time to the whole answer",
    "queueing": "Time in the queue",
}
_STATISTICS = {"p999": "p99.9"}
_KINDS = {
    "usd_per_slo_met_task": Kind("Cost per 1,000 tasks within target", "$", scale=1e3),
    "usd_per_task": Kind("Cost per 1,000 tasks", "$", scale=1e3),
    "usd_per_million_output_tokens": Kind("Cost per million output tokens", "$"),
    "usd_per_million_answer_tokens": Kind("Cost per million tokens of answers", "$"),
    "usd_per_million_tokens": Kind("Cost per million tokens, prompts included", "$"),
    "usd_per_hour": Kind("Fleet cost per hour", "$"),
    "cost_per_correct_usd": Kind("Cost per 1,000 right answers", "$", scale=1e3),
    "accuracy": Kind("Right answers", share=True),
    "calls_per_task": Kind("Calls per task"),
    "escalation_rate": Kind("Tasks escalated", share=True),
    "wrong_undetected_share": Kind("Wrong and unnoticed", share=True),
    "answer_share": Kind("Share of answers", share=True),
    "cost_share": Kind("Share of the cost", share=True),
    "slo_attainment": Kind("Tasks within target", share=True),
    "goodput": Kind("Tasks within target per second"),
    "tasks_per_s": Kind("Tasks answered per second"),
    "calls_per_s": Kind("Calls answered per second"),
    "output_tokens_per_s": Kind("Output tokens per second"),
    "input_tokens_per_s": Kind("Prompt tokens per second"),
    "utilisation": Kind("Share of time working", share=True),
    "joules_per_output_token": Kind("Energy per output token", after=" J"),
    "joules_per_task": Kind("Energy per task", after=" J"),
    "grams_co2_per_task": Kind("CO2 per task", after=" g"),
    "grams_co2_per_million_output_tokens": Kind("CO2 per million output tokens", after=" g"),
}
_SECONDS = {"s": 1.0, "ms": 1e-3}


def kind_of(figure: Figure) -> Kind:
    """The figure's kind: its own, that of a latency's percentile, or one made of its unit."""
    if figure.name in _KINDS:
        return _KINDS[figure.name]
    called = name_of(figure.name)
    if figure.unit in _SECONDS:
        return Kind(called, scale=_SECONDS[figure.unit], time=True)
    if figure.unit.startswith("USD"):
        return Kind(called, "$", label(figure.unit.removeprefix("USD")) if figure.unit != "USD" else "")
    return Kind(called, after=f" {label(figure.unit)}" if figure.unit else "", share=figure.unit == "share")


def name_of(figure: str) -> str:
    """What a figure of this name is called."""
    if figure in _KINDS:
        return _KINDS[figure].label
    stem, _, statistic = figure.rpartition("_")
    if stem in _LATENCIES:
        return f"{_LATENCIES[stem]}, {_STATISTICS.get(statistic, statistic)}"
    return label(figure.replace("_", " ").capitalize())


def axis_title(kind: Kind) -> str:
    """What stands at an axis of such figures, with the unit that its numbers do not show themselves."""
    unit = "seconds" if kind.time else kind.after.strip()
    return f"{kind.label} ({unit})" if unit else kind.label


def in_text(figure: str) -> str:
    """What a figure of this name is called within a sentence: `p99 time to first token`."""
    name, comma, statistic = name_of(figure).partition(", ")
    if comma and figure.rpartition("_")[0] in _LATENCIES:
        name = f"{statistic} {name[0].lower()}{name[1:]}"
    else:
        name += comma + statistic
    return name[0].lower() + name[1:]


def said(figure: Figure) -> str:
    """The figure with its unit and interval: `$1.23 ($1.20 to $1.26)`."""
    return kind_of(figure).say_both(figure)


def cell(figure: Figure | None, mark: str = "") -> Cell:
    """The figure as a table cell, its interval in small print."""
    if figure is None:
        return Cell(NONE, number=True)
    kind = kind_of(figure)
    return Cell(kind.say(figure.value), kind.interval(figure), mark, number=True)
