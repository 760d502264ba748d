"""Encoders give a label or an embedding; they write no answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fleetsim.catalog import load_model
from fleetsim.errors import Fault, FleetsimError
from fleetsim.workflow.nodes import Call

if TYPE_CHECKING:
    from fleetsim.scenario import Loaded


def encoder_faults(loaded: Loaded) -> Iterator[Fault]:
    """Pools of encoders that a workflow asks for more than a label, which is one token."""
    domains = loaded.scenario.workload.subjects
    for name, architecture in loaded.scenario.architectures.items():
        writing: dict[str, str] = {}
        for node, call in architecture.workflow.nodes(domains).items():
            if isinstance(call, Call) and call.output != 1:
                writing.setdefault(call.pool, node)
        for place, pool in (architecture.pools | architecture.changed_pools()).items():
            node = writing.get(place.partition("@")[0])
            if node is not None and pool.model is not None and _is_encoder(pool.model, loaded):
                what = f"{pool.model} is an encoder: it gives a label or an embedding and writes no answers, which node"
                advice = "name a model that decodes, or ask it for a label with `output: 1 tokens`"
                yield loaded.fault(f"architectures.{name}.pools.{place}.model", f"{what} {node!r} asks for; {advice}")


def _is_encoder(model: str, loaded: Loaded) -> bool:
    try:
        return load_model(model, loaded.base).kind == "encoder"
    except FleetsimError:  # said where the pool is equipped
        return False
