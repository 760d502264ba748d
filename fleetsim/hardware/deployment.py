"""What is deployed, and the step-time table that follows from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fleetsim.catalog import FrameworkProfile, HardwareProfile, ModelProfile


@dataclass(frozen=True)
class Speculation:
    """Speculative decoding or multi-token prediction: a step proposes `draft_tokens` a sequence and checks them all."""

    draft_tokens: int
    accepted: float  # how many of them are taken, in the mean; each step gives one token more
    draft_cost: float = 0.02  # of a decode step, for each proposed token: one more layer, or a small model


@dataclass(frozen=True)
class Deployment:
    """One replica: a model on tp * pp * dp accelerators, and the limits of its serving engine."""

    model: ModelProfile
    hardware: HardwareProfile
    tp: int = 1
    pp: int = 1
    ep: int = 1
    dp: int = 1
    precision: str | None = None  # of the weights; the model's own if None
    kv_precision: str | None = None  # bf16 if None, as serving frameworks do
    max_num_seqs: int = 256
    max_num_batched_tokens: int = 8192
    block_tokens: int = 16
    memory_utilisation: float = 0.9
    cpu_offload_bytes: float = 0.0  # of the weights, per accelerator: kept in the host's memory, read in each step
    max_model_len: int | None = None  # the model's context if None
    whole_prompt_tokens: int = 0  # of prompts each of which one data-parallel rank computes; 0: spread over all ranks
    speculation: Speculation | None = None
    streamed: bool = False  # tokens are sent to clients one by one, as a server does
    framework: FrameworkProfile | None = None  # a typical one, as the device is calibrated, if None

    @property
    def accelerators(self) -> int:
        """Accelerators of one replica."""
        return self.tp * self.pp * self.dp

    @property
    def tokens_per_step(self) -> float:
        """Tokens a sequence gets from a decode step: the accepted ones of a speculation too."""
        return 1.0 + (self.speculation.accepted if self.speculation else 0.0)

    @property
    def context_tokens(self) -> int:
        """Longest prompt plus answer: what the model can, or less if the engine is told so."""
        return int(min(self.max_model_len or self.model.context_tokens, self.model.context_tokens))

    @property
    def label(self) -> str:
        """The deployment in an error message: `llama-3.1-405b on 8 x h100 (tp 8)`."""
        ways = [f"{name} {ranks}" for name in ("tp", "pp", "dp", "ep") if (ranks := getattr(self, name)) > 1]
        count = f"{self.accelerators} x " if self.accelerators > 1 else ""
        return f"{self.model.key} on {count}{self.hardware.key}" + (f" ({', '.join(ways)})" if ways else "")


@dataclass(frozen=True)
class StepTable:
    """How long a step of one replica takes and how much KV cache it has: all an engine knows of hardware.

    step_ns = base_ns[n] + alpha_ns * context + window_alpha_ns * window_context + beta_ns * area (docs/engine.md, 5).
    """

    base_ns: np.ndarray  # float64[max_num_batched_tokens + 1]; never falls with n, >= 1 from n = 1
    alpha_ns: float
    window_alpha_ns: float
    window_tokens: int  # 0 if the model has no window
    beta_ns: float
    kv_blocks: int  # tables.UNLIMITED_BLOCKS if no KV cache is kept or modelled
    block_tokens: int
    context_tokens: int
    accelerators: int  # the price of a replica is this times the profile's
    idle_w: float  # per replica, as the other two
    prefill_w: float
    decode_w: float
    basis: str  # data sheet, family, calibrated, measured (a file of step times) or given (constants of a scenario)
    memory: dict[str, float]  # weights_bytes, workspace_bytes, kv_bytes, total_bytes over all accelerators
    notes: tuple[str, ...] = ()
    sources: tuple[tuple[str, str, str, str], ...] = ()  # figure, value, source, confidence
