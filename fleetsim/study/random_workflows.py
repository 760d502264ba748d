"""Random workflows of every kind, over pools whose answers are judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fleetsim.policies.selectors import SELECTORS
from fleetsim.study.dice import Dice

Data = dict[str, Any]


def random_workflow(dice: Dice, pools: Sequence[str], domains: Sequence[str]) -> Data:
    """A workflow of a random kind; `domains` are all those of the workload."""
    a, b, c, *_ = (dice.pick(pools) for _ in range(3))
    kinds: dict[str, Callable[[], Data]] = {
        "cascade": lambda: _cascade(dice, [a, b, c]),
        "pipeline": lambda: {"stages": {"one": {"pool": a}, "two": _stage(dice, b), "three": {"pool": c}}},
        "boss": lambda: {"boss": a, "workers": [b, c], "parts": dice.pick((1, 3)), **_agent(dice), **_again(dice)},
        "agent": lambda: {"pool": a, "agent": _steps(dice), **_again(dice)},
        "multi_agent": lambda: {
            "coordinator": a,
            "side_by_side": {"one": {"pool": b, **_agent(dice)}, "two": {"pool": c}},
            "in_sequence": {"three": {"pool": dice.pick(pools)}},
        },
        "ensemble": lambda: {"pools": {a: 3, b: 2} if a != b else {a: 4}, **_pick(dice)},
        "mixture_of_agents": lambda: {"proposers": [a, b], "layers": dice.pick((1, 2)), "aggregator": c},
        "abmcts": lambda: {"pools": [a] if a == b else [a, b], "budget": 4, "verifier": _verifier(dice, c)},
        "roulette": lambda: {"pools": list(pools), **_agent(dice)},
        "edge_first": lambda: {"edge": a, "cloud": b, "confidence": _verifier(dice, c), **_deadline(dice)},
        "constellation": lambda: {"tiers": list(pools), "rule": _rule(dice), "informed": 0.4, "guess": 0.7},
        "novelty_split": lambda: {"small": a, "large": b, "shares": dict.fromkeys(domains, 0.7)},
        "market": lambda: {"vendors": list(pools), "rule": _rule(dice), "learns": True, "discount": 0.9},
        "marketplace": lambda: {"shelves": {"one": {"offers": list(pools)}, "two": {"offers": list(pools)}}},
        "session": lambda: {
            "pools": list(pools),
            "subjects": 2,
            "turns": {"kind": "geometric", "mean": 2},
            "most": 5,
            "think": {"kind": "exponential", "mean": "30 ms"},
        },
    }
    kind = dice.pick(sorted(kinds))
    return {"kind": kind, **kinds[kind]()}


def _verifier(dice: Dice, pool: str) -> Data:
    sharpness = dice.pick(({"auc": 0.7}, {"auc": 0.9, "accepts": 0.8}, {"errors": 0.2}, {"detects": 0.6}))
    return sharpness | ({"pool": pool, "output": 2} if dice.one_in(2) else {})


def _cascade(dice: Dice, pools: list[str]) -> Data:
    if dice.one_in(3):
        return {"pools": pools, "samples": 3, "agreement": 0.6}
    return {"pools": pools, "verifier": _verifier(dice, pools[0])}


def _stage(dice: Dice, pool: str) -> Data:
    checked = {"verifier": {"detects": 0.7}, "retries": 2} if dice.one_in(2) else {}
    return {"pool": pool, "share": dice.pick((0.4, 1.0)), "tool": dice.pick(("0 s", "7 ms")), **checked}


def _steps(dice: Dice) -> Data:
    law = dice.pick((2, {"kind": "geometric", "mean": 3}))
    tool = dice.pick(("0 s", "5 ms", {"kind": "exponential", "mean": "20 ms"}))
    return {"steps": law, "most": 6, "growth": 9, "output": 4, "tool": tool}


def _agent(dice: Dice) -> Data:
    return {"agent": _steps(dice)} if dice.one_in(2) else {}


def _again(dice: Dice) -> Data:
    return {"verifier": {"auc": 0.8}, "retries": dice.pick((1, 2))} if dice.one_in(2) else {}


def _pick(dice: Dice) -> Data:
    return dice.pick(({"pick": "vote", "early": True}, {"pick": "vote"}, {"pick": "best", "auc": 0.8}, {"need": 2}))


def _deadline(dice: Dice) -> Data:
    return dice.pick(({}, {"deadline": "20 ms"}, {"deadline": "0 s"}))


def _rule(dice: Dice) -> Data:
    return {"kind": dice.pick(sorted(SELECTORS))}
