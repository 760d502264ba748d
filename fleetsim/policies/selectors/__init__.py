"""Selectors: which branch of a workflow a task takes. One file a rule; contract in `contract.py`."""

from fleetsim.policies.selectors.contract import SELECTOR_SIGNATURE, SELECTORS, Selector

__all__ = ["SELECTORS", "SELECTOR_SIGNATURE", "Selector"]
