"""How sure a number is, one idea a file: warm-up, and intervals that know that successive requests are alike.

There is no interval here for independent observations of one run, on purpose: of M/M/1 waits at load 0.8 the textbook
interval for a mean covers the truth in 17 % of runs instead of 95 %. Within one run use batch means for means and
sectioning for quantiles; between runs of separate luck, replications.
"""

from fleetsim.statistics.batches import BATCHES, LEAST_PER_BATCH, batch_means, overlapping_batch_means
from fleetsim.statistics.estimate import LEVEL, Estimate, t_quantile
from fleetsim.statistics.quantiles import LEAST_BEYOND, quantiles, sectioning, supports
from fleetsim.statistics.replications import Paired, paired, replications
from fleetsim.statistics.selection import Selection
from fleetsim.statistics.stopping import Precision, StoppingRule
from fleetsim.statistics.warm_up import WarmUp, mser5

__all__ = [
    "BATCHES",
    "LEAST_BEYOND",
    "LEAST_PER_BATCH",
    "LEVEL",
    "Estimate",
    "Paired",
    "Precision",
    "Selection",
    "StoppingRule",
    "WarmUp",
    "batch_means",
    "mser5",
    "overlapping_batch_means",
    "paired",
    "quantiles",
    "replications",
    "sectioning",
    "supports",
    "t_quantile",
]
