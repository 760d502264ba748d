"""Targets: the presets a scenario may write instead of figures, and the share of tasks that should meet them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from fleetsim.scenario.files import read_text
from fleetsim.scenario.read import parse
from fleetsim.scenario.schema import Scenario, Slo, TaskClass

DEFAULT_ATTAINMENT_GOAL = 0.99
"""Targets are meant for the p99, as MLPerf Inference's server limits are."""


@cache
def presets() -> dict[str, Slo]:
    """Every preset by name; sources in `slo_presets.yaml`."""
    path = Path(__file__).with_name("slo_presets.yaml")
    return {name: Slo.model_validate(limits) for name, limits in parse(read_text(path)[0], path.name).data.items()}


def targets(task_class: TaskClass) -> Slo:
    """The class's targets, a preset's name replaced by its figures; a class without any has none to miss."""
    if isinstance(task_class.slo, str):
        return presets()[task_class.slo]
    return task_class.slo or Slo()


def attainment_goal(scenario: Scenario) -> float:
    """The share of tasks that should meet all their targets: the workload's, else that of `capacity:`, else 99 %."""
    if scenario.workload.attainment_goal is not None:
        return scenario.workload.attainment_goal
    limits = [
        limit.limit
        for limit in (scenario.capacity.constraints if scenario.capacity else ())
        if (limit.figure, limit.scope) == ("slo_attainment", "all") and limit.at_least is not None and limit.limit > 0
    ]
    return max(limits, default=DEFAULT_ATTAINMENT_GOAL)
