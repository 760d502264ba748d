"""Rows of the plan's tables in Python's own numbers, which do not overflow."""

from collections import namedtuple

from fleetsim.tables import CHANGES, NODES, OPTIONS, POOLS, VERSIONS

PoolRow = namedtuple("PoolRow", [column.name for column in POOLS])
"""A row of tables.POOLS: what every replica of the pool is like."""

NodeRow = namedtuple("NodeRow", [column.name for column in NODES])
"""A row of tables.NODES."""

OptionRow = namedtuple("OptionRow", [column.name for column in OPTIONS])
"""A row of tables.OPTIONS: what is known of a branch before the run."""

VersionRow = namedtuple("VersionRow", [column.name for column in VERSIONS])
"""A row of tables.VERSIONS: the model that a replica runs, and how long its steps take."""

ChangeRow = namedtuple("ChangeRow", [column.name for column in CHANGES])
"""A row of tables.CHANGES."""


def first_version(pool: PoolRow) -> VersionRow:
    """What the pool's replicas run at the start."""
    return VersionRow(*(getattr(pool, column) for column in VersionRow._fields))
