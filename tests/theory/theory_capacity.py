"""Capacity questions whose answer queueing theory knows: pools that split their calls at random are M/M/c queues.

A case lists every fleet there is with its price and its exact mean time. The limit lies between the best that a certain
amount of money buys and the best that less money buys, so the cheapest fleet is known and is no near tie.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import theory_formulas as formulas
from theory_runs import exponential, fleet, job, poisson, pool, seed_of

from fleetsim import scenario
from fleetsim.study.capacity import CapacityAnswer, capacity

SHARE = 5
"""At most one in so many candidates may be simulated."""

_MOST = 40
_TOLERANCE = 0.5  # of the distance from the limit to the nearest exact mean


@dataclass(frozen=True)
class Option:
    """A fleet with its price and the exact mean of the limited figure; inf where it cannot keep up."""

    usd_per_hour: float
    mean_ms: float


@dataclass(frozen=True)
class Case:
    """A question with its answer."""

    name: str
    document: dict
    options: tuple[Option, ...]
    limit_ms: float
    best_usd_per_hour: float

    def ask(self, folder: Path, repeat: int = 0) -> CapacityAnswer:
        """Have the search answer it, under luck of its own for every repeat."""
        path = Path(folder) / f"{self.name}.yaml"
        path.write_text(json.dumps(self.document | {"seed": seed_of(f"capacity {self.name} {repeat}")}))
        return capacity(scenario.load(path), more=False)

    def right(self, answer: CapacityAnswer) -> bool:
        """Whether the answer is a fleet of the least price that keeps the limit."""
        return answer.answer is not None and math.isclose(answer.answer.usd_per_hour, self.best_usd_per_hour)


def _case(
    name: str, document: dict, figure: str, options: Iterable[Option], budget_usd: float, **block: object
) -> Case:
    """The case whose answer costs about `budget_usd`: the fleet that is most ahead of all cheaper ones."""
    options = tuple(options)
    near = sorted({o.usd_per_hour for o in options if 0.75 * budget_usd <= o.usd_per_hour <= 1.25 * budget_usd})
    ahead = {usd: _least(options, usd - 1e-9) / _least(options, usd + 1e-9) for usd in near}
    budget_usd = max((usd for usd in near if math.isfinite(ahead[usd])), key=lambda usd: ahead[usd])
    affordable = [option for option in options if option.usd_per_hour <= budget_usd + 1e-9]
    best = min(affordable, key=lambda option: (option.mean_ms, option.usd_per_hour))
    below = _least(options, best.usd_per_hour - 1e-9)
    limit_ms = math.sqrt(best.mean_ms * below)
    tolerance = _TOLERANCE * min(limit_ms - best.mean_ms, below - limit_ms)
    asked = {"figure": figure, "at_most": limit_ms, "tolerance": tolerance}
    capacity_block = {"constraints": [asked]} | block
    return Case(name, document | {"capacity": capacity_block}, options, limit_ms, best.usd_per_hour)


def _least(options: Iterable[Option], usd: float) -> float:
    """The best mean that so much money buys; inf if it buys nothing that keeps up."""
    return min((option.mean_ms for option in options if option.usd_per_hour <= usd), default=math.inf)


def _document(architectures: dict, arrivals: dict, classes: dict, horizon_s: float = 600.0) -> dict:
    one = fleet(arrivals, classes, {"unused": pool()}, horizon_s=horizon_s)
    return one | {"architectures": architectures, "warm_up": "150 s"}


def _alone(servers: dict) -> dict:
    return {"pools": {"servers": servers}, "workflow": {"kind": "single", "pool": "servers"}}


def _replicas(architecture: str = "system", name: str = "servers") -> str:
    return f"architectures.{architecture}.pools.{name}.replicas"


def _mmc_wait_ms(rate: float, mean_s: float, slots: int, replicas: int) -> float:
    """Mean wait where calls are dealt at random to replicas of so many slots."""
    own = rate / replicas
    if own * mean_s >= slots:
        return math.inf
    return 1000 * (formulas.mmc_sojourn_s(own, 1 / mean_s, slots) - mean_s)


def _turns_wait_ms(rate: float, mean_s: float, replicas: int) -> float:
    """Mean wait where calls are dealt by turns to replicas of one slot: Erlang-n arrivals (Kleinrock I, 6.4)."""
    if rate * mean_s >= replicas:
        return math.inf
    sigma = 0.5
    for _ in range(10_000):
        sigma = (rate / (rate + (1 - sigma) / mean_s)) ** replicas
    return 1000 * sigma * mean_s / (1 - sigma)


def _one_pool(
    name: str, rate: float, target: int, wait_ms: Callable[[int], float], gone: int = 0, **servers: object
) -> Case:
    system = _alone(pool(price="$1 per h", **servers))
    document = _document({"system": system}, poisson(rate), {"job": job(exponential(1))})
    options = [Option(float(n), wait_ms(n - gone) if n > gone else math.inf) for n in range(1, _MOST + 1)]
    block = {"variables": {_replicas(): f"1:{_MOST}"}, "failures": gone}
    return _case(name, document, "queueing_mean", options, target, **block)


def _split() -> list[Case]:
    points = [(2, 1, 4), (3, 1, 6), (4, 1, 6), (5, 1, 8), (6, 1, 9), (6, 2, 5), (10, 2, 7), (12, 4, 5), (20, 4, 7)]
    return [
        _one_pool(
            f"M-M-{slots} at {rate}",
            rate,
            target,
            lambda n, rate=rate, slots=slots: _mmc_wait_ms(rate, 1.0, slots, n),
            slots=slots,
            balancer="random",
        )
        for rate, slots, target in points
    ]


def _turns() -> list[Case]:
    return [
        _one_pool(
            f"by turns at {rate}",
            rate,
            target,
            lambda n, rate=rate: _turns_wait_ms(rate, 1.0, n),
            balancer="round_robin",
        )
        for rate, target in ((2, 4), (3, 5), (5, 7))
    ]


def _failing() -> list[Case]:
    return [
        _one_pool(
            f"without {gone} at {rate}",
            rate,
            target,
            lambda n, rate=rate: _mmc_wait_ms(rate, 1.0, 1, n),
            gone=gone,
            balancer="random",
        )
        for rate, target, gone in ((3, 6, 1), (4, 8, 2))
    ]


def _kinds() -> list[Case]:
    """Slow, fast and wide machines at prices of their own."""
    kinds = {"slow": ("10 us", 1.0, 1), "fast": ("5 us", 0.5, 1), "wide": ("10 us", 1.0, 4)}
    cases = []
    for rate, budget, prices in (
        (3, 7.0, {"slow": 1.0, "fast": 1.7, "wide": 3.5}),
        (4, 7.6, {"slow": 1.0, "fast": 2.2, "wide": 3.8}),
        (6, 9.0, {"slow": 1.0, "fast": 1.9, "wide": 2.6}),
    ):
        architectures = {
            name: _alone(pool(base=base, slots=slots, balancer="random", price=f"${prices[name]} per h"))
            for name, (base, _, slots) in kinds.items()
        }
        options = [
            Option(n * prices[name], _mmc_wait_ms(rate, mean_s, slots, n) + 1000 * mean_s)
            for name, (_, mean_s, slots) in kinds.items()
            for n in range(1, _MOST + 1)
        ]
        document = _document(architectures, poisson(rate), {"job": job(exponential(1))})
        variables = {_replicas(name): f"1:{_MOST}" for name in kinds}
        cases.append(_case(f"three kinds at {rate}", document, "e2e_mean", options, budget, variables=variables))
    return cases


def _settings() -> list[Case]:
    """How many slots a replica has is free of charge."""
    cases = []
    for rate, target in ((6, 4), (9, 5)):
        system = _alone(pool(price="$1 per h", balancer="random"))
        document = _document({"system": system}, poisson(rate), {"job": job(exponential(1))})
        options = [Option(float(n), _mmc_wait_ms(rate, 1.0, c, n)) for c, n in product((1, 2, 3), range(1, _MOST + 1))]
        slots = "architectures.system.pools.servers.max_num_seqs"
        variables = {_replicas(): f"1:{_MOST}", slots: [1, 2, 3]}
        cases.append(
            _case(f"slots for free at {rate}", document, "queueing_mean", options, target, variables=variables)
        )
    return cases


_PROMPT_TOKENS, _ROOM = 10_000, 1 << 18


def _tandem() -> list[Case]:
    """Sorters, then workers, at prices of their own; the limit is on the sum of both (Jackson 1957; Burke 1956)."""
    cases = []
    for rate, sorter_s, usd, budget in (
        (3, 0.5, (1.0, 3.0), 22.0),
        (4, 0.4, (2.0, 3.0), 25.0),
        (5, 0.3, (1.0, 1.0), 12.0),
    ):
        per_token = f"{sorter_s / _PROMPT_TOKENS * 1e9} ns"
        pools = {
            "sorters": pool(
                base="0 s",
                per_token=per_token,
                max_num_batched_tokens=_ROOM,
                balancer="random",
                price=f"${usd[0]} per h",
            ),
            "workers": pool(balancer="random", max_num_batched_tokens=_ROOM, price=f"${usd[1]} per h"),
        }
        workflow = {
            "kind": "route",
            "classifier": {"pool": "sorters", "accuracy": 1.0, "prompt_limit": _ROOM},
            "routes": {"general": "workers"},
        }
        task = job(exponential(1)) | {"prompt": {"kind": "geometric", "mean": _PROMPT_TOKENS}}
        document = _document({"system": {"pools": pools, "workflow": workflow}}, poisson(rate), {"job": task})
        options = []
        for a, b in product(range(1, 21), range(1, 21)):
            first_ms = _mmc_wait_ms(rate, sorter_s, 1, a) + 1000 * sorter_s
            options.append(Option(usd[0] * a + usd[1] * b, first_ms + _mmc_wait_ms(rate, 1.0, 1, b) + 1000))
        variables = {_replicas(name=name): "1:20" for name in pools}
        cases.append(_case(f"two pools in a row at {rate}", document, "e2e_mean", options, budget, variables=variables))
    return cases


CASES = {case.name: case for case in (*_split(), *_turns(), *_failing(), *_kinds(), *_settings(), *_tandem())}
