"""The claims that are tested, one file each; what a file holds is in `contract.py`."""
