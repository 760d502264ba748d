"""The replica with the fewest prompt tokens outstanding."""

from fleetsim.policies.balancers.contract import balancer


@balancer()
def least_tokens(signals, turn, luck, knobs):
    """Send the call where there is the fewest prompt tokens outstanding; ties go on in turn."""
    best = turn
    for i in range(turn, turn + len(signals)):
        r = i % len(signals)
        if signals[r].outstanding_tokens < signals[best].outstanding_tokens:
            best = r
    return best
