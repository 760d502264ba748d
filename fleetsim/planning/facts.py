"""The names that belong to a plan, and what else figures and reports need to know of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetsim.metrics.contract import ClassFacts, PoolFacts, RunFacts
from fleetsim.planning.equipment import Equipment, fleets
from fleetsim.quality.judged import Judged
from fleetsim.scenario.slo import attainment_goal, targets
from fleetsim.workflow import walks
from fleetsim.workload import Workload

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture, Pool, Scenario


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
    judged: Judged | None = None,
) -> RunFacts:
    """What figures and reports need to know of the run, in names."""
    architecture: Architecture = scenario.architectures[name]
    nodes = architecture.workflow.nodes(workload.domains)
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
        pools=tuple(_pool_facts(name, architecture, equipment, judged)),
        classes=tuple(
            ClassFacts(c, slo.ttft_s, slo.tpot_s, slo.e2e_s)
            for c, slo in ((c, targets(scenario.workload.classes[c])) for c in workload.classes)
        ),
        domains=workload.domains,
        attainment_goal=attainment_goal(scenario),
        judged_models=judged.names if judged else (),
        judged_by=judged.sources if judged else (),
        escalating=tuple(list(nodes).index(node) for node in walks.escalations(nodes)),
        shared_ease=judged.shared_ease if judged else (),
    )


def _pool_facts(name: str, architecture: Architecture, equipment: Equipment, judged: Judged | None) -> list[PoolFacts]:
    facts, first = [], 0
    for pool_name, pool in fleets(architecture).items():
        e = equipment[name, pool_name]
        row = judged.row(name, pool_name) if judged else -1
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
                tariff=_tariff(pool),
                judged_as=judged.names[row] if row >= 0 else "",
                region=pool.region or "",
                pue=e.where.pue,
                carbon_g_per_kwh=e.where.carbon_g_per_kwh,
            )
        )
        first += pool.replicas
    return facts


def _tariff(pool: Pool) -> tuple[tuple[float, float, float], ...]:
    if pool.endpoint is None:
        return ()
    prices = [(0.0, pool.endpoint.input_usd, pool.endpoint.output_usd)]
    prices += [(later.from_s, later.input_usd, later.output_usd) for later in pool.endpoint.later]
    return tuple((from_s, prompt / 1e6, answer / 1e6) for from_s, prompt, answer in prices)
