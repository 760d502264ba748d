"""Changes of what replicas run, during a run (docs/engine.md, section 4c)."""

from __future__ import annotations

from functools import partial

from fleetsim.engine.reference.clock import Clock
from fleetsim.engine.reference.endpoint import Endpoint
from fleetsim.engine.reference.plan_rows import ChangeRow, VersionRow
from fleetsim.engine.reference.replica import Replica
from fleetsim.plan import Plan
from fleetsim.tables import Rank


class Changes:
    """The rows of tables.CHANGES, which happen to the replicas one after the other."""

    def __init__(self, plan: Plan, clock: Clock, replicas: list[Replica | Endpoint]) -> None:
        self.rows = [ChangeRow(*row) for row in plan.changes.tolist()]
        self.versions = [VersionRow(*row) for row in plan.versions.tolist()]
        self.replicas = {replica.number: replica for replica in replicas}
        self.clock = clock

    def schedule(self) -> None:
        """Let every row happen at its time. Of one replica rows go before its being ready."""
        for order, row in enumerate(self.rows):
            self.clock.call_at(partial(self.happen, row), row.time_ns, Rank.CHANGE, row.replica, 0, order)

    def happen(self, row: ChangeRow) -> None:
        """The time of a row has come; a replica that is closed already leaves it out."""
        replica = self.replicas[row.replica]
        if not replica.open:
            return
        if row.in_place == 1:
            replica.equip(self.version_of(row, replica))
            if row.forgets == 1 and isinstance(replica, Replica):
                replica.batch.kept.clear()
        else:
            replica.close(emptied=partial(self.load, row, replica))

    def load(self, row: ChangeRow, replica: Replica) -> None:
        """The replica has nothing left to do and loads what it is to run from now on."""
        ready_ns = self.clock.now_ns + row.load_ns
        ready = partial(replica.reopen, self.version_of(row, replica))
        self.clock.call_at(ready, ready_ns, Rank.CHANGE, replica.number, 1)

    def version_of(self, row: ChangeRow, replica: Replica | Endpoint) -> VersionRow:
        """What the replica is changed to."""
        return replica.version if row.version == -1 else self.versions[row.version]
