"""Verifiers with a risk: what they can be calibrated for, and on how many labelled tasks.

A VERIFY with a `risk` passes a wrong answer in at most that share of all tasks. Its threshold comes from tasks with
known answers by conformal risk control (Angelopoulos, Bates, Fisch, Lei, Schuster, "Conformal risk control", ICLR 2024,
theorem 1): the lowest score l with n/(n+1) R(l) + 1/(n+1) <= risk, R(l) the share of the n tasks whose answer passes at
l and is wrong. That holds the risk in the mean over sets of labelled tasks. With a `confidence` it holds in that share
of the sets: the exact binomial upper bound of R(l) takes its place (Bates, Angelopoulos, Lei, Malik, Jordan,
"Distribution-free, risk-controlling prediction sets", Journal of the ACM 68 (2021), section 3).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from fleetsim.workflow.nodes import Call, Delay, Fork, Nodes, Select, Verify, exits


@dataclass(frozen=True)
class Judgement:
    """One judged answer on the way to a verifier."""

    call: Call
    verify: str
    passed: bool  # whether the way goes on where it passes


@dataclass(frozen=True)
class Way:
    """How tasks come to a verifier."""

    judgements: tuple[Judgement, ...]  # those before, in order, and its own
    splits: tuple[tuple[Select, str], ...]  # choices by shares on the way, with the branch taken


def passing(risk: float, queries: int, confidence: float | None = None) -> int:
    """How many wrong answers among so many labelled tasks may pass; -1: no threshold keeps the risk."""
    if confidence is None:
        return math.floor(risk * (queries + 1) - 1 + 1e-9)
    odds, pmf, cdf, wrong = math.log(risk / (1.0 - risk)), queries * math.log1p(-risk), 0.0, -1
    while wrong < queries:  # the most at which the binomial distribution function is within 1 - confidence
        cdf += math.exp(pmf)
        if cdf > 1.0 - confidence:
            break
        wrong += 1
        pmf += odds + math.log((queries - wrong) / (wrong + 1)) if wrong < queries else 0.0
    return wrong


def least_queries(risk: float, confidence: float | None = None) -> int:
    """The fewest labelled tasks with which a threshold exists."""
    if confidence is None:
        return math.ceil(1.0 / risk - 1.0 - 1e-9)
    return math.ceil(math.log(1.0 - confidence) / math.log(1.0 - risk))


def faults(nodes: Nodes) -> Iterator[tuple[str, str]]:
    """(path, what is wrong) for verifiers with a risk that no set of labelled tasks can be made for."""
    for name, node in nodes.items():
        if isinstance(node, Verify) and node.risk is not None:
            try:
                way_to(name, nodes)
            except ValueError as error:
                yield f"{name}.risk", f"can be kept only where {error}; write `accepts` or `threshold` instead"


def way_to(name: str, nodes: Nodes) -> Way:
    """How tasks come to a verifier. Raises ValueError where that is not one way through calls, checks and shares."""
    judgements, splits, call, place = [], [], None, name
    verify, passed = name, True
    while place != next(iter(nodes)):
        before = [(other, key) for other, node in nodes.items() for key, to in exits(node).items() if to == place]
        before = [(other, key) for other, key in before if key != "if_refused"]
        if len({other for other, _ in before}) != 1:
            raise ValueError("one way leads to the verifier")
        (place, key), node = before[0], nodes[before[0][0]]
        if isinstance(node, Call) and node.solves and call is None:
            call = node
            judgements.insert(0, Judgement(call, verify, passed))
        elif isinstance(node, Verify) and call is not None and _looks_at_answers(node):
            verify, passed, call = place, key == "passes", None
        elif isinstance(node, Select) and node.rule is None and node.by_class is None and len(before) == 1:
            splits.append((node, node.to[int(key.removeprefix("to."))]))
        elif not (isinstance(node, Delay | Fork) or (isinstance(node, Call) and not node.solves)):
            raise ValueError("only calls, checks of their answers and choices by shares lie before the verifier")
    if call is None:
        raise ValueError("a call that answers lies before the verifier")
    return Way(tuple(judgements), tuple(splits))


def _looks_at_answers(node: Verify) -> bool:
    return any(value is not None for value in (node.auc, node.detects, node.errors))
