"""What hardware makes of a pool: step times, memory and price of its replicas."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleetsim.catalog import load_framework, load_hardware, load_model
from fleetsim.errors import Fault, FleetsimError, InputFaults
from fleetsim.hardware import (
    Deployment,
    Speculation,
    StepTable,
    given_table,
    kv_bytes_per_token,
    rented_table,
    step_table,
)
from fleetsim.planning.encoders import encoder_faults

if TYPE_CHECKING:
    from fleetsim.scenario import Loaded
    from fleetsim.scenario.schema import Architecture, Pool

_GIVEN, _RENTED = "given table", "rented endpoint"


@dataclass(frozen=True)
class EquippedPool:
    """A pool with what its hardware makes of it."""

    pool: Pool
    table: StepTable
    model: str  # display names
    hardware: str
    usd_per_s: float  # of one replica; nan where a table was given and no price with it
    price_note: str
    kv_bytes_per_token: float  # of one replica's cache in all; 0 where it is not known


Equipment = dict[tuple[str, str], EquippedPool]
"""(architecture, fleet) -> the fleet as it is equipped; for its fleets see `fleets`."""


Known = dict[str, EquippedPool]
"""Pools by their JSON, of scenarios in one folder."""


def fleets(architecture: Architecture) -> dict[str, Pool]:
    """Every set of replicas alike, by name: the pools, and in front of a disaggregated one its prefill side.

    The prefill side of pool `chat` is called `chat.prefill`.
    """
    found: dict[str, Pool] = {}
    for name, pool in architecture.pools.items():
        if pool.prefill is not None:
            found[prefill_name(name)] = pool.prefill_pool()
        found[name] = pool
    return found


def prefill_name(pool: str) -> str:
    """What the prefill side of a pool is called."""
    return f"{pool}.prefill"


def equip(loaded: Loaded, known: Known | None = None) -> Equipment:
    """Step times, memory and price of every pool; `known` remembers them over the many variations of a scenario.

    Raises InputFaults with all pools that cannot be: a model that does not fit, a precision or price there is not, an
    encoder that is to write.
    """
    equipment: Equipment = {}
    faults: list[Fault] = [*encoder_faults(loaded)]
    for architecture_name, architecture in loaded.scenario.architectures.items():
        for name, pool in (fleets(architecture) | architecture.changed_pools()).items():
            place = f"architectures.{architecture_name}.pools.{name}"
            try:
                equipment[architecture_name, name] = _remembered(pool, loaded, known)
            except InputFaults as error:
                faults += error.faults
            except FleetsimError as error:
                faults.append(loaded.fault(f"{place}.{'steps' if pool.steps else 'model'}", str(error)))
    if faults:
        raise InputFaults(faults)
    return equipment


def _remembered(pool: Pool, loaded: Loaded, known: Known | None) -> EquippedPool:
    if known is None:
        return _equip_pool(pool, loaded)
    key = pool.model_dump_json()
    if key not in known:
        known[key] = _equip_pool(pool, loaded)
    return known[key]


def _equip_pool(pool: Pool, loaded: Loaded) -> EquippedPool:
    if pool.endpoint is not None:
        return EquippedPool(pool, rented_table(pool.endpoint), _RENTED, _RENTED, 0.0, "by the token: scenario", 0.0)
    if pool.steps is not None:
        unpriced = pool.price_usd_per_s is None
        price, note = (math.nan, "not given") if unpriced else (pool.price_usd_per_s, "scenario")
        table = given_table(pool.steps, pool, loaded.base)
        return EquippedPool(pool, table, _GIVEN, _GIVEN, price, note, 0.0)
    model, hardware = load_model(pool.model, loaded.base), load_hardware(pool.hardware, loaded.base)
    deployment = Deployment(
        model,
        hardware,
        tp=pool.tp,
        pp=pool.pp,
        ep=pool.ep,
        dp=pool.dp,
        precision=pool.precision,
        kv_precision=pool.kv_precision,
        max_num_seqs=pool.max_num_seqs,
        max_num_batched_tokens=pool.max_num_batched_tokens,
        block_tokens=pool.block_tokens,
        memory_utilisation=pool.memory_utilisation,
        cpu_offload_bytes=pool.cpu_offload or 0.0,
        max_model_len=None if pool.max_model_len is None else int(pool.max_model_len),
        speculation=_speculation(pool),
        framework=pool.framework and load_framework(pool.framework),
    )
    table = step_table(deployment)
    if pool.price_usd_per_s is not None:
        price, note = pool.price_usd_per_s, "scenario"
    else:
        price = hardware.price_usd_per_s(pool.tariff)
        source = hardware.prices[pool.tariff]
        note = f"{pool.tariff}: {source.source} ({source.date}), {source.confidence}"
    usd_per_s, kv_bytes = price * table.accelerators, kv_bytes_per_token(deployment)
    return EquippedPool(pool, table, model.name, hardware.name, usd_per_s, note, kv_bytes)


def _speculation(pool: Pool) -> Speculation | None:
    given = pool.speculation
    return given and Speculation(given.draft_tokens, given.acceptance_length - 1, given.draft_cost)
