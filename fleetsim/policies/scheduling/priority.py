"""By the priority of the task class, which may grow with the wait."""

from fleetsim.policies.scheduling.contract import queue_order
from fleetsim.tables import Asked


@queue_order(asked=Asked.JOINING, knobs={"ageing_s": 0.0})
def priority(waiting, knobs):
    """The class with the highest `priority` goes first; each `ageing_s` seconds of waiting (0: none) count as one."""
    if knobs[0] > 0.0:
        # All that wait age alike, so the order between two calls never changes: it can be told when they join.
        return waiting.joined_s / knobs[0] - waiting.priority
    return -float(waiting.priority)
