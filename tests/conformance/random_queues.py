"""Random plans in which much waits: many classes, ties, little memory, and queue orders that look at all they may."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from plans import STEP_NS, build_plan, build_tasks, call, changes, delay, end, endpoint, linear, pool, select

from fleetsim.compiled import typed_kernel
from fleetsim.plan import Plan
from fleetsim.policies.balancers import BALANCERS
from fleetsim.policies.scheduling import ORDER_SIGNATURE, QUEUE_ORDERS, QueueOrder
from fleetsim.tables import VERSIONS, Asked, Scheduler

CLASSES = 5
HORIZON_NS = 60_000


def everything(waiting, knobs):
    """All that an order may look at, so that a column that should be 0 is seen if it is not."""
    asked_for = waiting.prompt_tokens + 1e6 * waiting.joined_s - 3.0 * waiting.priority
    return asked_for + 0.7 * waiting.served_prompt_tokens + 1.3 * waiting.served_output_tokens


def weighted(waiting, knobs):
    """Service in proportion to a weight that is made of the priority."""
    return (waiting.served_prompt_tokens + 2.0 * waiting.served_output_tokens) / (3.0 + waiting.priority)


def greedy(waiting, knobs):
    """Who was served most goes on: levels fall with service."""
    return -float(waiting.served_prompt_tokens + waiting.served_output_tokens)


def indifferent(waiting, knobs):
    """All are equal."""
    return 0.0


def _order(rule, asked: Asked) -> QueueOrder:
    return QueueOrder(f"{rule.__name__} {asked.name}", typed_kernel(ORDER_SIGNATURE)(rule), rule.__doc__, asked)


_OWN = [_order(everything, Asked.JOINING), _order(indifferent, Asked.JOINING)]
_OWN += [_order(rule, Asked.STARTING) for rule in (everything, weighted, greedy, indifferent)]
ORDERS = [QUEUE_ORDERS[name] for name in sorted(QUEUE_ORDERS)] + _OWN


@dataclass
class Rows:
    """Tasks as an engine takes them: many at the very same instants, in a closed loop without end."""

    seed: int
    clients: int

    def chunks(self) -> Iterator[np.recarray]:
        """Blocks of rows."""
        dice = random.Random(f"rows {self.seed}")
        classes = dice.choice((1, 2, CLASSES, CLASSES))
        grid_ns = dice.choice((1, 500, 1000, 10_000))  # steps last whole numbers of some of these
        most = dice.choice((4, 12, 30))
        while True:
            count = 4 * self.clients or dice.randint(10, 60)
            yield build_tasks(
                sorted(dice.randrange(HORIZON_NS // 2) // grid_ns * grid_ns for _ in range(count)),
                think_ns=[dice.choice((0, 0, 1000, dice.randrange(9000))) for _ in range(count)],
                class_id=[dice.randrange(classes) for _ in range(count)],
                prompt_tokens=[dice.choice((4, dice.randint(1, most))) for _ in range(count)],
                output_tokens=[dice.choice((1, 4, dice.randint(1, 20))) for _ in range(count)],
            )
            if not self.clients:
                return


def random_queues(number: int) -> tuple[Plan, Rows]:
    """The plan and the tasks of that number."""
    dice = random.Random(f"queues {number}")
    pools, doors = [_pool(dice)], [0]
    if dice.random() < 0.5:
        together = {"context_tokens": 4000, "delay_ns": 0, "return_delay_ns": dice.choice((0, 700))}
        link = {"transfer_ns_per_token": dice.choice((0.0, 30.0)), "transfer_latency_ns": dice.choice((0, 1000, 6000))}
        pools += [_pool(dice, caches=0, **together), _pool(dice, caches=0, decode_pool=1, **together) | link]
        doors = [0, 2] if dice.random() < 0.5 else [2]
    if dice.random() < 0.3:
        pools.append(endpoint([900, 2000], [100, 300], queue_order=dice.choice(ORDERS), context_tokens=200))
        doors.append(len(pools) - 1)
    clients = dice.choice((0, 0, 0, 7))
    plan = build_plan(
        pools,
        _nodes(dice, doors),
        seed=number,
        horizon_ns=HORIZON_NS,
        stop_ns=dice.choice((HORIZON_NS, 10**12)),
        sample_every_ns=dice.choice((1000, 7001)),
        clients=clients,
        priorities=np.array([dice.choice((-2, 0, 0, 1)) for _ in range(CLASSES)]),
        versions=_versions(dice, pools),
        changes=_changes(dice, pools[0]),
    )
    return plan, Rows(number, clients)


def _nodes(dice: random.Random, doors: list[int]) -> list[dict]:
    """One call after the other, so that a class's calls of several nodes stand in one line; by class or for all."""
    again = {"context": 1, "keeps": 1, "answers": 1}
    ways = [
        [call(dice.choice(doors), 1), end()],
        [call(doors[0], 1, keeps=1), call(doors[0], 2, added_tokens=3, **again), end()],
        [call(doors[0], 1, keeps=1), delay([0, 1000, 3000], 2), call(dice.choice(doors), 3, **again), end()],
        [select([1, 2], [[0.3, 1.0]] * CLASSES, table_key=1), call(doors[0], 2), call(doors[-1], 3), end()],
    ]
    return dice.choice(ways)


def _pool(dice: random.Random, **columns: float) -> dict:
    given = {
        "replicas": dice.choice((1, 1, 2, 3)),
        "balancer": dice.choice(("round_robin", dice.choice(sorted(BALANCERS)))),
        "base_ns": dice.choice((linear(1000, 0), linear(500, 0), STEP_NS, linear(300, 7.3))),
        "max_num_seqs": dice.choice((1, 2, 4, 20)),
        "scheduler": dice.choice(list(Scheduler)),
        "queue_order": dice.choice(ORDERS),
        "order_knobs": {"ageing_s": dice.choice((0.0, 1e-6, 1e-5)), "w_in": dice.choice((1.0, 0.0, 0.3))},
        "max_batched_tokens": dice.choice((20, 24, 100)),
        "block_tokens": dice.choice((1, 4)),
        "kv_blocks": dice.choice((12, 14, 20, 40, 1000)),
        "context_tokens": 4000,
        "alpha_ns": dice.choice((0.0, 0.7)),
        "window_tokens": dice.choice((0, 9)),
        "window_alpha_ns": 0.3,
        "delay_ns": dice.choice((0, 0, 1000)),
        "return_delay_ns": dice.choice((0, 1000)),
        "caches": dice.choice((0, 1)),
        "outages": dice.choice(([], [(20_000, 30_000)])),
    }
    return pool(**(given | columns))


def _versions(dice: random.Random, pools: list[dict]) -> np.recarray:
    """One version: of another speed, with the table of the pool whose steps may be largest."""
    offsets = np.cumsum([0] + [int(p["max_batched_tokens"]) + 1 for p in pools])
    rows = VERSIONS.empty(1)
    rows[0].model, rows[0].alpha_ns = -1, 3.0
    rows[0].base_offset = offsets[max(range(len(pools)), key=lambda i: pools[i]["max_batched_tokens"])]
    return rows


def _changes(dice: random.Random, first: dict) -> np.recarray:
    """Of the first pool's replicas, in place or not, now and then while much waits."""
    rows = [
        {
            "time_ns": dice.choice((0, 5000, 20_000, dice.randrange(HORIZON_NS))),
            "replica": dice.randrange(first["replicas"]),
            "in_place": dice.choice((0, 1)),
            "version": dice.choice((-1, 0)),
            "load_ns": dice.choice((1, 4000)),
            "forgets": dice.choice((0, 1)),
        }
        for _ in range(dice.choice((0, 0, 1, 4)))
    ]
    return changes(*sorted(rows, key=lambda row: (row["time_ns"], row["replica"])))
