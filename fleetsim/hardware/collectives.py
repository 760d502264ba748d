"""Communication between the ranks of a replica: latency plus bytes over a link."""

from __future__ import annotations

import numpy as np

from fleetsim.catalog import HardwareProfile
from fleetsim.catalog.hardware_profile import Link, RooflineFit
from fleetsim.errors import FleetsimError


class Fabric:
    """The links of a device type as its collectives see them. Times in seconds, messages in bytes."""

    def __init__(self, hardware: HardwareProfile, fit: RooflineFit, latency_factor: float = 1.0) -> None:
        self.hardware, self.fit, self.latency_factor = hardware, fit, latency_factor

    def bandwidth(self, ranks: int) -> float:
        """Bytes per second and rank, one direction, of the narrowest link among `ranks` ranks.

        Raises FleetsimError if the device has no link that reaches so far.
        """
        return self._link(ranks).bandwidth_bytes_per_s.value * self.fit.link_efficiency

    def _link(self, ranks: int) -> Link:
        links = self.hardware.links
        for link in (links.scale_up, links.scale_out):
            if link and ranks <= link.accelerators:
                return link
        reach = self.hardware.reach
        raise FleetsimError(
            f"{self.hardware.key} cannot work as {ranks} ranks: its links join {reach}; "
            f"write tp * pp * dp of {reach} at most"
        )

    def latency(self, ranks: int) -> float:
        """Seconds of a collective of `ranks` ranks without any bytes."""
        return self.latency_factor * (self.fit.collective_latency_s + self.fit.collective_hop_s * (ranks - 2))

    def all_reduce(self, message: np.ndarray, ranks: int) -> np.ndarray:
        """Every rank ends with the sum of all messages.

        2 (R-1)/R of a message crosses each link, in a ring or by way of switches that only pass on; of switches that
        add up each rank sends all of its message, and the R-th part of the sum, which it has fetched, to all.
        """
        if ranks == 1:
            return np.zeros_like(message)
        crossing = 2 * (ranks - 1) / ranks
        if self._link(ranks).reduces:
            crossing = min(crossing, (ranks + 1) / ranks)
        return self.latency(ranks) + crossing * message / self.bandwidth(ranks)

    def all_to_all(self, message: np.ndarray, ranks: int) -> np.ndarray:
        """Every rank sends a different part of its `message` to each other rank."""
        if ranks == 1:
            return np.zeros_like(message)
        return self.latency(ranks) + (ranks - 1) / ranks * message / self.bandwidth(ranks)

    def send(self, message: np.ndarray, ranks: int) -> np.ndarray:
        """From one pipeline stage to the next."""
        return self.latency_factor * self.fit.collective_latency_s + message / self.bandwidth(ranks)
