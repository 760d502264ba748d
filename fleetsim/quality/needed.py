"""Which parts of a workflow need judged answers, and what is wrong where there are none."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fleetsim.quality.judged import Judged
from fleetsim.tables import JoinRule, Look, NodeKind

_LOOKS = {Look.ANSWER: "verifies answers", Look.AGREEMENT: "looks at how far answers agree"}
_RULES = {
    JoinRule.VOTE: "lets answers vote",
    JoinRule.BEST: "picks the best answer",
    JoinRule.ANY: "picks a right answer",
}


def quality_faults(
    judged: Judged, architecture: str, fleets: list[str], nodes: np.recarray, described: bool
) -> Iterator[tuple[str, str]]:
    """(path below the architecture, what is wrong) where answers matter that nothing says the worth of.

    `fleets`: the names of the plan's pools by number. `described`: the scenario has a `quality` block, so that every
    pool that solves tasks has to be judged.
    """
    solving = sorted({int(node.pool) for node in nodes if node.kind == NodeKind.CALL and node.solves == 1})
    unjudged = [fleets[pool].removesuffix(".prefill") for pool in solving if judged.row(architecture, fleets[pool]) < 0]
    why = next(_reasons(nodes), None)
    if not unjudged or not (why or described or judged.names):
        return
    because = f"the workflow {why}" if why else "the scenario has a `quality` block"
    for pool in unjudged:
        lacking = judged.lacking.get((architecture, pool), ())
        of = f" in {', '.join(lacking)}" if len(lacking) < len(judged.domains) else ""
        write = "write `accuracy: 0.7` there, or `quality: {accuracy: {MODEL: 0.7}}`"
        yield f"pools.{pool}", f"{because}, but nothing says how often its answers are right{of}; {write}"


def _reasons(nodes: np.recarray) -> Iterator[str]:
    """What the workflow does that cannot be done without judged answers."""
    for node in nodes:
        if node.kind == NodeKind.VERIFY and node.look in _LOOKS:
            yield _LOOKS[node.look]
        elif node.kind == NodeKind.JOIN and node.rule in _RULES:
            yield _RULES[node.rule]


def vote_faults(judged: Judged, nodes: np.recarray) -> Iterator[tuple[str, str]]:
    """Answers to open tasks, of which many are right, cannot be voted on: there is nothing to count."""
    open_domains = [d for d, figures in zip(judged.domains, judged.figures, strict=True) if not figures.votes]
    votes = any(
        (node.kind == NodeKind.JOIN and node.rule == JoinRule.VOTE)
        or (node.kind == NodeKind.VERIFY and node.look == Look.AGREEMENT)
        for node in nodes
    )
    if votes and open_domains:
        named = ", ".join(open_domains)
        yield "workflow", f"counts answers, but those of {named} are open: right ones differ; use a verifier instead"
