"""The kinds of architecture: how pools answer a task together. One file a kind; `contract.py` is theirs."""
