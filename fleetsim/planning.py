"""Scenario + seed -> Plan: an architecture as tables of numbers, and the names that belong to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fleetsim.catalog import load_hardware, load_model
from fleetsim.errors import Fault, FleetsimError, InputFaults
from fleetsim.hardware import Deployment, StepTable, given_table, step_table
from fleetsim.metrics.contract import ClassFacts, PoolFacts, RunFacts
from fleetsim.plan import Plan
from fleetsim.policies.balancers import BALANCERS, Balancer
from fleetsim.scenario.slo import targets
from fleetsim.tables import KNOBS, POOLS
from fleetsim.units import nanoseconds
from fleetsim.workflow.contract import PoolRoom
from fleetsim.workload import Workload

if TYPE_CHECKING:
    from fleetsim.scenario import Loaded
    from fleetsim.scenario.schema import Architecture, Pool, Scenario

_GIVEN = "given table"


@dataclass(frozen=True)
class EquippedPool:
    """A pool with what its hardware makes of it."""

    pool: Pool
    table: StepTable
    model: str  # display names
    hardware: str
    usd_per_s: float  # of one replica
    price_note: str


Equipment = dict[tuple[str, str], EquippedPool]
"""(architecture, pool) -> the pool as it is equipped."""


def equip(loaded: Loaded) -> Equipment:
    """Step times, memory and price of every pool.

    Raises InputFaults with all pools that cannot be: a model that does not fit, a precision or price there is not.
    """
    equipment: Equipment = {}
    faults: list[Fault] = []
    for architecture_name, architecture in loaded.scenario.architectures.items():
        for name, pool in architecture.pools.items():
            place = f"architectures.{architecture_name}.pools.{name}"
            try:
                equipment[architecture_name, name] = _equip_pool(pool, loaded)
            except InputFaults as error:
                faults += error.faults
            except FleetsimError as error:
                faults.append(loaded.fault(f"{place}.{'steps' if pool.steps else 'model'}", str(error)))
    if faults:
        raise InputFaults(faults)
    return equipment


def _equip_pool(pool: Pool, loaded: Loaded) -> EquippedPool:
    if pool.steps is not None:
        price = pool.price_usd_per_s or 0.0
        return EquippedPool(pool, given_table(pool.steps, pool, loaded.base), _GIVEN, _GIVEN, price, "scenario")
    model, hardware = load_model(pool.model, loaded.base), load_hardware(pool.hardware, loaded.base)
    table = step_table(
        Deployment(
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
            max_model_len=None if pool.max_model_len is None else int(pool.max_model_len),
        )
    )
    if pool.price_usd_per_s is not None:
        price, note = pool.price_usd_per_s, "scenario"
    else:
        price = hardware.price_usd_per_s(pool.tariff)
        source = hardware.prices[pool.tariff]
        note = f"{pool.tariff}: {source.source} ({source.date}), {source.confidence}"
    return EquippedPool(pool, table, model.name, hardware.name, price * table.accelerators, note)


def plan_architecture(scenario: Scenario, name: str, equipment: Equipment, workload: Workload, seed: int) -> Plan:
    """The plan of one architecture for one seed."""
    architecture = scenario.architectures[name]
    equipped = [equipment[name, pool] for pool in architecture.pools]
    balancers = tuple(
        {pool.balancer.kind: BALANCERS[pool.balancer.kind] for pool in architecture.pools.values()}.values()
    )
    rooms = {pool: PoolRoom(i, equipped[i].table.context_tokens) for i, pool in enumerate(architecture.pools)}
    graph = architecture.workflow.graph(rooms, workload.domains)
    horizon_ns = nanoseconds(scenario.horizon_s)
    return Plan(
        seed=seed,
        horizon_ns=horizon_ns,
        stop_ns=horizon_ns + nanoseconds(scenario.drain_s),
        sample_every_ns=max(1, horizon_ns // scenario.samples),
        clients=workload.clients,
        pools=_pool_rows(equipped, balancers),
        nodes=graph.nodes(),
        base_ns=np.concatenate([e.table.base_ns for e in equipped]),
        balancers=balancers,
        knobs=np.array([_knobs(e.pool, BALANCERS[e.pool.balancer.kind]) for e in equipped]),
        branch_targets=np.array(graph.targets, np.int64),
        branch_cdf=np.array(graph.cdf, np.float64),
    )


def _pool_rows(equipped: list[EquippedPool], balancers: tuple[Balancer, ...]) -> np.recarray:
    rows = POOLS.empty(len(equipped))
    replicas = base_offset = 0
    for row, e in zip(rows, equipped, strict=True):
        pool, table, balancer = e.pool, e.table, BALANCERS[e.pool.balancer.kind]
        row.first_replica, row.replicas = replicas, pool.replicas
        row.balancer, row.reads_kv = balancers.index(balancer), balancer.reads_kv
        row.max_num_seqs, row.max_batched_tokens = pool.max_num_seqs, pool.max_num_batched_tokens
        row.block_tokens, row.kv_blocks, row.context_tokens = table.block_tokens, table.kv_blocks, table.context_tokens
        row.base_offset, row.alpha_ns, row.beta_ns = base_offset, table.alpha_ns, table.beta_ns
        row.window_alpha_ns, row.window_tokens = table.window_alpha_ns, table.window_tokens
        row.delay_ns = row.return_delay_ns = nanoseconds(pool.network_s)
        replicas += pool.replicas
        base_offset += len(table.base_ns)
    return rows


def _knobs(pool: Pool, balancer: Balancer) -> list[float]:
    given = pool.balancer.model_extra or {}
    values = [float(given.get(name, default)) for name, default in balancer.knobs.items()]
    return values + [0.0] * (KNOBS - len(values))


def arm_name(architecture: str, variation: dict[str, object]) -> str:
    """`mixed [replicas=2]`: the architecture with the values that vary, by the last word of their paths."""
    return architecture + "".join(f" [{path.rsplit('.', 1)[-1]}={value}]" for path, value in variation.items())


def run_facts(
    scenario: Scenario,
    name: str,
    equipment: Equipment,
    workload: Workload,
    *,
    seed: int,
    replicate: int,
    variation: dict[str, object],
) -> RunFacts:
    """What figures and reports need to know of the run, in names."""
    architecture: Architecture = scenario.architectures[name]
    varied = tuple((path, str(value)) for path, value in variation.items())
    return RunFacts(
        arm=arm_name(name, variation),
        architecture=name,
        description=architecture.description,
        variation=varied,
        replicate=replicate,
        seed=seed,
        horizon_s=scenario.horizon_s,
        warm_up_s=None if scenario.warm_up_s == "auto" else scenario.warm_up_s,
        pue=scenario.site.pue,
        carbon_g_per_kwh=scenario.site.carbon_g_per_kwh,
        pools=tuple(_pool_facts(name, architecture, equipment)),
        classes=tuple(
            ClassFacts(c, slo.ttft_s, slo.tpot_s, slo.e2e_s)
            for c, slo in ((c, targets(scenario.workload.classes[c])) for c in workload.classes)
        ),
        domains=workload.domains,
    )


def _pool_facts(name: str, architecture: Architecture, equipment: Equipment) -> list[PoolFacts]:
    facts, first = [], 0
    for pool_name, pool in architecture.pools.items():
        e = equipment[name, pool_name]
        facts.append(
            PoolFacts(
                name=pool_name,
                model=e.model,
                hardware=e.hardware,
                replicas=pool.replicas,
                first_replica=first,
                accelerators=e.table.accelerators,
                usd_per_s=e.usd_per_s,
                price_note=e.price_note,
                idle_w=e.table.idle_w,
                prefill_w=e.table.prefill_w,
                decode_w=e.table.decode_w,
                kv_blocks=e.table.kv_blocks,
                block_tokens=e.table.block_tokens,
                max_num_seqs=pool.max_num_seqs,
                basis=e.table.basis,
                sources=e.table.sources,
                notes=e.table.notes,
            )
        )
        first += pool.replicas
    return facts
