"""Named targets: the presets a scenario may write instead of figures."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from fleetsim.scenario.files import read_text
from fleetsim.scenario.read import parse
from fleetsim.scenario.schema import Slo, TaskClass


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
