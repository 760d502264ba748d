"""The replica that still has the conversation, unless it is much busier than the rest."""

from fleetsim.policies.balancers.contract import balancer


@balancer(knobs={"most_ahead": 16.0})
def prefix_affinity(signals, turn, luck, knobs):
    """Send the call where most of its conversation is cached, unless more than `most_ahead` (16) calls are ahead there.

    Ahead are its calls outstanding less those of the least busy replica, which else gets the call.
    """
    least = turn
    for i in range(turn, turn + len(signals)):
        r = i % len(signals)
        if signals[r].outstanding < signals[least].outstanding:
            least = r
    best = least
    for i in range(turn, turn + len(signals)):
        r = i % len(signals)
        ahead = signals[r].outstanding - signals[least].outstanding
        if signals[r].cached_tokens > signals[best].cached_tokens and ahead <= knobs[0]:
            best = r
    return best
