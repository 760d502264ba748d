"""Changes of what a replica runs (docs/engine.md, section 4c).

`clock`, `replica`, `book` and `change` are rows, changed in place; see `threads.py`.
"""

from __future__ import annotations

import numpy as np

from fleetsim.compiled import routine, section
from fleetsim.engine.core.threads import post
from fleetsim.tables import Rank

_CHANGE, _READY = np.int64(Rank.CHANGE), 1


@section
def post_change(clock, network, changes, row):
    """Put the next change on its way, if there is one."""
    if row < len(changes):
        post(network, clock, changes[row].time_ns, _CHANGE, np.int64(changes[row].replica), 0, 0, row)


@routine
def renew(replica, version):
    """Let a replica run another version."""
    replica.model, replica.base_offset, replica.beta_ns = version.model, version.base_offset, version.beta_ns
    replica.alpha_ns, replica.window_alpha_ns = version.alpha_ns, version.window_alpha_ns


@routine
def load(replica, clock, network):
    """A closed replica has nothing left to do: it loads what it will run."""
    post(network, clock, clock.now_ns + replica.load_ns, _CHANGE, np.int64(replica.row), _READY, 0, -1)


@routine
def change_replica(row, replica, book, clock, changes, versions, network):
    """A change is due; tells whether the replica's run of steps has to end with the step in progress."""
    change = changes[row]
    post_change(clock, network, changes, row + 1)
    if replica.closed:
        return False
    if change.in_place:
        if change.version >= 0:
            renew(replica, versions[change.version])
        replica.changed = replica.stepping
        return bool(replica.stepping)
    replica.closed, replica.version, replica.load_ns = 1, change.version, change.load_ns
    book.closed += 1
    if not replica.stepping and replica.running == 0 and replica.waiting == 0:
        load(replica, clock, network)
    return False


@routine
def open_replica(replica, book, versions):
    """A replica has loaded and takes calls again."""
    if replica.version >= 0:
        renew(replica, versions[replica.version])
    replica.closed = 0
    book.closed -= 1
