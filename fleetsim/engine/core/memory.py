"""What SELECTs have been told of their options, by all tasks or of a single one (docs/engine.md, section 3b)."""

from __future__ import annotations

import numpy as np

from fleetsim.compiled import leaf, routine
from fleetsim.luck import Stream, uniform
from fleetsim.normal import normal_cdf
from fleetsim.tables import BLANK

_FEEDBACK, _BLANK = np.int64(Stream.FEEDBACK), BLANK


@leaf
def own_memory(clock, task_slot):
    """The first row of what a task remembers itself."""
    return clock.memory_rows + task_slot * clock.task_memory_rows


@leaf
def memory_row(option, domain, first):
    """The row of memory of an option for a domain; `first`: where the memory begins that its node keeps."""
    return first + option.memory + (domain if option.domains > 1 else 0)


@leaf
def forget(first, rows, memory):
    """Clear some rows of memory."""
    for row in range(first, first + rows):
        memory[row].reports = memory[row].reward = 0.0


@routine
def report(seed, task, number, branch, domain, observed, attempt, nodes, options, memory, first):
    """Memory takes up how an option went, or the other way round; changes: memory."""
    node = nodes[number]
    if uniform(seed, _FEEDBACK, task, number, attempt) < node.feedback_error:
        observed = 1.0 - observed
    for other in range(node.branches):
        row = memory[memory_row(options[node.first_option + other], domain, first)]
        row.reports *= node.discount
        row.reward *= node.discount
    taken = options[node.first_option + branch]
    row = memory[memory_row(taken, domain, first)]
    row.reports += 1.0
    row.reward += observed - node.cost_weight * taken.cost_usd


@leaf
def worth(label, score, separation):
    """What a verifier's score says that an answer is worth, 0 to 1."""
    return 0.0 if label == _BLANK else normal_cdf(score - 0.5 * separation)
