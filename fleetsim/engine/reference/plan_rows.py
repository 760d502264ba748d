"""Rows of the plan's tables in Python's own numbers, which do not overflow."""

from collections import namedtuple

from fleetsim.tables import NODES, POOLS

PoolRow = namedtuple("PoolRow", [column.name for column in POOLS])
"""A row of tables.POOLS: what every replica of the pool is like."""

NodeRow = namedtuple("NodeRow", [column.name for column in NODES])
"""A row of tables.NODES."""
