"""What arrives: arrival processes, length laws and traces, and the rows of tasks made from them."""

from fleetsim.workload.check import faults
from fleetsim.workload.materialise import Workload, materialise

__all__ = ["Workload", "faults", "materialise"]
