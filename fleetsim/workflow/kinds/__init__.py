"""The kinds of architecture: how pools answer a task together. One file a kind; contract in `workflow/contract.py`."""
