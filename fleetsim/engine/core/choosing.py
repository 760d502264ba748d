"""Which branch a task takes: by shares, or by a selector that sees signals and remembers (docs/engine.md, section 3b).

`clock`, `task`, `thread` and `node` are rows, changed in place; see `threads.py`.
"""

from __future__ import annotations

import math

import numpy as np

from fleetsim.compiled import leaf, routine
from fleetsim.engine.core.memory import memory_row
from fleetsim.engine.core.threads import attempt_of
from fleetsim.luck import Stream, normal, uniform
from fleetsim.quality.answers import ease, estimate, is_right, own_seed, spread
from fleetsim.tables import SignalOf, TableKey

_SELECT, _GUESS, _SIGNAL = (np.int64(stream) for stream in (Stream.SELECT, Stream.GUESS, Stream.SIGNAL))
_FIRST = np.int64(0)
_CLASS, _ADVANTAGE = int(TableKey.CLASS), int(SignalOf.ADVANTAGE)


@leaf
def draw(branch_cdf, row, count, luck):
    """The first index of a row of added-up shares that is above `luck`, or the last one."""
    index = 0
    while index < count - 1 and luck >= branch_cdf[row + index]:
        index += 1
    return index


@routine
def branch_by_shares(seed, task, thread, node, number, branch_cdf):
    """The branch that is drawn from the shares of the task's domain or class."""
    row = node.cdf_offset + node.branches * (task.class_id if node.table_key == _CLASS else task.domain)
    return draw(branch_cdf, row, node.branches, uniform(seed, _SELECT, task.task, number, attempt_of(thread)))


@routine
def guess(seed, task, thread, node, number, domains, branch_cdf):
    """The domain a task is taken for."""
    if node.guess_offset < 0:
        return task.domain
    luck = uniform(seed, _GUESS, task.task, number, attempt_of(thread))
    return draw(branch_cdf, node.guess_offset + task.domain * domains, domains, luck)


@routine
def load_of(pool, pools, signals):
    """Outstanding calls per replica of a pool, and of the one that decodes for it."""
    outstanding, replicas = 0, 0
    while pool >= 0:
        first = pools[pool].first_replica
        for r in range(first, first + pools[pool].replicas):
            outstanding += signals[r].outstanding
        replicas += pools[pool].replicas
        pool = pools[pool].decode_pool
    return outstanding / replicas if replicas > 0 else 0.0


@routine
def signal_of(seed, task, role, node, branch, model, first_model, quality):
    """What is seen of how easy the task is for an option, and how well informed that is for its own model."""
    if model < 0 or (node.signal_of == _ADVANTAGE and (branch == 0 or first_model < 0)):
        return 0.0
    seen = ease(quality, seed, task.task, task.domain, model, role, _FIRST)
    if node.signal_of == _ADVANTAGE:
        seen -= ease(quality, seed, task.task, task.domain, first_model, role, _FIRST)
        seen /= spread(quality, task.domain, model, first_model)
    noise = normal(own_seed(quality, seed, model), _SIGNAL, task.task, 256 * role, _FIRST)
    return node.informed * seen + math.sqrt(1.0 - node.informed * node.informed) * noise


@routine
def would_be_right(seed, task, role, model, quality):
    """1 or 0 as a call of the model would be; -1 without a model."""
    if model < 0:
        return -1
    easy = ease(quality, seed, task.task, task.domain, model, role, _FIRST)
    return is_right(quality, seed, task.task, task.domain, model, role, 0.0, easy)


@routine
def fill_options(clock, task, role, node, guessed, bound, options, option_ability, quality, memory, first, rows):
    """Fill what a selector may see of a node's options, but for the load; changes: rows.

    `first`: where the memory begins that the node keeps.
    """
    seed, first_model = clock.seed, np.int64(options[node.first_option].model)
    own = node.signal_of != _ADVANTAGE
    for branch in range(node.branches):
        option, row = options[node.first_option + branch], rows[branch]
        model = np.int64(option.model)
        row.signal = signal_of(seed, task, role, node, branch, model, first_model, quality)
        row.quality = -1.0
        if model >= 0:
            ability = option_ability[(node.first_option + branch) * clock.domains + guessed]
            row.quality = estimate(quality, guessed, ability, row.signal if own else 0.0, node.informed if own else 0.0)
        row.cost_usd, row.seconds, row.reports, row.reward = option.cost_usd, option.seconds, 0.0, 0.0
        told = memory_row(option, guessed, first)
        if 0 <= told < len(memory):
            row.reports, row.reward = memory[told].reports, memory[told].reward
        row.right = would_be_right(seed, task, role, model, quality) if bound else -1.0


@routine
def fill_loads(node, options, pools, signals, rows):
    """Fill the loads of a node's options; changes: rows."""
    for branch in range(node.branches):
        rows[branch].load = load_of(options[node.first_option + branch].pool, pools, signals)
