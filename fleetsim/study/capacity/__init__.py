"""Capacity: the cheapest fleet that keeps all limits, found by bounds, search and simulation."""

from fleetsim.study.capacity.answer import CapacityAnswer
from fleetsim.study.capacity.run import capacity

__all__ = ["CapacityAnswer", "capacity"]
