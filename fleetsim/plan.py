"""Plan: one architecture of a scenario as tables of numbers, ready for an engine.

No names, no dictionaries, no YAML: whoever must speak of a pool by name (error messages, reports) keeps the
names beside the plan.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fleetsim.policies.balancers import Balancer
from fleetsim.policies.scheduling import QueueOrder
from fleetsim.policies.selectors import Selector
from fleetsim.quality.answers import Quality, unjudged
from fleetsim.tables import CHANGES, KNOBS, OPTIONS, VERSIONS


@dataclass(frozen=True)
class Plan:
    """What an engine needs to know. Built by `fleetsim.planning.plan`; checked by `check`."""

    seed: int
    horizon_ns: int  # no task arrives at or after this
    stop_ns: int  # events after this do not happen
    sample_every_ns: int
    clients: int  # closed loop; 0 for open loop
    pools: np.recarray  # tables.POOLS
    nodes: np.recarray  # tables.NODES; a task enters row 0
    base_ns: np.ndarray  # float64: the pools' tables of base step times, one behind the other
    balancers: tuple[Balancer, ...]
    knobs: np.ndarray  # float64[pools, tables.KNOBS]
    branch_targets: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    branch_cdf: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float64))
    times_ns: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))  # quantiles, see NODES and POOLS
    outages: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), np.int64))  # [outage, (start, end)] ns
    domains: int = 1  # of the workload
    quality: Quality = field(default_factory=unjudged)
    options: np.recarray = field(default_factory=lambda: OPTIONS.empty(0))
    option_ability: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float64))  # [option, domain], flat
    memory_rows: int = 0  # what selectors are told in a run: rows of reports and reward
    task_memory_rows: int = 0  # what they are told of a single task
    selectors: tuple[Selector, ...] = ()
    selector_knobs: np.ndarray = field(default_factory=lambda: np.zeros((0, KNOBS)))  # [position in selectors, knob]
    queue_orders: tuple[QueueOrder, ...] = ()  # needed where a pool's order is ever asked, as are the following
    order_knobs: np.ndarray = field(default_factory=lambda: np.zeros((0, KNOBS)))  # [pool, knob]
    priorities: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))  # [task class]
    versions: np.recarray = field(default_factory=lambda: VERSIONS.empty(0))
    changes: np.recarray = field(default_factory=lambda: CHANGES.empty(0))

    @property
    def replicas(self) -> int:
        """How many replicas all pools have together."""
        return int(self.pools.replicas.sum())
