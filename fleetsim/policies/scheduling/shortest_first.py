"""By the size of the prompt."""

from fleetsim.policies.scheduling.contract import queue_order
from fleetsim.tables import Asked


@queue_order(asked=Asked.JOINING)
def shortest_first(waiting, knobs):
    """The call with the shortest prompt goes first; how long its answer will be nobody can know."""
    return float(waiting.prompt_tokens)
