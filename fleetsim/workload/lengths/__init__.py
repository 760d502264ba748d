"""Length laws: how many tokens prompts and answers have. One file a law; the contract is in `contract.py`."""

from fleetsim.workload.lengths.contract import LENGTHS, LengthLaw, length_law

__all__ = ["LENGTHS", "LengthLaw", "length_law"]
