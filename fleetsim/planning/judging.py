"""Judged answers of a scenario, checked against what its workflows do with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetsim.errors import InputFaults
from fleetsim.planning.equipment import Equipment, fleets
from fleetsim.planning.plans import workflow_graph
from fleetsim.quality.judged import Judged, judged
from fleetsim.quality.needed import quality_faults, vote_faults

if TYPE_CHECKING:
    from fleetsim.scenario import Loaded


def judge(loaded: Loaded, equipment: Equipment) -> Judged:
    """Which answers are right in all architectures of an equipped scenario.

    Raises InputFaults with all that is wrong with its accuracies, and with workflows that need some where none are.
    """
    scenario, found = loaded.scenario, judged(loaded)
    domains = tuple(dict.fromkeys(d for c in scenario.workload.classes.values() for d in c.domains))
    faults = []
    for name, architecture in scenario.architectures.items():
        nodes = workflow_graph(scenario, name, equipment, domains).nodes()
        described = scenario.quality is not None
        wrong = [
            *quality_faults(found, name, list(fleets(architecture)), nodes, described),
            *vote_faults(found, nodes),
        ]
        faults += [loaded.fault(f"architectures.{name}.{path}", what) for path, what in wrong]
    if faults:
        raise InputFaults(faults)
    return found
