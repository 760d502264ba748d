"""Plans and tasks from a few keyword arguments, for tests of the engines.

`build_plan()` alone is one replica whose step of n tokens lasts 1000 + 10 n ns, in an architecture that makes one
call a task. Everything not named is generous: no network delay, room for all, nothing cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from fleetsim.plan import Plan
from fleetsim.policies.balancers import BALANCERS, Balancer
from fleetsim.policies.scheduling import QUEUE_ORDERS, QueueOrder
from fleetsim.policies.selectors import Selector
from fleetsim.quality.answers import Quality
from fleetsim.tables import (
    CHANGES,
    JUDGED_DOMAINS,
    JUDGED_MODELS,
    KNOBS,
    LABELS,
    NODES,
    OPTIONS,
    POOLS,
    PROTOTYPES,
    TASKS,
    UNLIMITED_BLOCKS,
    JoinRule,
    Look,
    NodeKind,
)

FAR_NS = 10**15
"""Later than anything a test does."""


CLASSES = 8
"""Task classes that a plan knows at most, unless it is given `priorities`."""


def linear(at_zero_ns: float, per_token_ns: float) -> Callable[[int], float]:
    """A table of base step times as a function of the step's tokens."""
    return lambda tokens: at_zero_ns + per_token_ns * tokens


STEP_NS = linear(1000, 10)
"""Step times that are easy to add up."""


def pool(
    balancer: str | Balancer | Callable = "round_robin",
    knobs: dict[str, float] | None = None,
    base_ns: Callable[[int], float] | Sequence[float] = STEP_NS,
    queue_order: str | QueueOrder = "first_come",
    order_knobs: dict[str, float] | None = None,
    **columns: float | list[tuple[int, int]],
) -> dict:
    """One pool for `build_plan`: any column of POOLS; the balancer as a name, a Balancer or a plain function.

    `outages` are given as (start, end) in ns; `order_knobs` that the queue order does not have are left out.
    """
    row = {
        "replicas": 1,
        "max_num_seqs": 256,
        "max_batched_tokens": 2048,
        "block_tokens": 16,
        "context_tokens": 1 << 20,
        "kv_blocks": UNLIMITED_BLOCKS,
        "decode_pool": -1,
        "model": -1,
        "outages": [],
    }
    unknown = set(columns) - {column.name for column in POOLS}
    assert not unknown, f"not columns of POOLS: {unknown}"
    rules = {"balancer": balancer, "knobs": knobs or {}, "queue_order": queue_order, "order_knobs": order_knobs or {}}
    return row | columns | rules | {"base_ns": base_ns}


def steady(**columns: float | str | Balancer | Callable) -> dict:
    """A pool with blocks of 4 tokens whose steps all last 1000 ns."""
    return pool(**({"base_ns": linear(1000, 0), "block_tokens": 4} | columns))


def endpoint(ttft_ns: Sequence[int], tpot_ns: Sequence[int], **columns: float | list[tuple[int, int]]) -> dict:
    """A rented pool with its quantiles of times; any column of POOLS."""
    return pool(**({"endpoint": 1} | columns)) | {"ttft_ns": list(ttft_ns), "tpot_ns": list(tpot_ns)}


def call(pool: int, next: int, *, answers: int = 1, output_tokens: int = -1, **columns: float) -> dict:
    """A CALL node: any column of NODES; sizes of -1 are the task's own, and a refusal ends the task."""
    sizes = {"prompt_tokens": -1, "prompt_limit": -1, "output_tokens": output_tokens, "output_scale": 1.0}
    place = {"kind": NodeKind.CALL, "pool": pool, "next": next, "other": -1}
    return place | sizes | {"answers": answers, "weight": 1.0} | _columns(columns)


def solve(pool: int, next: int, **columns: float) -> dict:
    """A CALL node whose answer is right or wrong and whose tokens the user does not see as they come."""
    return call(pool, next, **({"answers": 0, "solves": 1} | columns))


def select(targets: Sequence[int], shares: Sequence[Sequence[float]] = (), **columns: float) -> dict:
    """A SELECT node: the node of each branch, and for each domain the cumulative shares of the branches."""
    node = {"kind": NodeKind.SELECT, "targets": list(targets), "selector": -1, "guess_offset": -1}
    return node | {"shares": np.asarray(shares, np.float64)} | _columns(columns)


def fork(targets: Sequence[int], join: int, role_step: int = 0) -> dict:
    """A FORK node: where each of its threads begins, and the JOIN that they come to."""
    return {"kind": NodeKind.FORK, "targets": list(targets), "join": join, "role_step": role_step}


def join(rule: JoinRule, next: int, need: int, **columns: float) -> dict:
    """A JOIN node: any column of NODES."""
    return {"kind": NodeKind.JOIN, "rule": rule, "next": next, "need": need} | _columns(columns)


def check(look: Look, threshold: float, next: int, other: int, separation: float = 0.0, **columns: float) -> dict:
    """A VERIFY node: any column of NODES."""
    looks = {"look": look, "threshold": threshold, "separation": separation}
    return {"kind": NodeKind.VERIFY, "next": next, "other": other} | looks | _columns(columns)


def delay(times_ns: Sequence[int], next: int) -> dict:
    """A DELAY node with its quantiles."""
    return {"kind": NodeKind.DELAY, "next": next, "times_ns": list(times_ns)}


def loop(next: int, other: int, limit: int, times_ns: Sequence[int] = (), **columns: float) -> dict:
    """A LOOP node with a body at `next`: `limit` passes, or fewer if quantiles of passes are given."""
    node = {"kind": NodeKind.LOOP, "next": next, "other": other, "limit": limit, "times_ns": list(times_ns)}
    return node | {"times_offset": -1, "model": -1} | _columns(columns)


def end() -> dict:
    """An END node."""
    return {"kind": NodeKind.END}


def _columns(columns: dict[str, float]) -> dict[str, float]:
    unknown = set(columns) - {column.name for column in NODES}
    assert not unknown, f"not columns of NODES: {unknown}"
    return columns


def changes(*rows: dict[str, int]) -> np.recarray:
    """Rows of CHANGES: by default to what it was before, out of place, loading for 1 ns."""
    table = CHANGES.empty(len(rows))
    for i, row in enumerate(rows):
        for name, value in ({"version": -1, "load_ns": 1} | row).items():
            table[i][name] = value
    return table


def options(*rows: dict[str, float]) -> np.recarray:
    """Rows of OPTIONS: by default without a model or a pool, with memory of its own for all domains together."""
    table = OPTIONS.empty(len(rows))
    for i, row in enumerate(rows):
        for name, value in ({"model": -1, "pool": -1, "memory": i, "domains": 1} | row).items():
            table[i][name] = value
    return table


def selectors(*rules: Callable, bound: bool = False) -> dict[str, object]:
    """Fields of Plan: these plain functions as selectors, all knobs 0."""
    members = tuple(Selector(rule.__name__, rule, rule.__doc__ or "", bound=bound) for rule in rules)
    return {"selectors": members, "selector_knobs": np.zeros((len(rules), KNOBS))}


def quality(
    ability: Sequence[Sequence[float]],
    *,
    wrong: Sequence[float] = (),
    unsolvable: float = 0.0,
    common: float | Sequence[Sequence[float]] = 0.3,
    common_task: float = 0.0,
    **columns: float,
) -> Quality:
    """Judged models: their ability [model, domain] as a probit; other columns of JUDGED_MODELS and JUDGED_DOMAINS.

    `common`: their shares of the ease in common, for all or [model, domain]; `common_task` of it is the task's.
    `wrong`: shares of the wrong answers, alike in all prototypes; by default all are the first.
    """
    ability = np.asarray(ability, np.float64)
    models, domains = JUDGED_MODELS.empty(ability.shape[0]), JUDGED_DOMAINS.empty(ability.shape[1])
    models.salt = np.arange(len(models))
    models.rho_within, domains.unsolvable = 0.5, unsolvable
    for name, value in columns.items():
        rows = models if name in models.dtype.names else domains
        rows[name] = value
    added = np.ones(LABELS - 2)
    added[: len(wrong)] = np.cumsum(wrong)
    wrong_cdf = np.broadcast_to(added, (ability.shape[1], PROTOTYPES, LABELS - 2)).copy()
    shares = [np.broadcast_to(np.asarray(given, np.float64), ability.shape).copy() for given in (common, common_task)]
    return Quality(models, domains, ability, *shares, wrong_cdf, np.zeros((0, 0), np.int8), np.zeros((0, 2), np.int64))


def build_plan(
    pools: Sequence[dict] | None = None,
    nodes: Sequence[dict] | None = None,
    *,
    seed: int = 1,
    horizon_ns: int = 10**9,
    stop_ns: int = FAR_NS,
    sample_every_ns: int = 10**9,
    clients: int = 0,
    **others: object,
) -> Plan:
    """A Plan of `pool(...)`s and of nodes made above, by default a call and an end; `others` are fields of Plan."""
    pools = list(pools or [pool()])
    times_ns: list[int] = []
    pool_rows, base_ns, balancers, knobs, outages = _pool_tables(pools, times_ns)
    node_rows, targets, cdf = _node_tables(list(nodes or [call(0, next=1), end()]), times_ns)
    orders = _order_fields(pools, pool_rows)
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
        times_ns=np.array(times_ns, np.int64),
        outages=outages,
        **(orders | others),
    )


def split(
    prefill: dict | None = None, decode: dict | None = None, nodes: Sequence[dict] | None = None, **settings: int
) -> Plan:
    """A Plan of two `steady` pools: 0 prefills for 1. The KV is there after 1 ns unless `prefill` describes a link."""
    return build_plan([steady(decode_pool=1, **(prefill or {})), steady(**(decode or {}))], nodes, **settings)


def _pool_tables(pools: list[dict], times_ns: list[int]) -> tuple:
    rows = POOLS.empty(len(pools))
    base_ns: list[float] = []
    balancers: list[Balancer] = []
    outages: list[tuple[int, int]] = []
    knobs = np.zeros((len(pools), KNOBS))
    first_replica = 0
    for i, spec in enumerate(pools):
        chosen = _balancer(spec["balancer"])
        table = spec["base_ns"]
        if callable(table):
            table = [table(tokens) for tokens in range(int(spec["max_batched_tokens"]) + 1)]
        derived = {"balancer": i, "queue_order": 0, "first_replica": first_replica, "base_offset": len(base_ns)}
        derived |= {"first_outage": len(outages), "outages": len(spec["outages"])}
        columns = {"reads_kv": int(chosen.reads_kv)} | spec | derived
        for column in POOLS:
            rows[i][column.name] = columns.get(column.name, 0)
        for kind in ("ttft", "tpot"):
            _quantiles(rows[i], kind, spec.get(f"{kind}_ns", ()), times_ns)
        tuned = chosen.knobs | spec["knobs"]
        knobs[i, : len(tuned)] = [tuned[name] for name in chosen.knobs]
        balancers.append(chosen)
        base_ns += table
        outages += spec["outages"]
        first_replica += int(spec["replicas"])
    outage_rows = np.array(outages, np.int64).reshape(-1, 2)
    return rows, np.array(base_ns, np.float64), tuple(balancers), knobs, outage_rows


def _order_fields(pools: list[dict], rows: np.recarray) -> dict[str, object]:
    """Fields of Plan: the pools' queue orders, all task classes alike; fills the columns of the pools."""
    orders = [QUEUE_ORDERS[p["queue_order"]] if isinstance(p["queue_order"], str) else p["queue_order"] for p in pools]
    knobs = np.zeros((len(pools), KNOBS))
    for i, (order, spec) in enumerate(zip(orders, pools, strict=True)):
        rows[i].queue_order, rows[i].order_asked = i, order.asked
        knobs[i, : len(order.knobs)] = [spec["order_knobs"].get(name, value) for name, value in order.knobs.items()]
    return {"queue_orders": tuple(orders), "order_knobs": knobs, "priorities": np.zeros(CLASSES, np.int64)}


def _quantiles(row: np.record, kind: str, values: Sequence[int], times_ns: list[int]) -> None:
    if len(values):
        row[f"{kind}_offset"], row[f"{kind}_count"] = len(times_ns), len(values)
        times_ns += values


def _balancer(chosen: str | Balancer | Callable) -> Balancer:
    if isinstance(chosen, Balancer):
        return chosen
    if isinstance(chosen, str):
        return BALANCERS[chosen]
    return Balancer(chosen.__name__, chosen, chosen.__doc__ or "", reads_kv=True)


def _node_tables(nodes: list[dict], times_ns: list[int]) -> tuple[np.recarray, np.ndarray, np.ndarray]:
    rows = NODES.empty(len(nodes))
    targets: list[int] = []
    cdf: list[float] = []
    for i, spec in enumerate(nodes):
        columns = dict(spec)
        if "targets" in spec:
            columns |= {"first_branch": len(targets), "branches": len(spec["targets"])}
            targets += spec["targets"]
        if "shares" in spec:
            columns |= {"cdf_offset": len(cdf)}
            cdf += spec["shares"].ravel().tolist()
        for column in NODES:
            rows[i][column.name] = columns.get(column.name, 0)
        _quantiles(rows[i], "times", spec.get("times_ns", ()), times_ns)
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
