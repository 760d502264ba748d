"""fleetsim show: all about one thing."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fleetsim.cli.graphs import graphs
from fleetsim.cli.group import say, set_option
from fleetsim.cli.pools import pool_text
from fleetsim.cli.profiles import framework_texts, hardware_texts, model_texts, vendor_texts
from fleetsim.cli.text import grid, time_text, wrapped

if TYPE_CHECKING:
    import numpy as np
    from pydantic.fields import FieldInfo


@click.command(short_help="Show all about a profile, a family member or a scenario.")
@click.argument("name", metavar="NAME|SCENARIO")
@click.option("--graph", is_flag=True, help="Of a scenario: the workflow of each architecture, node by node.")
@click.option(
    "--svg", "folder", metavar="DIR", type=click.Path(path_type=Path), help="With --graph: write pictures, too."
)
@set_option
def show(name: str, graph: bool, folder: Path | None, sets: tuple[str, ...]) -> None:
    """Show a profile with its sources, the keys of a family member, or the fleets of a scenario.

    NAME is anything that `fleetsim list` names. For a scenario: step times, memory and price of every pool, or with
    --graph the nodes that a task goes through.

    \b
    Examples:
      fleetsim show h100
      fleetsim show lognormal
      fleetsim show quickstart
      fleetsim show boss_and_workers --graph --svg pictures
    """
    if folder is not None and not graph:
        raise click.UsageError("--svg goes with --graph")
    if graph:
        say("\n\n".join(graphs(name, sets, folder)))
        return
    texts = [text for find in _FINDERS for text in find(name)]
    if texts and not os.path.isfile(name):
        say("\n\n".join(texts))
        return
    _check_known(name)
    say("\n\n".join(_scenario(name, sets)))


def _check_known(name: str) -> None:
    """Raise UnknownName, with the nearest name of all there are, for a word that is no name and no file."""
    from fleetsim.catalog.shipped import scenario_names
    from fleetsim.cli.listing import LISTS
    from fleetsim.errors import UnknownName

    if name.endswith((".yaml", ".yml")) or os.path.exists(name) or name in scenario_names():
        return
    known = {row[0] for rows, _ in LISTS.values() for row in rows()[1:]}
    close = difflib.get_close_matches(name, sorted(known), n=1)
    hint = f"did you mean {close[0]!r}?" if close else "see `fleetsim list --help`, or write the path of a scenario"
    raise UnknownName(f"nothing is named {name!r}; {hint}")


def _members(name: str) -> Iterator[str]:
    from fleetsim.scenario import families

    for noun in ("ARRIVALS", "LENGTHS", "WORKFLOWS"):
        family = getattr(families, noun)
        if name not in family:
            continue
        rows = [["key", "default", "meaning"]]
        for key, field in family[name].model_fields.items():
            if key != "kind":
                rows.append([field.alias or key, _default(field), field.description or ""])
        yield f"{family.noun} {name}: {_about(family[name])}" + (f"\n\n{grid(rows)}" if len(rows) > 1 else "")


def _default(field: FieldInfo) -> str:
    from fleetsim.scenario.export import measures_of, plain

    if field.is_required():
        return "must be given"
    given = plain(field.get_default(call_default_factory=True), measures_of(field))
    return "none" if given is None else str(given)


def _about(documented: Any) -> str:
    return " ".join((documented.__doc__ or "").split())


def _policy(name: str) -> Iterator[str]:
    from fleetsim.policies.balancers import BALANCERS
    from fleetsim.policies.scheduling import QUEUE_ORDERS
    from fleetsim.policies.selectors import SELECTORS

    for family in (BALANCERS, QUEUE_ORDERS, SELECTORS):
        if name in family:
            rule = family[name]
            knobs = "".join(f"\nknob {knob}, by default {value:g}" for knob, value in rule.knobs.items())
            yield f"{family.noun} {name}: {_about(rule.rule.py_func)}{knobs}"


def _trace(name: str) -> Iterator[str]:
    from fleetsim.workload.files import SAMPLES, SHIPPED, notice, resolve
    from fleetsim.workload.traces.contract import FORMATS, load_trace

    if name in FORMATS:
        yield wrapped(f"trace format {name}: {_about(FORMATS[name].reader)}")
    if name.startswith(SHIPPED) and name.removeprefix(SHIPPED) in SAMPLES:
        trace = load_trace(resolve(name, Path()), name)
        rows = [["requests", f"{len(trace.arrival_ns):,} in {time_text(int(trace.arrival_ns[-1]) / 1e9)}"]]
        rows += [["prompt tokens", _quantiles(trace.prompt_tokens)], ["answer tokens", _quantiles(trace.output_tokens)]]
        yield f"trace {name}\n\n{grid(rows, indent='  ', rule=False)}\n\n{notice().strip()}"


def _quantiles(tokens: np.ndarray) -> str:
    import numpy as np

    p50, p90, p99 = np.quantile(tokens, (0.5, 0.9, 0.99))
    return f"mean {tokens.mean():,.0f}, p50 {p50:,.0f}, p90 {p90:,.0f}, p99 {p99:,.0f}"


def _metric(name: str) -> Iterator[str]:
    from fleetsim.metrics.contract import METRICS

    if name in METRICS:
        yield wrapped(f"metric {name}: {_about(METRICS[name].rule)}")


def _slo(name: str) -> Iterator[str]:
    from fleetsim.scenario.slo import presets

    if name in presets():
        limits = {"TTFT": presets()[name].ttft_s, "TPOT": presets()[name].tpot_s, "E2E": presets()[name].e2e_s}
        targets = ", ".join(f"{key} within {time_text(value)}" for key, value in limits.items() if value is not None)
        yield f"SLO preset {name}: {targets}"


def _scenario(name: str, sets: tuple[str, ...]) -> Iterator[str]:
    from fleetsim.planning import fleets
    from fleetsim.study.run import prepare

    plan = prepare(name, sets=sets)
    scenario = plan.loaded.scenario
    yield wrapped(f"{scenario.name}: {scenario.question}" if scenario.question else scenario.name)
    for arm in plan.arms:
        architecture = arm.loaded.scenario.architectures[arm.architecture]
        parts = [part for part in (arm.name, architecture.workflow.kind, architecture.description) if part]
        yield wrapped(" - ".join(parts))
        for pool in fleets(architecture):
            yield pool_text(pool, arm.equipment[arm.architecture, pool])


_FINDERS = (hardware_texts, model_texts, framework_texts, vendor_texts, _members, _policy, _trace, _metric, _slo)
"""What is known under a name: each yields texts."""
