"""The clock: SimPy's event heap with the order of simultaneous events of docs/engine.md, section 2."""

from __future__ import annotations

from collections.abc import Callable

import simpy

from fleetsim.tables import Rank


def priority(rank: Rank, first_id: int = 0, second_id: int = 0, third_id: int = 0) -> int:
    """One number that orders events of an instant by (rank, first id, second id, third id).

    SimPy's heap is ordered by (time, priority, number of scheduling). Its own events (a process starts, a bell
    rings) have priorities 0 and 1: ours lie above, so that those are over before anything else happens.
    """
    return ((rank + 1) << 128) | (first_id << 64) | (second_id << 32) | third_id


class Clock:
    """Simulated time in whole nanoseconds."""

    def __init__(self) -> None:
        self.env = simpy.Environment(initial_time=0)

    @property
    def now_ns(self) -> int:
        """The present."""
        return self.env.now

    def at(self, time_ns: int, rank: Rank, *ids: int) -> simpy.Event:
        """The event of this rank at `time_ns`: a process yields it to sleep until then."""
        event = simpy.Event(self.env)
        event._ok, event._value = True, None  # as SimPy's Timeout does: it will succeed when its time comes
        self.env.schedule(event, priority(rank, *ids), time_ns - self.now_ns)
        return event

    def call_at(self, action: Callable[[], None], time_ns: int, rank: Rank, *ids: int) -> None:
        """Let `action` happen in an event of its own at `time_ns`."""
        self.at(time_ns, rank, *ids).callbacks.append(lambda _: action())

    def travel(self, action: Callable[[], None], delay_ns: int, rank: Rank, *ids: int) -> None:
        """Let `action` happen after a delay. A delay of zero is no event: it happens at once."""
        if delay_ns == 0:
            action()
        else:
            self.call_at(action, self.now_ns + delay_ns, rank, *ids)

    def run_until(self, stop_ns: int) -> int:
        """Handle all events not later than `stop_ns`; returns when the run ended."""
        while self.env.peek() <= stop_ns:
            self.env.step()
        cut_off = self.env.peek() < simpy.core.Infinity
        return stop_ns if cut_off else self.now_ns
