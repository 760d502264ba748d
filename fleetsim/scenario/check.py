"""The rules that no single field can tell: one small function a rule, yielding what breaks it.

Here those of time, workload, workflows and `vary`; those of pools and quality are in `check_pools.py` and beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fleetsim.registry import unknown
from fleetsim.scenario.check_capacity import CAPACITY_RULES
from fleetsim.scenario.check_changes import CHANGE_RULES
from fleetsim.scenario.check_pools import POOL_RULES
from fleetsim.scenario.check_quality import QUALITY_RULES
from fleetsim.scenario.document import ANY, Flaw, Place, look, parts
from fleetsim.scenario.draft import Draft, Rule
from fleetsim.scenario.keys import existing
from fleetsim.scenario.schema import Scenario

MAX_HORIZON_S = 30 * 86_400.0
MAX_COMBINATIONS = 10_000
MAX_TASKS = 100_000_000
"""Beyond it the records of a run are tens of gigabytes."""


def check(scenario: Scenario, data: Any, base: Path) -> list[Flaw]:
    """All that breaks a rule."""
    draft = Draft(scenario, data, base)
    rules = (*RULES, *CHANGE_RULES, *POOL_RULES, *QUALITY_RULES, *CAPACITY_RULES)
    return [flaw for rule in rules for flaw in rule(draft)]


def times(draft: Draft) -> Iterator[Flaw]:
    """The horizon is at most 30 days and the warm-up ends before it."""
    scenario = draft.scenario
    for key, span_s in (("horizon", scenario.horizon_s), ("drain", scenario.drain_s)):
        if span_s > MAX_HORIZON_S:
            yield Flaw((key,), "is longer than 30 days; study a shorter span, such as one day")
    if scenario.warm_up_s != "auto" and scenario.warm_up_s >= scenario.horizon_s:
        yield Flaw(("warm_up",), "leaves nothing of the horizon; write a shorter one, or auto")


def arrivals(draft: Draft) -> Iterator[Flaw]:
    """Every class gets its tasks from one source: its own arrivals or a share of the common ones."""
    common = draft.scenario.workload.arrivals
    own = [place for place, task_class in draft.classes() if task_class.arrivals is not None]
    for place, task_class in draft.classes():
        if task_class.arrivals is None and common is None:
            what = "has no arrivals; give it `arrivals`, or write `workload.arrivals` for all classes"
            yield Flaw(place, what, absent=(("workload", "arrivals"),))
        if task_class.arrivals is not None and task_class.share != 1.0:
            yield Flaw((*place, "share"), "has no effect beside the class's own `arrivals`; leave one of them out")
    if common is not None and len(own) == len(draft.scenario.workload.classes):
        yield Flaw(("workload", "arrivals"), "is used by no class: all have arrivals of their own; leave it out")


def amounts(draft: Draft) -> Iterator[Flaw]:
    """A run has no more tasks than a machine can hold the records of."""
    places: list[tuple[Place, Any]] = [(("workload", "arrivals"), draft.scenario.workload.arrivals)]
    places += [((*place, "arrivals"), task_class.arrivals) for place, task_class in draft.classes()]
    for place, process in places:
        tasks = (getattr(process, "mean_rate_per_s", None) or 0.0) * draft.scenario.horizon_s
        if tasks > MAX_TASKS:
            what = f"makes about {tasks:,.0f} tasks within the horizon, more than {MAX_TASKS:,}"
            yield Flaw(place, f"{what}; write a lower rate, or a shorter horizon")


def closed_loop(draft: Draft) -> Iterator[Flaw]:
    """Clients that wait for answers are the whole workload: they do not mix with other arrivals."""
    common = draft.scenario.workload.arrivals
    for place, task_class in draft.classes():
        if task_class.arrivals is None:
            continue
        if task_class.arrivals.kind == "closed_loop":
            yield Flaw((*place, "arrivals"), "a closed loop cannot be one class's own; write it as `workload.arrivals`")
        elif common is not None and common.kind == "closed_loop":
            yield Flaw(
                (*place, "arrivals"), "cannot stand beside the closed loop in `workload.arrivals`; leave one out"
            )


def lengths(draft: Draft) -> Iterator[Flaw]:
    """Every class has prompt and output lengths, unless its arrivals bring them."""
    for place, task_class in draft.classes():
        source = task_class.arrivals or draft.scenario.workload.arrivals
        if source is None or getattr(source, "brings_lengths", False):
            continue
        for key in ("prompt", "output"):
            if getattr(task_class, key) is None:
                yield Flaw(place, f"has no {key} length; write `{key}: 512 tokens` or a law, or use a trace")


def slo_presets(draft: Draft) -> Iterator[Flaw]:
    """A named target is one of the presets."""
    from fleetsim.scenario.slo import presets

    for place, task_class in draft.classes():
        if isinstance(task_class.slo, str) and task_class.slo not in presets():
            figures = "" if task_class.slo.startswith("mlperf/") else "; or figures such as {ttft: 2 s}"
            yield Flaw((*place, "slo"), unknown("SLO preset", task_class.slo, presets()) + figures)


def own_rules(draft: Draft) -> Iterator[Flaw]:
    """Arrival processes and length laws may bring rules of their own, and the workload has some on all of them."""
    from fleetsim.workload import faults

    members: list[tuple[Place, Any]] = [(("workload", "arrivals"), draft.scenario.workload.arrivals)]
    for place, task_class in draft.classes():
        members += [((*place, key), getattr(task_class, key)) for key in ("arrivals", "prompt", "output")]
    for place, member in members:
        if hasattr(member, "faults"):
            for path, what in member.faults(draft.base):
                yield Flaw(_below(draft, place, path), what)
    for path, what in faults(draft.scenario.workload, draft.base):
        yield Flaw(_below(draft, ("workload",), path), what)


def workflows(draft: Draft) -> Iterator[Flaw]:
    """A workflow knows what it needs of its architecture and of the workload's domains."""
    domains = tuple(dict.fromkeys(name for _, task_class in draft.classes() for name in task_class.subjects))
    for place, architecture in draft.architectures():
        if hasattr(architecture.workflow, "faults"):
            absent = (
                (*place, "pools", ANY),
                ("workload", "classes", ANY),
                ("workload", "classes", ANY, "domains"),
                ("workload", "classes", ANY, "domains", ANY),
                ("workload", "classes", ANY, "sizes"),
                ("workload", "classes", ANY, "sizes", ANY),
            )
            for path, what in architecture.workflow.all_faults(architecture, domains):
                yield Flaw(_below(draft, (*place, "workflow"), path), what, absent)


def _below(draft: Draft, place: Place, path: str) -> Place:
    return (*place, *parts(look(draft.data, place), path)) if path else place


def variation(draft: Draft) -> Iterator[Flaw]:
    """Varied paths exist, and the grid stays small."""
    for path in draft.scenario.vary:
        place = ("vary", path)
        if path.split(".")[0] in ("vary", "capacity", "extends", "name"):
            yield Flaw(place, "cannot be varied")
            continue
        try:
            existing(path, draft.data)
        except ValueError as error:
            yield Flaw(place, str(error))
    count = math.prod(map(len, draft.scenario.vary.values()))
    if count > MAX_COMBINATIONS:
        yield Flaw(("vary",), f"makes {count:,} combinations; at most {MAX_COMBINATIONS:,}")


RULES: tuple[Rule, ...] = (times, arrivals, amounts, closed_loop, lengths, slo_presets, own_rules, workflows, variation)
