"""The core: the simulation compiled, whole runs of steps at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fleetsim.engine.core.agenda import BAD_BRANCH, BAD_CHOICE, BAD_ORDER, DONE, NEED_ROOM, NEED_TASKS
from fleetsim.engine.core.live import SLOTS
from fleetsim.engine.core.loop import RULES, advance
from fleetsim.engine.core.opening import enlarge, open_state
from fleetsim.engine.core.sampling import close_books
from fleetsim.engine.core.state import NEVER, OUTPUTS, State
from fleetsim.engine.core.survey import write_in_flight
from fleetsim.errors import EngineFault
from fleetsim.plan import Plan
from fleetsim.policies.balancers import BALANCERS
from fleetsim.policies.scheduling import QUEUE_ORDERS
from fleetsim.policies.selectors import SELECTORS
from fleetsim.tables import TASKS, Rank

EVENTS_A_SLICE = 1 << 20


def _filled(kind: str, rules: list[Callable], filler: Callable) -> tuple[Callable, ...]:
    """As many rules as the compiled loop takes. Raises EngineFault if there are more."""
    if len(rules) > RULES:
        raise EngineFault(f"a plan may use {RULES} different {kind}; this one uses {len(rules)}")
    return tuple(rules + [filler] * (RULES - len(rules)))


class Core:
    """A run of the core that can be paused: `slice()` until it returns False, rows drained in between.

    `chunks` yields tables.TASKS rows in order; `drain(name, rows)` receives finished rows ('calls',
    'tasks', 'runs', 'samples', and 'final' at the end) and must copy what it keeps.
    """

    def __init__(self, plan: Plan, chunks, drain: Callable[[str, np.recarray], None]) -> None:
        self.plan, self.chunks, self.drain = plan, iter(chunks), drain
        self.balancers = _filled("balancers", [b.rule for b in plan.balancers], BALANCERS["random"].rule)
        self.selectors = _filled("selectors", [s.rule for s in plan.selectors], SELECTORS["chance"].rule)
        self.orders = _filled("queue orders", [o.rule for o in plan.queue_orders], QUEUE_ORDERS["first_come"].rule)
        self.state: State = open_state(plan)
        self.events = 0

    @property
    def now_ns(self) -> int:
        """Simulated time reached."""
        return int(self.state.clock[0].now_ns)

    def slice(self) -> bool:
        """Handle some events; False when the run is over and its last rows are drained.

        Raises EngineFault if a balancer returned an index outside its pool, a selector one outside its node, or a
        queue order no finite number.
        """
        status, handled = advance(self.state, EVENTS_A_SLICE, self.balancers, self.selectors, self.orders)
        self.events += handled
        clock = self.state.clock[0]
        if status == NEED_TASKS:
            self._feed()
        elif status == NEED_ROOM:
            self._make_room()
        elif status == BAD_CHOICE:
            raise EngineFault(
                f"the balancer of pool {clock.culprit_place} sent task {clock.culprit_task} to replica "
                f"{clock.culprit_choice}; the pool has {self._open_replicas(clock.culprit_place)}"
            )
        elif status == BAD_BRANCH:
            raise EngineFault(
                f"the selector of node {clock.culprit_place} sent task {clock.culprit_task} to branch "
                f"{clock.culprit_choice}; the node has {self.plan.nodes[clock.culprit_place].branches}"
            )
        elif status == BAD_ORDER:
            raise EngineFault(self._order_fault())
        elif status == DONE:
            self._finish()
            return False
        return True

    def _open_replicas(self, pool: int) -> int:
        return int(self.plan.pools[pool].replicas - self.state.books[pool].closed)

    def _order_fault(self) -> str:
        fault = self.state.ordering.fault[0]
        name = self.plan.queue_orders[self.plan.pools[fault.pool].queue_order].name
        return (
            f"queue order {name!r} of pool {fault.pool} returned {fault.said} for a call, or the calls, of class "
            f"{fault.class_id}: return a finite number"
        )

    def _feed(self) -> None:
        clock, rows = self.state.clock[0], next(self.chunks, None)
        if rows is None:
            clock.more_tasks = 0
            return
        if self.plan.clients:
            first_round = clock.fed_rows == 0
            rows = np.concatenate([self.state.tasks, rows]).view(np.recarray)
            if first_round:
                self._start_clients(rows)
        else:
            rows = np.asarray(rows[rows.arrival_ns < self.plan.horizon_ns]).view(np.recarray)
            clock.first_task += clock.fed_rows
            clock.next_row = 0
        clock.fed_rows = len(rows)
        self.state = self.state._replace(tasks=np.ascontiguousarray(rows, TASKS.dtype).view(np.recarray))

    def _start_clients(self, rows: np.recarray) -> None:
        """The first task of every client is on its way from the start."""
        from fleetsim.engine.core.events import message_key

        clock, network = self.state.clock[0], self.state.network
        numbers = np.arange(self.plan.clients)
        numbers = numbers[rows.arrival_ns[numbers] < self.plan.horizon_ns]
        new = slice(int(clock.messages), int(clock.messages) + len(numbers))
        network.time_ns[new] = rows.arrival_ns[numbers]
        network.key[new] = [message_key.py_func(int(Rank.ARRIVAL), int(n), 0, 0) for n in numbers]
        network.slot[new] = -1
        clock.messages += len(numbers)
        entries = network[: clock.messages]
        entries[:] = entries[np.lexsort((entries.key, entries.time_ns))]  # sorted rows are a heap

    def _make_room(self) -> None:
        self._drain_outputs()
        clock = self.state.clock[0]
        for kind in SLOTS:
            if clock[f"free_{kind}"] < clock.margin:
                self.state = enlarge(self.state, [kind], len(getattr(self.state, f"live_{kind}")))

    def _drain_outputs(self) -> None:
        clock = self.state.clock
        for name in OUTPUTS:
            counter = f"{name[:-1]}_rows"
            count = int(clock[counter][0])
            if count:
                self.drain(name, getattr(self.state, f"out_{name}")[:count])
                clock[counter] = 0

    def _finish(self) -> None:
        self._drain_outputs()
        clock = self.state.clock[0]
        pending = clock.messages > 0 or self.state.due_ns.min() < NEVER
        samples_end_ns = clock.horizon_ns // clock.sample_every_ns * clock.sample_every_ns
        end_ns = int(clock.stop_ns if pending else max(clock.now_ns, samples_end_ns))
        close_books(self.state, end_ns)
        self.drain("final", self.state.out_samples[: clock.sample_rows])
        clock.sample_rows = 0
        self._drain_outputs()
        write_in_flight(self.state, self.drain)
