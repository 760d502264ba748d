"""Balancers: which replica of a pool gets a call. One file a rule; the contract is in `contract.py`."""

from fleetsim.policies.balancers.contract import BALANCERS, Balancer, balancer

__all__ = ["BALANCERS", "Balancer", "balancer"]
