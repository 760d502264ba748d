"""Judged answers of a scenario, checked against what its workflows do with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fleetsim.errors import InputFaults
from fleetsim.quality.judged import Judged, judged
from fleetsim.workflow.nodes import Call, Join, Nodes, Verify

if TYPE_CHECKING:
    from fleetsim.scenario import Loaded

_RULES = {"vote": "lets answers vote", "best": "picks the best answer", "any": "picks a right answer"}


def judge(loaded: Loaded) -> Judged:
    """Which answers are right in all architectures of a scenario.

    Raises InputFaults with all that is wrong with its accuracies, and with workflows that need some where none are.
    """
    scenario, found = loaded.scenario, judged(loaded)
    domains = scenario.workload.subjects
    faults = []
    for name, architecture in scenario.architectures.items():
        nodes = architecture.workflow.nodes(domains)
        wrong = [*_unjudged(found, name, nodes, scenario.quality is not None), *_votes(found, nodes)]
        faults += [loaded.fault(f"architectures.{name}.{path}", what) for path, what in wrong]
    if faults:
        raise InputFaults(faults)
    return found


def _unjudged(judged: Judged, architecture: str, nodes: Nodes, described: bool) -> Iterator[tuple[str, str]]:
    """(path below the architecture, what is wrong) where answers matter that nothing says the worth of.

    `described`: the scenario has a `quality` block, so that every pool that solves tasks has to be judged.
    """
    solving = dict.fromkeys(node.pool for node in nodes.values() if isinstance(node, Call) and node.solves)
    unjudged = [pool for pool in solving if judged.row(architecture, pool) < 0]
    why = next(_reasons(nodes), None)
    if not unjudged or not (why or described or judged.names):
        return
    because = f"the workflow {why}" if why else "the scenario has a `quality` block"
    for pool in unjudged:
        lacking = judged.lacking.get((architecture, pool), ())
        of = f" in {', '.join(lacking)}" if len(lacking) < len(judged.domains) else ""
        write = "write `accuracy: 0.7` there, or `quality: {accuracy: {MODEL: 0.7}}`"
        yield f"pools.{pool}", f"{because}, but nothing says how often its answers are right{of}; {write}"


def _reasons(nodes: Nodes) -> Iterator[str]:
    """What the workflow does that cannot be done without judged answers."""
    for node in nodes.values():
        if isinstance(node, Verify) and any(v is not None for v in (node.auc, node.detects, node.errors)):
            yield "verifies answers"
        elif isinstance(node, Verify) and node.agreement is not None:
            yield "looks at how far answers agree"
        elif isinstance(node, Join) and node.rule in _RULES:
            yield _RULES[node.rule]


def _votes(judged: Judged, nodes: Nodes) -> Iterator[tuple[str, str]]:
    """Answers to open tasks, of which many are right, cannot be voted on: there is nothing to count."""
    open_domains = [d for d, figures in zip(judged.domains, judged.figures, strict=True) if not figures.votes]
    votes = any(
        (isinstance(node, Join) and node.rule == "vote") or (isinstance(node, Verify) and node.agreement is not None)
        for node in nodes.values()
    )
    if votes and open_domains:
        named = ", ".join(open_domains)
        yield "workflow", f"counts answers, but those of {named} are open: right ones differ; use a verifier instead"
