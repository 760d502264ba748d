"""Random scenarios over the whole language, small enough to run on both engines in a moment.

A scenario is made of one stream of draws keyed by its number, so number 17 is the same scenario for everybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fleetsim.policies.balancers import BALANCERS
from fleetsim.policies.scheduling import QUEUE_ORDERS
from fleetsim.study.dice import Dice
from fleetsim.study.random_workflows import random_workflow

Data = dict[str, Any]

_MODELS = ("gemma-3-27b", "llama-3.1-8b", "mixtral-8x7b", "gpt-oss-20b")
_DOMAINS = ("chat", "code", "law")


def random_scenario(number: int) -> Data:
    """The scenario of that number, as the data of its YAML file."""
    dice = Dice(number)
    horizon_s = dice.pick((1, 2, 4, 8))
    classes = _DOMAINS[: 1 + dice.below(3)]
    drain, samples = dice.pick(("0 s", "1 s", "60 s")), dice.pick((1, 10, 37))
    workload = _workload(dice, classes, horizon_s)
    domains = tuple(dict.fromkeys(name for each in workload["classes"].values() for name in each["domains"]))
    return {
        "name": f"random {number}",
        "seed": number,
        "horizon": f"{horizon_s} s",
        "warm_up": "0 s",
        "drain": drain,
        "samples": samples,
        "workload": workload,
        "architectures": {"under_test": _architecture(dice, domains)},
    }


def _workload(dice: Dice, classes: Sequence[str], horizon_s: int) -> Data:
    if dice.one_in(4):
        think = {"kind": dice.pick(("fixed", "exponential")), "mean": dice.pick(("0 s", "10 ms", "100 ms"))}
        ramp = dice.pick(("0 s", "500 ms"))
        arrivals = {"kind": "closed_loop", "clients": 1 + dice.below(12), "think": think, "ramp": ramp}
        return {"arrivals": arrivals, "classes": {name: _task_class(dice, name) for name in classes}}
    if len(classes) > 1 and dice.one_in(2):
        # Evenly spaced classes of one rate arrive at the very same instants.
        rate = dice.pick((10, 20, 40))
        return {
            "classes": {
                name: {**_task_class(dice, name), "arrivals": _open_arrivals(dice, rate, horizon_s)} for name in classes
            }
        }
    arrivals = _open_arrivals(dice, dice.pick((5, 20, 60)), horizon_s)
    return {"arrivals": arrivals, "classes": {name: _task_class(dice, name) for name in classes}}


def _open_arrivals(dice: Dice, rate: int, horizon_s: int) -> Data:
    text = f"{rate} per s"
    return dice.pick(
        (
            {"kind": "constant", "rate": text},
            {"kind": "constant", "rate": text},
            {"kind": "poisson", "rate": text},
            {"kind": "gamma", "rate": text, "cv": dice.pick((0.5, 3.0))},
            {"kind": "weibull", "rate": text, "cv": 2.0},
            {
                "kind": "mmpp",
                "states": [{"rate": text, "dwell": "500 ms"}, {"rate": f"{6 * rate} per s", "dwell": "200 ms"}],
            },
            {"kind": "on_off", "rate_on": f"{4 * rate} per s", "on": "100 ms", "off": "300 ms"},
            {"kind": "diurnal", "rate": text, "amplitude": 0.8, "period": f"{horizon_s} s"},
        )
    )


def _task_class(dice: Dice, name: str) -> Data:
    domains = {name: 1.0}
    if dice.one_in(3):
        domains[dice.pick(_DOMAINS)] = 0.5
    return {
        "domains": domains,
        "prompt": _length(dice, dice.pick((3, 40, 600))),
        "output": _length(dice, dice.pick((1, 6, 50))),
        "priority": dice.pick((0, 0, 1, -2)),
    }


def _length(dice: Dice, mean: int) -> Data:
    return dice.pick(
        (
            {"kind": "fixed", "tokens": mean},
            {"kind": "uniform", "low": 1, "high": 2 * mean},
            {"kind": "lognormal", "mean": mean, "cv": 1.5},
            {"kind": "geometric", "mean": mean},
            {"kind": "gamma", "mean": mean, "cv": 0.7},
        )
    )


def _architecture(dice: Dice, domains: Sequence[str]) -> Data:
    """One pool, a router with specialists, or any kind of workflow over four pools, whose answers are judged."""
    if dice.one_in(4):
        return {"pools": {"only": _pool(dice)}, "workflow": {"kind": "single", "pool": "only"}}
    pools = {"router": _pool(dice), **{name: _pool(dice) for name in _DOMAINS}}
    if dice.one_in(3):
        classifier = {"pool": dice.pick(("router", "chat")), "accuracy": dice.pick((0.5, 0.9, 1.0))}
        routes = {"kind": "route", "classifier": classifier, "routes": {name: name for name in _DOMAINS}}
        return {"pools": pools, "workflow": routes}
    for name in _DOMAINS:
        pools[name] = _own_ways(dice, pools[name]) | {"accuracy": dice.pick((0.2, 0.6, 0.95))}
    pools["router"]["accuracy"] = 0.4
    workflow = random_workflow(dice, tuple(pools), domains)
    return {"pools": pools, "workflow": workflow, "changes": _changes(dice, pools)}


def _own_ways(dice: Dice, pool: Data) -> Data:
    """Now and then the pool is rented, keeps conversations, or has outages."""
    if dice.one_in(5):
        ttft = {"kind": "lognormal", "median": "40 ms", "sigma": 0.8}
        rented = {"ttft": ttft, "tpot": dice.pick(("3 ms", "0 s")), "input": "$1", "output": "$3", "context": 5000}
        rented |= {"errors": dice.pick((0, 0.1)), "requests_per_minute": dice.pick((60, 6000))}
        rented |= {"tokens_per_minute": 9000} if dice.one_in(2) else {}
        pool = {"endpoint": rented, "network": pool["network"], "balancer": pool["balancer"]}
    elif "prefill" not in pool:
        pool = pool | {"prefix_caching": dice.one_in(2)}
    if dice.one_in(4):
        pool = pool | {"outages": [{"from": "300 ms", "to": "700 ms"}]}
    return pool


def _changes(dice: Dice, pools: dict[str, Data]) -> list[Data]:
    """What may change: replicas restart, or answers drift."""
    found = []
    for name, pool in pools.items():
        if "prefill" in pool or not dice.one_in(5):
            continue
        drift = "endpoint" in pool or dice.one_in(2)
        load = {} if drift else {"load": dice.pick(("10 ms", "500 ms")), "share": dice.pick((0.3, 1.0))}
        found.append({"pool": name, "at": "400 ms", "to": {"accuracy": 0.8}, "in_place": drift, **load})
    return found


def _pool(dice: Dice) -> Data:
    """A pool, now and then a disaggregated one."""
    pool = _plain_pool(dice)
    if not dice.one_in(4):
        return pool
    transfer = {
        "bandwidth": dice.pick(("1 MB/s", "100 MB/s", "10 GB/s")),
        "latency": dice.pick(("0 s", "5 ms")),
        "overlap": dice.pick((0, 0.5, 1)),
        "bytes_per_token": dice.pick(("1 kB", "100 kB")),
    }
    prefill = {"replicas": 1 + dice.below(3), "balancer": _balancer(dice), "transfer": transfer}
    if "steps" in pool:
        prefill["steps"] = {**_plain_steps(dice), "context": pool["steps"]["context"]}
    return pool | {"prefill": prefill}


def _plain_pool(dice: Dice) -> Data:
    max_num_seqs = dice.pick((1, 2, 5, 16))
    pool: Data = {
        "replicas": 1 + dice.below(4),
        "max_num_seqs": max_num_seqs,
        "max_num_batched_tokens": max(max_num_seqs, dice.pick((max_num_seqs, 24, 100, 2048))),
        "block_size": dice.pick((1, 4, 16)),
        "network": dice.pick(("0 s", "0 s", "10 ms", "3.7 ms")),
        "balancer": _balancer(dice),
        "scheduler": dice.pick(("chunked", "chunked", "prefill_first", "static")),
        "queue_order": _queue_order(dice),
    }
    if dice.one_in(4):
        return pool | {
            "model": dice.pick(_MODELS),
            "hardware": "h100",
            "tp": 2,
            "max_model_len": dice.pick((700, 8192)),
        }
    return pool | {"steps": _plain_steps(dice)}


def _plain_steps(dice: Dice) -> Data:
    steps = {
        "base": dice.pick(("1 ms", "10 ms", "7.3 ms", "12345678 ns")),
        "per_token": dice.pick(("0 s", "100 us", "333 ns")),
        "per_context_token": dice.pick(("0 s", "2 us", "37 ns")),
        "per_token_pair": dice.pick(("0 s", "13 ns")),
        "context": dice.pick((50, 400, 100_000)),
    }
    if dice.below(3):
        steps["kv_tokens"] = dice.pick((32, 100, 1000))
    return steps


def _balancer(dice: Dice) -> str | Data:
    name = dice.pick(sorted(BALANCERS))
    return {"kind": name, "choices": 3} if name == "power_of_two" and dice.one_in(2) else name


def _queue_order(dice: Dice) -> str | Data:
    if dice.one_in(2):
        return "first_come"
    name = dice.pick(sorted(QUEUE_ORDERS))
    knobs = {"priority": {"ageing_s": 0.2}, "fair": {"w_in": 0.3, "w_out": 0.7}}
    return {"kind": name, **knobs[name]} if name in knobs and dice.one_in(2) else name
