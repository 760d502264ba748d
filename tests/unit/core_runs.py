"""The core on plans made by hand."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fleetsim.engine import run
from fleetsim.plan import Plan
from fleetsim.records import Records


class Rows:
    """Rows of TASKS as an engine wants to be fed them."""

    def __init__(self, rows: np.recarray) -> None:
        self.rows = rows

    def chunks(self) -> Iterator[np.recarray]:
        """All at once."""
        yield self.rows


def simulate(plan: Plan, rows: np.recarray) -> Records:
    """Records of the core, which obey the laws."""
    return run(plan, Rows(rows))


def sent_and_finished(records: Records) -> list[tuple]:
    """(node, attempt, sent, finish) of every call."""
    return [(c.node, c.attempt, c.sent_ns, c.finish_ns) for c in records.calls]
