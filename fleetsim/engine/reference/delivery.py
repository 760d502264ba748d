"""What pools and endpoints do alike with a call that is delivered to them (docs/engine.md, section 4)."""

from __future__ import annotations

from collections.abc import Callable

from fleetsim.engine.reference.plan_rows import PoolRow
from fleetsim.engine.reference.records import Call
from fleetsim.plan import Plan
from fleetsim.tables import Status


def is_out(plan: Plan, pool: PoolRow, time_ns: int) -> bool:
    """Whether the pool is out of order at the time."""
    outages = plan.outages[pool.first_outage : pool.first_outage + pool.outages].tolist()
    return any(start_ns <= time_ns < end_ns for start_ns, end_ns in outages)


def refuse(call: Call, refusal: Status, departed: Callable[[Call], None]) -> None:
    """The call is not taken: `departed` is told."""
    call.status = refusal
    departed(call)


def shorten(call: Call, room_tokens: int) -> None:
    """Cut the answer to what there is room for."""
    call.cut = call.output_tokens > room_tokens
    call.output_tokens = min(call.output_tokens, room_tokens)
