"""Any replica, each as likely."""

from fleetsim.luck import choice
from fleetsim.policies.balancers.contract import balancer


@balancer()
def random(signals, turn, luck, knobs):
    """Send the call to a replica drawn at random."""
    return choice(luck, 0, len(signals))
