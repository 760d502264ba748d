"""fleetsim list: what there is, made from the registries and the shipped profiles."""

from __future__ import annotations

from collections.abc import Callable

import click

from fleetsim.cli.group import say
from fleetsim.cli.text import bytes_text, grid, three, time_text

Rows = list[list[str]]


def _hardware() -> Rows:
    from fleetsim.catalog import hardware_names, load_hardware

    rows = [["name", "device", "kind", "memory", "bandwidth", "bf16 peak", "$ per h", "step times rest on"]]
    for device in map(load_hardware, hardware_names()):
        memory, peak = device.memory, device.peak["bf16"].value
        price = device.prices.get("on_demand") or next(iter(device.prices.values()), None)
        bandwidth = f"{bytes_text(memory.bandwidth_bytes_per_s.value)}/s"
        price_text = three(price.value * 3600) if price else "-"
        size = bytes_text(memory.capacity_bytes.value)
        speed = f"{three(peak / 1e12)} TFLOP/s"
        rows.append([device.key, device.name, device.kind, size, bandwidth, speed, price_text, device.basis])
    return rows


def _models() -> Rows:
    from fleetsim.catalog import load_model, model_names

    rows = [["name", "model", "kind", "parameters", "active", "layers", "context", "precision"]]
    for model in map(load_model, model_names()):
        sizes = (model.parameters_billion.total.value, model.parameters_billion.active.value)
        counts = [*(f"{three(size)} B" for size in sizes), str(model.layers), f"{model.context_tokens:,.0f}"]
        rows.append([model.key, model.name, model.kind, *counts, model.precision])
    return rows


def _frameworks() -> Rows:
    from fleetsim.catalog import framework_names, load_framework

    rows = [["name", "framework", "scheduler", "sequences", "tokens a step", "memory", "step times rest on"]]
    for framework in map(load_framework, framework_names()):
        runs = framework.scheduling
        limits = [f"{runs.max_num_seqs:,}", f"{runs.max_num_batched_tokens:,}"]
        memory = f"{100 * runs.memory_utilisation:.0f} %"
        rows.append([framework.key, framework.name, runs.scheduler, *limits, memory, framework.calibration.basis])
    return rows


def _vendors() -> Rows:
    from fleetsim.catalog import load_vendor, vendor_names

    rows = [["name", "interface", "first token", "token of a 70B model", "times rest on"]]
    for vendor in map(load_vendor, vendor_names()):
        fit = vendor.calibration
        rows.append([vendor.key, vendor.name, time_text(fit.first_token_s), time_text(fit.token_s), fit.basis])
    return rows


def _rules(*families: str) -> Callable[[], Rows]:
    def rows() -> Rows:
        from fleetsim.policies.balancers import BALANCERS
        from fleetsim.policies.scheduling import QUEUE_ORDERS
        from fleetsim.policies.selectors import SELECTORS

        found = {"balancers": BALANCERS, "queue-orders": QUEUE_ORDERS, "selectors": SELECTORS}
        table = [["name", "what it does", "knobs"]]
        for rule in (rule for family in families for rule in found[family].values()):
            knobs = ", ".join(f"{knob}={value:g}" for knob, value in rule.knobs.items())
            table.append([rule.name, rule.meaning, knobs])
        return table

    return rows


def _members(family: str) -> Callable[[], Rows]:
    def rows() -> Rows:
        from fleetsim.scenario import families

        members = getattr(families, family)
        return [["kind", "what it is", "keys"], *([kind, first_line(m), keys_of(m)] for kind, m in members.items())]

    return rows


def _metrics() -> Rows:
    from fleetsim.metrics.contract import METRICS

    return [["name", "figures"], *([metric.name, metric.meaning] for metric in METRICS.values())]


def _traces() -> Rows:
    from fleetsim.workload.files import SAMPLES, SHIPPED
    from fleetsim.workload.traces.contract import FORMATS

    rows = [["name", "what it is"], *([name, form.meaning] for name, form in FORMATS.items())]
    return rows + [[f"{SHIPPED}{name}", f"shipped sample: {file}"] for name, file in SAMPLES.items()]


def _slo() -> Rows:
    from fleetsim.scenario.slo import presets

    def text(seconds: float | None) -> str:
        return time_text(seconds) if seconds is not None else "-"

    rows = [["name", "TTFT", "TPOT", "E2E"]]
    return rows + [[name, *map(text, (s.ttft_s, s.tpot_s, s.e2e_s))] for name, s in sorted(presets().items())]


def _scenarios() -> Rows:
    from fleetsim.catalog.shipped import scenario_file, scenario_names
    from fleetsim.scenario import read

    rows = [["name", "question"]]
    for name in scenario_names():
        data = read.parse(scenario_file(name).read_text(encoding="utf-8"), name).data
        rows.append([name, str(data.get("question", ""))])
    return rows


def first_line(member: type) -> str:
    """What a family member says of itself."""
    return (member.__doc__ or "").strip().splitlines()[0]


def keys_of(member: type) -> str:
    """The keys of a family member in the scenario file."""
    fields = member.model_fields.items()
    return ", ".join(field.alias or name for name, field in fields if name != "kind")


LISTS: dict[str, tuple[Callable[[], Rows], tuple[int, ...]]] = {
    "hardware": (_hardware, (3, 4, 5, 6)),
    "models": (_models, (3, 4, 5, 6)),
    "frameworks": (_frameworks, (3, 4, 5)),
    "vendors": (_vendors, (2, 3)),
    "policies": (_rules("balancers", "queue-orders", "selectors"), ()),
    "balancers": (_rules("balancers"), ()),
    "queue-orders": (_rules("queue-orders"), ()),
    "selectors": (_rules("selectors"), ()),
    "arrivals": (_members("ARRIVALS"), ()),
    "lengths": (_members("LENGTHS"), ()),
    "workflows": (_members("WORKFLOWS"), ()),
    "traces": (_traces, ()),
    "metrics": (_metrics, ()),
    "slo": (_slo, (1, 2, 3)),
    "scenarios": (_scenarios, ()),
}
"""What can be listed -> how its rows are made, and which columns are numbers."""


_HELP = f"""List what there is to choose from, a line each.

WHAT is one of {", ".join(LISTS)}. See `fleetsim show NAME` for all about one of them.

\b
Examples:
  fleetsim list hardware
  fleetsim list arrivals
  fleetsim list scenarios
"""


@click.command("list", help=_HELP, short_help="List what there is to choose from.")
@click.argument("what", metavar="WHAT", type=click.Choice(list(LISTS)))
def list_(what: str) -> None:
    """Print one of LISTS."""
    rows, right = LISTS[what]
    say(grid(rows(), right=right))
