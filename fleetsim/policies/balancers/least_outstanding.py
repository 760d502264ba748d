"""The replica with the fewest calls outstanding."""

from fleetsim.policies.balancers.contract import balancer


@balancer()
def least_outstanding(signals, turn, luck, knobs):
    """Send the call where there is the fewest calls outstanding; ties go on in turn."""
    best = turn
    for i in range(turn, turn + len(signals)):
        r = i % len(signals)
        if signals[r].outstanding < signals[best].outstanding:
            best = r
    return best
