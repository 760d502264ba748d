"""How well predictions meet measurements: scores, leave-one-out folds, and a page that shows both."""

from fleetsim.accuracy.folds import FOLDS, leave_out
from fleetsim.accuracy.scores import GROUPS, Score, prepared, scores

__all__ = ["FOLDS", "GROUPS", "Score", "leave_out", "prepared", "scores"]
