"""Power of a replica by what it is doing."""

from __future__ import annotations

from fleetsim.hardware.deployment import Deployment


def replica_power_w(deployment: Deployment) -> tuple[float, float, float]:
    """Watts of all accelerators of a replica: idle, in steps with prefill, in other steps.

    A phase model as in Splitwise (Patel et al., ISCA 2024, section 3.5): prefill near the limit, decode well below.
    """
    power, count = deployment.hardware.power, deployment.accelerators
    return power.idle_w.value * count, power.prefill_w.value * count, power.decode_w.value * count
