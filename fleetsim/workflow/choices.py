"""Selections by rule, as tables: options, what is known of them, the rules' knobs and memory."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fleetsim.tables import KNOBS, OPTIONS, Learns, SignalOf
from fleetsim.workflow.nodes import Nodes, Option, Select
from fleetsim.workflow.room import Room

_RATINGS = 0x5EED_0F_0A71_6


@dataclass
class Choices:
    """What an engine reads of all selections by rule of a workflow."""

    options: list[tuple[int, int, float, float, int, int]] = field(default_factory=list)  # rows of tables.OPTIONS
    ability: list[float] = field(default_factory=list)  # [option, domain]
    rules: list[str] = field(default_factory=list)  # one a selection: its selector
    knobs: list[list[float]] = field(default_factory=list)
    memory_rows: int = 0
    task_memory_rows: int = 0

    def add(self, node: Select, row: np.record, nodes: Nodes, room: Room) -> None:
        """Write a selection by rule; changes its row of NODES."""
        row.selector, row.first_option = len(self.rules), len(self.options)
        row.signal_of, row.informed = SignalOf[node.signal.upper()], node.informed
        row.learns, row.feedback_error = _learns(node), node.feedback_error
        own = row.learns == Learns.OWN_TASK
        row.cost_weight, row.discount = node.cost_weight, node.discount
        self.rules.append(node.rule.kind)
        self.knobs.append(_knobs(node))
        domains = len(room.domains) if node.per_domain else 1
        noise = np.random.Generator(np.random.Philox(key=_RATINGS ^ room.seed)).standard_normal(
            (len(node.to), len(room.domains))
        )
        for branch, to in enumerate(node.to):
            pool, usd, seconds = _told(node.options.get(to, Option()), to, nodes, room)
            model = room.pools[pool].model if pool is not None else -1
            number = room.pools[pool].number if pool is not None else -1
            self.options.append((model, number, usd, seconds, self._memory(domains, own=own), domains))
            known = room.ability[model] if model >= 0 else np.zeros(len(room.domains))
            self.ability += (known + node.rating_noise * noise[branch]).tolist()

    def _memory(self, rows: int, *, own: bool) -> int:
        """The first of so many new rows in the memory of the run, or of the task itself."""
        first = self.task_memory_rows if own else self.memory_rows
        if own:
            self.task_memory_rows += rows
        else:
            self.memory_rows += rows
        return first

    def table(self) -> np.recarray:
        """tables.OPTIONS."""
        return np.array(self.options, OPTIONS.dtype).view(np.recarray)


def _told(option: Option, branch: str, nodes: Nodes, room: Room) -> tuple[str | None, float, float]:
    """Pool, cost and time of a branch: what the scenario says, else those of the first call there."""
    call = room.first_call(branch, nodes)
    usd, seconds = room.expected(call) if call is not None else (0.0, 0.0)
    pool = option.pool or (call.pool if call is not None else None)
    return (
        pool,
        usd if option.cost_usd is None else option.cost_usd,
        seconds if option.seconds is None else option.seconds,
    )


def _learns(node: Select) -> Learns:
    if not node.learns:
        return Learns.NEVER
    return Learns.OWN_TASK if node.remembers == "task" else Learns.ALL_TASKS


def _knobs(node: Select) -> list[float]:
    from fleetsim.policies.selectors import SELECTORS

    given: dict[str, float] = node.rule.model_extra or {}
    values = [float(given.get(name, default)) for name, default in SELECTORS[node.rule.kind].knobs.items()]
    return values + [0.0] * (KNOBS - len(values))
