"""The replica with the least KV memory held or needed by waiting calls."""

from fleetsim.policies.balancers.contract import balancer


@balancer(reads_kv=True)
def least_kv(signals, turn, luck, knobs):
    """Send the call where there is the least KV memory held or needed by waiting calls; ties go on in turn."""
    best = turn
    for i in range(turn, turn + len(signals)):
        r = i % len(signals)
        if signals[r].kv_blocks < signals[best].kv_blocks:
            best = r
    return best
