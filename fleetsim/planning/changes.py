"""Changes of pools during a run as an engine reads them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fleetsim.errors import FleetsimError
from fleetsim.planning.equipment import Equipment
from fleetsim.quality.judged import Judged
from fleetsim.scenario.changing import Change
from fleetsim.tables import CHANGES, VERSIONS
from fleetsim.units import nanoseconds

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture


@dataclass(frozen=True)
class ChangeTables:
    """What an engine reads of changes; `base_ns` are step times to be put behind those of the pools."""

    versions: np.recarray
    changes: np.recarray
    base_ns: list[np.ndarray]


def change_tables(
    name: str, architecture: Architecture, equipment: Equipment, judged: Judged, rows: np.recarray, names: list[str]
) -> ChangeTables:
    """The changes of an architecture; `rows` are its pools, whose KV memory becomes the least they ever have.

    Raises FleetsimError if a change is to a model with another sliding window.
    """
    versions = VERSIONS.empty(len(architecture.changes))
    base_ns: list[np.ndarray] = []
    base_offset = sum(len(equipment[name, fleet].table.base_ns) for fleet in names)
    moves: list[tuple[int, int, int, int, int, int]] = []
    has: dict[int, dict[str, object]] = {}
    for number, change in enumerate(architecture.changes):
        row, table = rows[names.index(change.pool)], equipment[name, f"{change.pool}@{number}"].table
        if table.window_tokens != row.window_tokens:
            raise FleetsimError(
                f"change {number + 1} of {name}: pool {change.pool} cannot change between models with and without a "
                "sliding window, or of another size; make two pools of them"
            )
        row.kv_blocks = min(row.kv_blocks, table.kv_blocks)
        row.context_tokens = min(row.context_tokens, table.context_tokens)
        version = versions[number]
        version.model, version.base_offset = judged.row(name, f"{change.pool}@{number}"), base_offset
        for column in ("alpha_ns", "window_alpha_ns", "beta_ns"):
            version[column] = getattr(table, column)
        base_ns.append(table.base_ns)
        base_offset += len(table.base_ns)
        moves += _moves(change, number, row, has)
    changes = np.array(sorted(moves), [(c.name, c.dtype) for c in CHANGES]).astype(CHANGES.dtype)
    return ChangeTables(versions, changes.view(np.recarray), base_ns)


def _moves(change: Change, number: int, row: np.record, has: dict[int, dict[str, object]]) -> list[tuple]:
    """Rows of CHANGES: the first replicas up to the share, less those that have the version already."""
    to, gap_s = change.to.given(), change.load_s if change.every_s is None else change.every_s
    first, count = int(row.first_replica), math.ceil(change.share * int(row.replicas) - 1e-9)
    due = [r for r in range(first, first + count) if not to or has.get(r) != to]
    has.update(dict.fromkeys(due, to))
    load_ns = max(1, nanoseconds(change.load_s))
    forgets = int(change.to.judged_as is not None)  # in place; an accuracy of its own is drift of the same model
    return [
        (nanoseconds(change.at_s + turn * gap_s), replica, number, int(change.in_place), load_ns, forgets)
        for turn, replica in enumerate(due)
    ]
