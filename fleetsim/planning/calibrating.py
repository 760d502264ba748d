"""Conformal escalation: thresholds of verifiers from tasks that somebody has labelled (see `workflow/risks.py`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from fleetsim.luck import Stream, bits
from fleetsim.quality.answers import Quality
from fleetsim.quality.sampling import draw_answers, draw_scores
from fleetsim.tables import BLANK
from fleetsim.workflow.nodes import Nodes, Verify
from fleetsim.workflow.risks import Way, passing, way_to
from fleetsim.workflow.scores import threshold

LOWEST = -10.0
"""A threshold that all answers but blank ones pass."""


@dataclass(frozen=True)
class Labelled:
    """Where tasks with known answers come from: other tasks of the same kind as the run's."""

    quality: Quality
    models: Callable[[str], int]  # pool -> row of the quality tables
    domains: Sequence[str]
    mix: np.ndarray  # float64[domain]: shares of tasks
    seed: int


def lowest_threshold(wrong: np.ndarray, passes: int) -> float:
    """The lowest score that no more than `passes` of the wrong answers reach, given their scores."""
    if len(wrong) <= passes:
        return LOWEST
    return max(float(np.nextafter(np.sort(wrong)[::-1][passes], np.inf)), LOWEST)


def calibrated(nodes: Nodes, labelled: Labelled) -> Nodes:
    """The graph with a threshold at every verifier that has a risk; sound graphs only."""
    ways = {
        name: way_to(name, nodes) for name, node in nodes.items() if isinstance(node, Verify) and node.risk is not None
    }
    found = dict(nodes)
    for name, way in sorted(ways.items(), key=lambda entry: len(entry[1].judgements)):
        node = nodes[name]
        wrong = _passed_if_wrong(way, found, labelled, list(nodes).index(name), node.calibrated_on)
        least = lowest_threshold(wrong, passing(node.risk, node.calibrated_on, node.confidence))
        found[name] = node.model_copy(update={"threshold": least})
    return found


def _passed_if_wrong(way: Way, nodes: Nodes, labelled: Labelled, number: int, queries: int) -> np.ndarray:
    """Scores of the wrong answers that come to the last verifier of a way, of so many labelled tasks."""
    seed = int(bits(labelled.seed, int(Stream.CALIBRATION), 0, number, 0) >> np.uint64(1))
    luck = np.random.Generator(np.random.Philox(key=seed))
    counts, first, found = luck.multinomial(queries, labelled.mix), 0, []
    for domain, count in enumerate(counts.tolist()):
        there = luck.random(count) < _share(way, labelled.domains[domain])
        for place, step in enumerate(way.judgements):
            node, model = nodes[step.verify], labelled.models(step.call.pool)
            right, label = draw_answers(
                labelled.quality, seed, first, count, domain, model, step.call.part, 1, step.call.probit
            )
            apart, least = threshold(node)
            score = draw_scores(labelled.quality, seed, first, right[:, 0], model, apart)
            seen = label[:, 0] != BLANK
            if place == len(way.judgements) - 1:
                found.append(score[there & seen & (right[:, 0] == 0)])
            else:
                there &= (seen & (score >= least)) == step.passed
        first += count
    return np.concatenate(found)


def _share(way: Way, domain: str) -> float:
    """The share of a domain's tasks that take the way's branches."""
    share = 1.0
    for node, branch in way.splits:
        row = node.shares if node.shares is not None else node.by_domain[domain]
        share *= row.get(branch, 0.0)
    return share
