"""First come, first served."""

from fleetsim.policies.scheduling.contract import queue_order
from fleetsim.tables import Asked


@queue_order(asked=Asked.NEVER)
def first_come(waiting, knobs):
    """The call that came first goes first."""
    return 0.0
