"""The workflow of an architecture as a graph in which nothing is left open."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from fleetsim.planning.calibrating import Labelled, calibrated
from fleetsim.quality.judged import Judged
from fleetsim.workflow.nodes import Nodes, Verify
from fleetsim.workload import Workload

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture

_ROWS = 65_536  # tasks whose subjects are those of the labelled ones


def graph_of(name: str, architecture: Architecture, workload: Workload, seed: int, judged: Judged) -> Nodes:
    """The graph that tasks walk through; verifiers with a risk have the threshold that labelled tasks give them.

    The labelled tasks are others than the workload's, of its subjects; each seed has its own.
    """
    nodes = architecture.workflow.nodes(workload.domains)
    if not any(isinstance(node, Verify) and node.risk is not None for node in nodes.values()):
        return nodes
    rows = next(iter(workload.chunks(_ROWS)), None)
    seen = np.bincount(rows.domain if rows is not None else [], minlength=len(workload.domains))
    mix = seen / seen.sum() if seen.sum() else np.full(len(seen), 1.0 / len(seen))
    return calibrated(nodes, Labelled(judged.tables, partial(judged.row, name), workload.domains, mix, seed))
