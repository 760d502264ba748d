"""Step times of a wafer that holds all weights in SRAM.

Its bandwidth roofline overshoots measured single-stream speed about seventy-fold: a token's way through the layers is
bound by latency. So a token takes a time in each layer, several are in flight at no cost until the pipeline is full,
and then one leaves every issue interval.
"""

from __future__ import annotations

import numpy as np

from fleetsim.catalog.hardware_profile import WaferFit
from fleetsim.hardware.attention import attention_cost
from fleetsim.hardware.deployment import Deployment
from fleetsim.hardware.precision import Formats
from fleetsim.hardware.roofline import StepCost
from fleetsim.hardware.shapes import shapes

_NS = 1e9


def wafer_cost(deployment: Deployment, used: Formats, fit: WaferFit) -> StepCost:
    """The step-time coefficients of a model on tp * pp * dp wafers, its layers laid out over all of them."""
    model, hardware, wafers = deployment.model, deployment.hardware, deployment.accelerators
    speed = hardware.peak["bf16"].value * fit.compute_efficiency * wafers
    active = model.moe.active if model.moe else 0
    issue = max(fit.issue_interval_s, shapes(model).flops_per_token(active) / speed)
    if hardware.links.scale_out and wafers > 1:
        issue = max(issue, model.hidden * 2 / hardware.links.scale_out.bandwidth_bytes_per_s.value)
    through = model.layers * (fit.layer_time_s + fit.layer_time_per_hidden_s * model.hidden)
    in_flight = fit.pipeline_tokens_per_layer * model.layers
    tokens = np.arange(deployment.max_num_batched_tokens + 1, dtype=float)
    base = through + np.maximum(tokens - in_flight, 0) * issue
    cost = attention_cost(model)
    bandwidth = hardware.memory.bandwidth_bytes_per_s.value * fit.kv_efficiency * wafers
    decoder = model.kind == "decoder"
    alpha = decoder * cost.kv_elements * used.kv_bytes / bandwidth
    window_alpha = decoder * cost.window_kv_elements * used.kv_bytes / bandwidth
    beta = (cost.pair_flops + cost.window_pair_flops) / speed * (1 if decoder else 2)
    return StepCost(base * _NS, alpha * _NS, window_alpha * _NS, beta * _NS)
