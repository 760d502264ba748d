"""Planning: architectures equipped with hardware, as plans for an engine, with the names that belong to them."""

from fleetsim.planning.equipment import Equipment, EquippedPool, Known, equip, fleets
from fleetsim.planning.facts import arm_name, run_facts
from fleetsim.planning.graphs import graph_of
from fleetsim.planning.judging import judge
from fleetsim.planning.plans import plan_architecture

__all__ = [
    "Equipment",
    "EquippedPool",
    "Known",
    "arm_name",
    "equip",
    "fleets",
    "graph_of",
    "judge",
    "plan_architecture",
    "run_facts",
]
