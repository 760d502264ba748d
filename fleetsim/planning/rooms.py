"""What a workflow may know of pools and workload when it becomes tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fleetsim.planning.equipment import EquippedPool, prefill_name
from fleetsim.quality.judged import Judged
from fleetsim.scenario.durations import quantiles_ns
from fleetsim.workflow.room import PoolRoom, Room
from fleetsim.workload import Workload

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture

_FILLED = 32  # sequences of the batch at which expected costs are reckoned
_ROWS = 4096  # tasks that means are taken over


def room_of(
    name: str,
    architecture: Architecture,
    equipped: dict[str, EquippedPool],
    workload: Workload,
    seed: int,
    judged: Judged,
) -> Room:
    """Pools where their calls go (to the prefill side, if there is one), and the means of the first tasks."""
    rows = next(iter(workload.chunks(_ROWS)), None)
    prompt, output = (
        (1.0, 1.0) if rows is None or not len(rows) else (rows.prompt_tokens.mean(), rows.output_tokens.mean())
    )
    pools = {}
    numbers = {fleet: number for number, fleet in enumerate(equipped)}
    for pool in architecture.pools:
        door = numbers.get(prefill_name(pool), numbers[pool])
        pools[pool] = _pool_room(door, judged.row(name, pool), equipped[pool], prompt + output)
    ability = judged.tables.ability
    return Room(pools, workload.domains, workload.classes, float(prompt), float(output), ability, seed)


def _pool_room(number: int, model: int, decoder: EquippedPool, context_tokens: float) -> PoolRoom:
    """A pool with what a token costs and takes there, its batch well filled."""
    endpoint = decoder.pool.endpoint
    if endpoint is not None:
        ttft_s, tpot_s = (float(np.mean(quantiles_ns(law))) / 1e9 for law in (endpoint.ttft, endpoint.tpot))
        usd = (endpoint.input_usd / 1e6, endpoint.output_usd / 1e6)
        return PoolRoom(number, decoder.table.context_tokens, model, *usd, ttft_s / max(context_tokens, 1.0), tpot_s)
    table, batch = decoder.table, min(_FILLED, decoder.pool.max_num_seqs)
    budget = len(table.base_ns) - 1
    prompt_s = table.base_ns[budget] / budget / 1e9
    step_s = (table.base_ns[batch] + table.alpha_ns * batch * context_tokens) / 1e9
    return PoolRoom(
        number=number,
        context_tokens=table.context_tokens,
        model=model,
        usd_per_prompt_token=prompt_s * decoder.usd_per_s,
        usd_per_output_token=step_s / batch * decoder.usd_per_s,
        s_per_prompt_token=prompt_s,
        s_per_output_token=step_s,
    )
