"""Whether a deployment's ranks can be laid out at all."""

from __future__ import annotations

from fleetsim.errors import FleetsimError
from fleetsim.hardware.deployment import Deployment


def check_ranks(deployment: Deployment) -> None:
    """Raise FleetsimError if tp, pp, dp and ep do not suit the model: says which and what would."""
    model, moe = deployment.model, deployment.model.moe
    heads, ranks = model.attention.heads, deployment.tp * deployment.dp
    if heads % deployment.tp and deployment.hardware.kind != "accelerator":  # their compilers pad heads
        fitting = ", ".join(str(n) for n in range(1, heads + 1) if heads % n == 0 and n <= 128)
        raise FleetsimError(
            f"{model.key} has {heads} heads, which tp {deployment.tp} does not divide; write tp of {fitting}"
        )
    if deployment.pp > model.layers:
        raise FleetsimError(f"{model.key} has {model.layers} layers: pp {deployment.pp} leaves stages without any")
    if deployment.ep == 1:
        return
    if not moe:
        raise FleetsimError(f"{model.key} has no experts, so ep {deployment.ep} means nothing; write ep 1")
    if ranks % deployment.ep:
        raise FleetsimError(
            f"ep {deployment.ep} does not divide tp * dp = {ranks} ranks; write ep of {ranks} or a divisor"
        )
    if deployment.ep > moe.experts:
        raise FleetsimError(f"{model.key} has {moe.experts} experts, fewer than ep {deployment.ep}")
