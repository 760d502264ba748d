"""Scenario + seed -> Plan: an architecture as tables of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fleetsim.plan import Plan
from fleetsim.planning.changes import change_tables
from fleetsim.planning.equipment import Equipment, EquippedPool, fleets, prefill_name
from fleetsim.planning.graphs import graph_of
from fleetsim.planning.rents import outage_rows, rent
from fleetsim.planning.rooms import room_of
from fleetsim.policies.balancers import BALANCERS, Balancer
from fleetsim.policies.scheduling import QUEUE_ORDERS, QueueOrder
from fleetsim.policies.selectors import SELECTORS
from fleetsim.quality.judged import Judged
from fleetsim.tables import KNOBS, POOLS, Scheduler
from fleetsim.units import nanoseconds
from fleetsim.workflow.choices import Choices
from fleetsim.workflow.compiling import compiled
from fleetsim.workload import Workload

if TYPE_CHECKING:
    from fleetsim.registry import Family
    from fleetsim.scenario.rules import BalancerChoice, QueueOrderChoice
    from fleetsim.scenario.schema import Scenario


def plan_architecture(
    scenario: Scenario, name: str, equipment: Equipment, workload: Workload, seed: int, judged: Judged | None = None
) -> Plan:
    """The plan of one architecture for one seed; `judged` says which answers are right, None: none is judged."""
    judged = judged or Judged()
    architecture = scenario.architectures[name]
    names = list(fleets(architecture))
    equipped = [equipment[name, fleet] for fleet in names]
    balancers = tuple({e.pool.balancer.kind: BALANCERS[e.pool.balancer.kind] for e in equipped}.values())
    pools = _pool_rows(names, equipped, balancers)
    pools.model = [judged.row(name, fleet) for fleet in names]
    horizon_ns = nanoseconds(scenario.horizon_s)
    stop_ns = horizon_ns + nanoseconds(scenario.drain_s)
    times = rent(pools, equipped)
    changing = change_tables(name, architecture, equipment, judged, pools, names)
    room = room_of(name, architecture, dict(zip(names, equipped, strict=True)), workload, seed, judged)
    graph = compiled(graph_of(name, architecture, workload, seed, judged), room, len(times))
    return Plan(
        seed=seed,
        horizon_ns=horizon_ns,
        stop_ns=stop_ns,
        sample_every_ns=max(1, horizon_ns // scenario.samples),
        clients=workload.clients,
        pools=pools,
        nodes=graph.nodes,
        base_ns=np.concatenate([*(e.table.base_ns for e in equipped), *changing.base_ns]),
        balancers=balancers,
        knobs=np.array([_knobs(e.pool.balancer, BALANCERS) for e in equipped]),
        branch_targets=np.array(graph.targets, np.int64),
        branch_cdf=np.array(graph.cdf, np.float64),
        times_ns=np.array(times + graph.times_ns, np.int64),
        outages=outage_rows(pools, names, equipped, seed, stop_ns),
        domains=len(workload.domains),
        quality=judged.tables,
        **_choice_tables(graph.choices),
        **_order_tables(pools, equipped, [scenario.workload.classes[each].priority for each in workload.classes]),
        versions=changing.versions,
        changes=changing.changes,
    )


def _order_tables(pools: np.recarray, equipped: list[EquippedPool], priorities: list[int]) -> dict[str, object]:
    """Fields of the plan: what queues are ordered by; fills their columns of the pools."""
    orders = tuple({e.pool.queue_order.kind: QUEUE_ORDERS[e.pool.queue_order.kind] for e in equipped}.values())
    for row, e in zip(pools, equipped, strict=True):
        order = QUEUE_ORDERS[e.pool.queue_order.kind]
        row.queue_order, row.order_asked = orders.index(order), order.asked
    knobs = np.array([_knobs(e.pool.queue_order, QUEUE_ORDERS) for e in equipped])
    return {"queue_orders": orders, "order_knobs": knobs, "priorities": np.array(priorities, np.int64)}


def _choice_tables(choices: Choices) -> dict[str, object]:
    """Fields of the plan: what selections by rule read and are made by."""
    return {
        "options": choices.table(),
        "option_ability": np.array(choices.ability, np.float64),
        "memory_rows": choices.memory_rows,
        "task_memory_rows": choices.task_memory_rows,
        "selectors": tuple(SELECTORS[rule] for rule in choices.rules),
        "selector_knobs": np.array(choices.knobs, np.float64).reshape(-1, KNOBS),
    }


def _pool_rows(names: list[str], equipped: list[EquippedPool], balancers: tuple[Balancer, ...]) -> np.recarray:
    rows = POOLS.empty(len(equipped))
    replicas = base_offset = 0
    for row, e in zip(rows, equipped, strict=True):
        pool, table, balancer = e.pool, e.table, BALANCERS[e.pool.balancer.kind]
        row.first_replica, row.replicas = replicas, pool.replicas
        row.balancer, row.reads_kv = balancers.index(balancer), balancer.reads_kv
        row.max_num_seqs, row.max_batched_tokens = pool.max_num_seqs, pool.max_num_batched_tokens
        row.scheduler = Scheduler[pool.scheduler.upper()]
        row.block_tokens, row.kv_blocks, row.context_tokens = table.block_tokens, table.kv_blocks, table.context_tokens
        row.base_offset, row.alpha_ns, row.beta_ns = base_offset, table.alpha_ns, table.beta_ns
        row.window_alpha_ns, row.window_tokens = table.window_alpha_ns, table.window_tokens
        row.delay_ns = row.return_delay_ns = nanoseconds(pool.network_s)
        row.decode_pool, row.caches = -1, pool.prefix_caching
        replicas += pool.replicas
        base_offset += len(table.base_ns)
    for number, e in enumerate(equipped):
        if e.pool.prefill is not None:
            _disaggregate(rows, names.index(prefill_name(names[number])), number, e)
    return rows


def _disaggregate(rows: np.recarray, prefill: int, decode: int, decoder: EquippedPool) -> None:
    """Let row `prefill` hand what it has prefilled to row `decode`; changes the rows."""
    transfer = decoder.pool.prefill.transfer
    bytes_per_token = transfer.bytes_per_token or decoder.kv_bytes_per_token
    seconds = bytes_per_token * (1 - transfer.overlap) / transfer.bandwidth_bytes_per_s
    rows[prefill].decode_pool = decode
    rows[prefill].transfer_ns_per_token = seconds * 1e9
    rows[prefill].transfer_latency_ns = nanoseconds(transfer.latency_s)
    rows.context_tokens[[prefill, decode]] = rows.context_tokens[[prefill, decode]].min()


def _knobs(chosen: BalancerChoice | QueueOrderChoice, family: Family[Balancer] | Family[QueueOrder]) -> list[float]:
    given = chosen.model_extra or {}
    values = [float(given.get(name, default)) for name, default in family[chosen.kind].knobs.items()]
    return values + [0.0] * (KNOBS - len(values))
