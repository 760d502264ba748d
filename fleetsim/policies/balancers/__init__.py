"""Balancers: which replica of a pool gets a call. One file a rule; the contract is in `contract.py`."""

from fleetsim.policies.balancers.contract import BALANCERS, SIGNATURE, Balancer, balancer

__all__ = ["BALANCERS", "SIGNATURE", "Balancer", "balancer"]
