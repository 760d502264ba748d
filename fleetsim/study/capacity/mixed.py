"""Mixed fleets: which size of task goes to which pool, by linear programs over the work that each makes of the other.

The allocation of mixed accelerators by sizes of requests is that of Griggs et al., "Melange: cost efficient large
language model serving by exploiting GPU heterogeneity", arXiv 2404.14527; here the simulation has the last word.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from fleetsim.planning import EquippedPool
from fleetsim.study.capacity.bounds import BOTH, Load, busy_replicas, floor_ns, least_replicas, token_prices
from fleetsim.study.capacity.space import Variant
from fleetsim.study.capacity.survey import Survey

_LEAST_SHARE = 1e-4
_NEVER = 1e6
"""Replicas that a size keeps busy in a pool that cannot serve it: more than there are."""


@dataclass(frozen=True)
class Mix:
    """A steered variant with the work of every size in every pool."""

    variant: Variant
    survey: Survey
    tpot_s: float

    @cached_property
    def pools(self) -> dict[str, EquippedPool]:
        """The pools that tasks may be steered to."""
        return self.variant.equipment

    @cached_property
    def sizes(self) -> dict[str, Load]:
        """The tasks of every size, wherever the survey sent them."""
        loads, numbers = self.survey.loads, self.survey.sizes
        number = np.concatenate([numbers[fleet] for fleet in loads])
        prompt = np.concatenate([load.prompt_tokens for load in loads.values()])
        output = np.concatenate([load.output_tokens for load in loads.values()])
        whole = Load(BOTH, prompt, output, next(iter(loads.values())).span_s)
        return {name: whole.subset(number == n) for n, name in enumerate(self.survey.domains)}

    @cached_property
    def busy(self) -> np.ndarray:
        """float64[sizes, pools]: a guess of the replicas that a size keeps busy in a pool."""
        rows = [
            [busy_replicas(load, pool, self.tpot_s) for pool in self.pools.values()] for load in self.sizes.values()
        ]
        return np.minimum(np.array(rows), _NEVER)

    @cached_property
    def least(self) -> np.ndarray:
        """float64[sizes, pools]: how many replicas a size keeps busy in a pool at the very least."""
        columns = zip(*((load.prompt_tokens, load.output_tokens) for load in self.sizes.values()), strict=True)
        whole = Load(BOTH, *map(np.concatenate, columns), next(iter(self.sizes.values())).span_s)
        by_pool = []
        for pool in self.pools.values():
            prices = token_prices(whole, pool)
            work_ns = np.array([floor_ns(load, pool, prices).sum() for load in self.sizes.values()])
            sure = least_replicas(whole, pool) * whole.span_s * 1e9 / max(work_ns.sum(), 1.0)
            by_pool.append(work_ns * sure / (whole.span_s * 1e9))
        return np.array(by_pool).T

    def utilisation(self, work: np.ndarray) -> np.ndarray:
        """float64[*shape]: the least possible utilisation of the fullest pool, for every candidate."""
        out = np.empty(self.variant.shape)
        for index in self.variant.indices():
            out[index] = evened(work, self.variant.counts[index])[0]
        return out

    def routes(self, index: tuple[int, ...]) -> dict[str, Any]:
        """path -> value of the workflow's routes that even out the pools of a candidate."""
        _, shares = evened(self.busy, self.variant.counts[index])
        routes = {}
        for size, row in zip(self.sizes, shares, strict=True):
            shared = zip(self.pools, row.tolist(), strict=True)
            routes[size] = {"shares": {pool: round(share, 4) for pool, share in shared if share >= _LEAST_SHARE}}
        return {f"architectures.{self.variant.architecture}.workflow.routes": routes}


def evened(work: np.ndarray, replicas: np.ndarray) -> tuple[float, np.ndarray]:
    """(utilisation, shares[size, pool]): the shares of every size that make the fullest pool least full.

    `work[size, pool]` is how many replicas of the pool all tasks of the size keep busy.
    """
    from scipy.optimize import linprog

    sizes, pools = work.shape
    count = sizes * pools
    fullness = np.zeros((pools, count + 1))
    for pool in range(pools):
        fullness[pool, pool:count:pools] = work[:, pool]
        fullness[pool, -1] = -float(replicas[pool])
    whole = np.zeros((sizes, count + 1))
    for size in range(sizes):
        whole[size, size * pools : (size + 1) * pools] = 1.0
    # A little of the whole work as well: of equally even shares those that make least of it.
    cost = np.append(1e-6 * work.ravel() / max(float(work.max()), 1e-12), 1.0)
    found = linprog(cost, A_ub=fullness, b_ub=np.zeros(pools), A_eq=whole, b_eq=np.ones(sizes), method="highs")
    shares = found.x[:-1].reshape(sizes, pools)
    return float(found.x[-1]), shares / shares.sum(axis=1, keepdims=True)


def least_price(work: np.ndarray, usd_per_hour: np.ndarray, fewest: np.ndarray, most: np.ndarray) -> float:
    """The price of the cheapest whole numbers of replicas that the work fits into, if tasks may go anywhere.

    inf if not even the most replicas do. A mixed-integer program: numbers of replicas, and shares of sizes by pool.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    sizes, pools = work.shape
    count = sizes * pools
    capacity = np.zeros((pools, pools + count))
    whole = np.zeros((sizes, pools + count))
    for pool in range(pools):
        capacity[pool, pool] = 1.0
        capacity[pool, pools + pool :: pools] = -work[:, pool]
    for size in range(sizes):
        whole[size, pools + size * pools : pools + (size + 1) * pools] = 1.0
    found = milp(
        np.append(usd_per_hour, np.zeros(count)),
        integrality=np.append(np.ones(pools), np.zeros(count)),
        bounds=Bounds(np.append(fewest, np.zeros(count)), np.append(most, np.ones(count))),
        constraints=[LinearConstraint(capacity, 0.0, np.inf), LinearConstraint(whole, 1.0, 1.0)],
    )
    return float(found.fun) if found.success else math.inf
