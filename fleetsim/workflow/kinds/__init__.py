"""The kinds of architecture: how pools answer a task together. One file a kind; contract in `contract.py` beside them."""
