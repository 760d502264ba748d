"""The rules of outages and of changes during a run."""

from __future__ import annotations

from collections.abc import Iterator

from fleetsim.registry import unknown
from fleetsim.scenario.changing import Change
from fleetsim.scenario.document import Flaw, Place
from fleetsim.scenario.draft import Draft, Rule
from fleetsim.scenario.schema import Pool


def outages(draft: Draft) -> Iterator[Flaw]:
    """Outages end after they begin, and do not overlap."""
    for place, pool in draft.pools():
        end_s = 0.0
        for number, outage in enumerate(pool.outages):
            if outage.to_s <= outage.from_s or outage.from_s < end_s:
                yield Flaw((*place, "outages", number), "must end after it begins, and begin after the one before it")
            end_s = outage.to_s


def changes(draft: Draft) -> Iterator[Flaw]:
    """Changes are of pools that there are and can change."""
    for place, architecture in draft.architectures():
        for number, change in enumerate(architecture.changes):
            own = (*place, "changes", number)
            pool = architecture.pools.get(change.pool)
            if pool is None:
                yield Flaw((*own, "pool"), unknown("pool", change.pool, architecture.pools))
            elif pool.prefill is not None:
                yield Flaw((*own, "pool"), "is disaggregated; such pools cannot change during a run")
            else:
                yield from _change(own, change, pool)


def _change(place: Place, change: Change, pool: Pool) -> Iterator[Flaw]:
    machines = [key for key in ("model", "hardware", "precision", "tp") if getattr(change.to, key) is not None]
    if pool.endpoint is not None and not change.in_place:
        yield Flaw((*place, "in_place"), "must be true: what is behind an endpoint is the vendor's affair")
    if pool.model is None and machines:
        yield Flaw((*place, "to", machines[0]), "is for pools with model and hardware; write `judged_as` or `accuracy`")
    if change.in_place and (change.load_s > 0 or machines):
        yield Flaw((*place, "in_place"), "goes without loading, and without another model or machine")
    if change.share == 0:
        yield Flaw((*place, "share"), "changes no replica; write more than 0, or leave the change out")


CHANGE_RULES: tuple[Rule, ...] = (outages, changes)
