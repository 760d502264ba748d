"""Plans and tasks from a few keyword arguments, for tests of the engines.

`build_plan()` alone is one replica whose step of n tokens lasts 1000 + 10 n ns, in an architecture that makes one
call a task. Everything not named is generous: no network delay, room for all, nothing cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from fleetsim.plan import Plan
from fleetsim.policies.balancers import BALANCERS, Balancer
from fleetsim.tables import KNOBS, NODES, POOLS, TASKS, UNLIMITED_BLOCKS, NodeKind

FAR_NS = 10**15
"""Later than anything a test does."""


def linear(at_zero_ns: float, per_token_ns: float) -> Callable[[int], float]:
    """A table of base step times as a function of the step's tokens."""
    return lambda tokens: at_zero_ns + per_token_ns * tokens


STEP_NS = linear(1000, 10)
"""Step times that are easy to add up."""


def pool(
    balancer: str | Balancer | Callable = "round_robin",
    knobs: dict[str, float] | None = None,
    base_ns: Callable[[int], float] | Sequence[float] = STEP_NS,
    **columns: float,
) -> dict:
    """One pool for `build_plan`: any column of POOLS; the balancer as a name, a Balancer or a plain function."""
    row = {
        "replicas": 1,
        "max_num_seqs": 256,
        "max_batched_tokens": 2048,
        "block_tokens": 16,
        "context_tokens": 1 << 20,
        "kv_blocks": UNLIMITED_BLOCKS,
        "decode_pool": -1,
    }
    unknown = set(columns) - {column.name for column in POOLS}
    assert not unknown, f"not columns of POOLS: {unknown}"
    return row | columns | {"balancer": balancer, "knobs": knobs or {}, "base_ns": base_ns}


def steady(**columns: float | str | Balancer | Callable) -> dict:
    """A pool with blocks of 4 tokens whose steps all last 1000 ns."""
    return pool(**({"base_ns": linear(1000, 0), "block_tokens": 4} | columns))


def call(
    pool: int, next: int, prompt_tokens: int = -1, output_tokens: int = -1, prompt_limit: int = -1, answers: int = 1
) -> dict:
    """A CALL node; sizes of -1 are the task's own."""
    sizes = {"prompt_tokens": prompt_tokens, "prompt_limit": prompt_limit, "output_tokens": output_tokens}
    return {"kind": NodeKind.CALL, "pool": pool, "next": next, "answers": answers} | sizes


def select(targets: Sequence[int], shares: Sequence[Sequence[float]]) -> dict:
    """A SELECT node: the node of each branch, and for each domain the cumulative shares of the branches."""
    return {"kind": NodeKind.SELECT, "targets": list(targets), "shares": np.asarray(shares, np.float64)}


def end() -> dict:
    """An END node."""
    return {"kind": NodeKind.END}


def build_plan(
    pools: Sequence[dict] | None = None,
    nodes: Sequence[dict] | None = None,
    *,
    seed: int = 1,
    horizon_ns: int = 10**9,
    stop_ns: int = FAR_NS,
    sample_every_ns: int = 10**9,
    clients: int = 0,
) -> Plan:
    """A Plan of `pool(...)`s and of `call(...)`, `select(...)` and `end()` nodes; by default one of each."""
    pools = list(pools or [pool()])
    pool_rows, base_ns, balancers, knobs = _pool_tables(pools)
    node_rows, targets, cdf = _node_tables(list(nodes or [call(0, next=1), end()]))
    return Plan(
        seed=seed,
        horizon_ns=horizon_ns,
        stop_ns=stop_ns,
        sample_every_ns=sample_every_ns,
        clients=clients,
        pools=pool_rows,
        nodes=node_rows,
        base_ns=base_ns,
        balancers=balancers,
        knobs=knobs,
        branch_targets=targets,
        branch_cdf=cdf,
    )


def split(
    prefill: dict | None = None, decode: dict | None = None, nodes: Sequence[dict] | None = None, **settings: int
) -> Plan:
    """A Plan of two `steady` pools: 0 prefills for 1. The KV is there after 1 ns unless `prefill` describes a link."""
    return build_plan([steady(decode_pool=1, **(prefill or {})), steady(**(decode or {}))], nodes, **settings)


def _pool_tables(pools: list[dict]) -> tuple[np.recarray, np.ndarray, tuple[Balancer, ...], np.ndarray]:
    rows = POOLS.empty(len(pools))
    base_ns: list[float] = []
    balancers: list[Balancer] = []
    knobs = np.zeros((len(pools), KNOBS))
    first_replica = 0
    for i, spec in enumerate(pools):
        chosen = _balancer(spec["balancer"])
        table = spec["base_ns"]
        if callable(table):
            table = [table(tokens) for tokens in range(int(spec["max_batched_tokens"]) + 1)]
        derived = {"balancer": i, "first_replica": first_replica, "base_offset": len(base_ns)}
        columns = {"reads_kv": int(chosen.reads_kv)} | spec | derived
        for column in POOLS:
            rows[i][column.name] = columns.get(column.name, 0)
        tuned = chosen.knobs | spec["knobs"]
        knobs[i, : len(tuned)] = [tuned[name] for name in chosen.knobs]
        balancers.append(chosen)
        base_ns += table
        first_replica += int(spec["replicas"])
    return rows, np.array(base_ns, np.float64), tuple(balancers), knobs


def _balancer(chosen: str | Balancer | Callable) -> Balancer:
    if isinstance(chosen, Balancer):
        return chosen
    if isinstance(chosen, str):
        return BALANCERS[chosen]
    return Balancer(chosen.__name__, chosen, chosen.__doc__ or "", reads_kv=True)


def _node_tables(nodes: list[dict]) -> tuple[np.recarray, np.ndarray, np.ndarray]:
    rows = NODES.empty(len(nodes))
    targets: list[int] = []
    cdf: list[float] = []
    for i, spec in enumerate(nodes):
        columns = dict(spec)
        if spec["kind"] == NodeKind.SELECT:
            columns |= {"first_branch": len(targets), "branches": len(spec["targets"]), "cdf_offset": len(cdf)}
            targets += spec["targets"]
            cdf += spec["shares"].ravel().tolist()
        for column in NODES:
            rows[i][column.name] = columns.get(column.name, 0)
    return rows, np.array(targets, np.int64), np.array(cdf, np.float64)


def build_tasks(arrival_ns: Sequence[int], **columns: int | Sequence[int]) -> np.recarray:
    """Rows of TASKS, one for each arrival; other columns as one number or one a row (10 tokens in, 5 out)."""
    rows = TASKS.empty(len(arrival_ns))
    values = {"prompt_tokens": 10, "output_tokens": 5} | columns | {"arrival_ns": arrival_ns}
    for name, value in values.items():
        rows[name] = value
    return rows


def runs_of(outcome: object) -> list[tuple]:
    """The rows of RUNS of an engine's outcome as (start, first, growth, steps, decoding)."""
    return [(r.start_ns, r.first_ns, r.growth_ns, r.steps, r.decoding) for r in outcome.runs]
