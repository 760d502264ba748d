"""What the serving framework's host code adds to a step, and which steps it replays as captured graphs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fleetsim.catalog.framework_profile import FrameworkFit
from fleetsim.catalog.hardware_profile import RooflineFit
from fleetsim.hardware.deployment import Deployment


@dataclass(frozen=True)
class Host:
    """The framework's part of the step times. Times in seconds; arrays are over the number of tokens."""

    step_overhead_s: float
    sequence_overhead_s: float
    launch_factor: float = 1.0
    expert_factor: float = 1.0
    expert_fp4_factor: float = 1.0
    expert_compute_factor: float = 1.0
    matmul_factor: float = 1.0
    kv_factor: float = 1.0
    collective_factor: float = 1.0
    compute_factor: float = 1.0
    attention_factor: float = 1.0
    captured_tokens: int = 0
    eager_layer_s: float = 0.0

    def padded(self, tokens: np.ndarray) -> np.ndarray:
        """The number of tokens a captured graph computes: 1, 2, 4, multiples of 8, above 256 of 16."""
        coarse = np.where(tokens <= 256, 8.0, 16.0)
        up = np.where(tokens <= 2, tokens, np.where(tokens <= 4, 4.0, np.ceil(tokens / coarse) * coarse))
        return np.where(tokens <= self.captured_tokens, np.minimum(up, self.captured_tokens), tokens)

    def launched(self, tokens: np.ndarray, layers_s: np.ndarray, blocks: float) -> np.ndarray:
        """The layers' time, and what it takes to launch their `blocks` where no captured graph does."""
        return layers_s + np.where(tokens <= self.captured_tokens, 0.0, blocks * self.eager_layer_s)

    def overhead(self, tokens: np.ndarray, max_num_seqs: int) -> np.ndarray:
        """Scheduling, sampling and detokenisation of a step."""
        return self.step_overhead_s + self.sequence_overhead_s * np.minimum(tokens, max_num_seqs)


def host_of(deployment: Deployment, fit: RooflineFit) -> Host:
    """The host of a deployment: its framework's, or the typical one its device was calibrated with."""
    if deployment.framework is None:
        experts = {"expert_factor": fit.expert_factor, "expert_fp4_factor": fit.expert_factor}
        return Host(fit.step_overhead_s, fit.sequence_overhead_s, **experts)
    own: FrameworkFit = deployment.framework.calibration
    # Graphs are captured for decode steps of a rank's own sequences.
    ranks_wide = min(own.captured_tokens * deployment.dp, deployment.max_num_seqs)
    return Host(
        own.step_overhead_s,
        own.sequence_overhead_s + (own.stream_overhead_s if deployment.streamed else 0.0),
        own.launch_factor,
        own.expert_factor,
        own.expert_fp4_factor,
        own.expert_compute_factor,
        own.matmul_factor,
        own.kv_factor,
        own.collective_factor,
        own.compute_factor,
        own.attention_factor,
        max(own.captured_tokens, ranks_wide),
        own.eager_layer_s,
    )
