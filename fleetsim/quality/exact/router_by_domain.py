"""A router between two models over several domains: its signal sees the domain as well as the task."""

from __future__ import annotations

from fleetsim.errors import FleetsimError
from fleetsim.quality.exact.contract import form
from fleetsim.quality.exact.router import gain_curve, thresholds


@form
def router_by_domain(
    weak: tuple[float, ...],
    strong: tuple[float, ...],
    share: tuple[float, ...],
    rho: float = 0.6,
    informed: float = 0.4,
    advantage: int = 0,
) -> dict[str, float]:
    """The same where domains differ: accuracies of both models by domain, and each domain's `share` of tasks.

    `rho` is the correlation within a domain, `informed` that of the signal with the weak model's margin (ability in the
    domain plus ease) over all tasks; with `advantage` 1, with the strong model's lead.
    """
    if not len(weak) == len(strong) == len(share):
        raise FleetsimError(f"weak, strong and share have {len(weak)}, {len(strong)} and {len(share)} domains")
    return thresholds(*gain_curve(weak, strong, share, rho, informed, bool(advantage)))
