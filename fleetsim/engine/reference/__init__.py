"""The reference engine: docs/engine.md in SimPy, one step at a time, written to be read.

Read it in this order: `clock` (which event goes first), `clients` (tasks arrive), `threads` and `workflow` (they
walk through the graph and make calls) with `nodes`, `joins` and `choices` (what its nodes do), `pool` with `judge`
(delivery, the balancer, whether the answer will be right), `replica` with `batch` and `queue` (who is next, the steps)
and `conversations` (what it keeps), `link` (the way from a pool that prefills to the one that decodes), `endpoint`
(pools that are rented), `changes` (of replicas, during a run), `run` (all of it together).
The compiled core computes the same records; this engine is what it is held against.
"""

from fleetsim.engine.reference.records import Outcome
from fleetsim.engine.reference.run import simulate

__all__ = ["Outcome", "simulate"]
