"""Arrival processes: when tasks come. One file a process; the contract is in `contract.py`."""

from fleetsim.workload.arrivals.contract import ARRIVALS, ClosedProcess, OpenProcess, Source, arrival_process

__all__ = ["ARRIVALS", "ClosedProcess", "OpenProcess", "Source", "arrival_process"]
