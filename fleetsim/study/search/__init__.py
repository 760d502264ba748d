"""Search: the best of a space too large to try, asked of Optuna's samplers, trial by trial."""

from fleetsim.study.search.answer import Search
from fleetsim.study.search.run import search

__all__ = ["Search", "search"]
