"""Figures from records: one file a metric; the contract is in `contract.py`."""
