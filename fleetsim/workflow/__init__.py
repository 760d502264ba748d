"""Workflows: how the pools of an architecture answer a task together. One file a kind; contract in `contract.py`."""
