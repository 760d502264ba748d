"""What judged answers have in common: which tasks count, by which groups, and how difficult they were."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fleetsim.luck import Stream, uniforms
from fleetsim.metrics.view import View

DECILES = 10


def judges(view: View) -> bool:
    """Whether the run has judged answers at all; where not, metrics of answers give no figure."""
    return bool(view.facts.judged_models) and bool((view.tasks.right >= 0).any())


def judged_tasks(view: View) -> np.recarray:
    """TASK_RECORDS of the window that ended and whose answer was judged; a refused task counts as wrong."""
    return view.tasks[view.tasks.right >= 0]


def groups(view: View, tasks: np.recarray) -> Iterator[tuple[str, np.ndarray]]:
    """Scope and bool[tasks] of all tasks, each class, each domain and each decile of difficulty."""
    yield "all", np.ones(len(tasks), bool)
    for number, facts in enumerate(view.facts.classes):
        yield f"class {facts.name}", tasks.class_id == number
    if len(view.facts.domains) > 1:
        for number, name in enumerate(view.facts.domains):
            yield f"domain {name}", tasks.domain == number
    deciles = difficulty_decile(view, tasks)
    if deciles is not None:
        for decile in range(1, DECILES + 1):
            yield f"difficulty decile {decile}", deciles == decile


def difficulty_decile(view: View, tasks: np.recarray) -> np.ndarray | None:
    """int64[tasks]: 1 (easiest) to 10 (hardest), of the ease that a task's first part has for all models alike.

    It is drawn again from the luck that made it, so it needs no record. None where models share no ease (rho_between
    0 in some domain) or recorded outcomes are replayed.
    """
    from scipy.special import ndtr, ndtri

    shares = np.array(view.facts.shared_ease).reshape(-1, 2)
    if not len(shares) or (shares.sum(axis=1) <= 0).any() or not len(tasks):
        return None
    first = int(tasks.task.min())
    count, place = int(tasks.task.max()) - first + 1, tasks.task - first
    own, part = (
        ndtri(uniforms(view.facts.seed, int(stream), first, count, 0, 0))[place]
        for stream in (Stream.EASE_TASK, Stream.EASE_PART)
    )
    task_share, part_share = shares[tasks.domain].T
    ease = (np.sqrt(task_share) * own + np.sqrt(part_share) * part) / np.sqrt(task_share + part_share)
    return np.minimum((ndtr(-ease) * DECILES).astype(np.int64), DECILES - 1) + 1
