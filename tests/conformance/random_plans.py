"""Random plans for both engines: graphs of all kinds of nodes, pools of all kinds, changes; all from one number."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from plans import STEP_NS, build_plan, build_tasks, changes, endpoint, linear, options, pool, quality
from random_graphs import CLASSES, DOMAINS, RULES_MOST, Graph

from fleetsim.plan import Plan
from fleetsim.policies.balancers import BALANCERS
from fleetsim.policies.scheduling import QUEUE_ORDERS
from fleetsim.policies.selectors import SELECTORS, Selector
from fleetsim.tables import KNOBS, VERSIONS, Scheduler

MODELS = 3
HORIZON_NS = 400_000


@dataclass
class Rows:
    """Tasks as an engine takes them; without end in a closed loop."""

    seed: int
    clients: int

    def chunks(self) -> Iterator[np.recarray]:
        """Blocks of rows."""
        dice = random.Random(self.seed)
        while True:
            count = 4 * self.clients or dice.randint(5, 40)
            yield build_tasks(
                sorted(dice.choice((0, dice.randrange(HORIZON_NS))) for _ in range(count)),
                think_ns=[dice.choice((0, 5000, dice.randrange(60_000))) for _ in range(count)],
                class_id=[dice.randrange(CLASSES) for _ in range(count)],
                domain=[dice.randrange(DOMAINS) for _ in range(count)],
                prompt_tokens=[dice.randint(1, 60) for _ in range(count)],
                output_tokens=[dice.randint(1, 12) for _ in range(count)],
            )
            if not self.clients:
                return


def random_plan(number: int) -> tuple[Plan, Rows]:
    """The plan and the tasks of that number."""
    dice = random.Random(number)
    pools = [dice.choice((random_pool, random_pool, rented_pool))(dice) for _ in range(dice.randint(2, 4))]
    doors = list(range(len(pools)))
    if dice.random() < 0.5:
        context_tokens = dice.choice((100, 4000))
        link = {"transfer_ns_per_token": dice.choice((0.0, 30.0)), "transfer_latency_ns": dice.choice((0, 700))}
        pools.append(random_pool(dice, caches=0, context_tokens=context_tokens, delay_ns=0, return_delay_ns=0))
        pools.append(pools[-1] | {"decode_pool": len(pools) - 1, "replicas": dice.randint(1, 2)} | link)
        doors.append(len(pools) - 1)
    graph = Graph(dice, doors)
    nodes, clients = graph.begin(), dice.choice((0, 0, 3))
    rules = [SELECTORS[name] for name in dice.sample(list(SELECTORS), RULES_MOST)]
    plan = build_plan(
        pools,
        nodes,
        seed=number,
        horizon_ns=HORIZON_NS,
        stop_ns=dice.choice((HORIZON_NS, 2 * HORIZON_NS, 10**12)),
        sample_every_ns=HORIZON_NS // 7,
        clients=clients,
        domains=DOMAINS,
        quality=judged_models(dice),
        options=options(*graph.option_rows),
        option_ability=np.array([dice.gauss(0, 1) for _ in range(DOMAINS * len(graph.option_rows))]),
        memory_rows=DOMAINS * len(graph.option_rows),
        task_memory_rows=DOMAINS * len(graph.option_rows),
        selectors=tuple(rules),
        selector_knobs=np.array([own_knobs(rule) for rule in rules]),
        versions=_versions(dice, pools),
        changes=_changes(dice, pools),
        priorities=np.array([dice.choice((0, 1)) for _ in range(CLASSES)]),
    )
    return plan, Rows(number, clients)


def own_knobs(rule: Selector) -> list[float]:
    """The defaults of a rule's knobs."""
    values = list(rule.knobs.values())
    return values + [0.0] * (KNOBS - len(values))


def random_pool(dice: random.Random, **columns: int) -> dict:
    """A pool of replicas; `columns`: what is not drawn."""
    given = {
        "replicas": dice.randint(1, 3),
        "balancer": dice.choice(sorted(BALANCERS)),
        "base_ns": dice.choice((STEP_NS, linear(300, 7))),
        "max_num_seqs": dice.choice((1, 3, 20)),
        "scheduler": dice.choice(list(Scheduler)),
        "queue_order": dice.choice(sorted(QUEUE_ORDERS)),
        "order_knobs": {"ageing_s": dice.choice((0.0, 1e-5)), "w_in": dice.choice((1.0, 0.3))},
        "max_batched_tokens": dice.choice((20, 100)),
        "block_tokens": dice.choice((4, 16)),
        "kv_blocks": dice.choice((12, 30, 1000)),
        "context_tokens": dice.choice((60, 300, 4000)),
        "alpha_ns": dice.choice((0.0, 0.7)),
        "beta_ns": dice.choice((0.0, 0.01)),
        "window_alpha_ns": dice.choice((0.0, 0.3)),
        "window_tokens": dice.choice((0, 30)),
        "delay_ns": dice.choice((0, 0, 900)),
        "return_delay_ns": dice.choice((0, 0, 900)),
        "model": dice.choice((-1, 0, 1, 2)),
        "caches": dice.choice((0, 1)),
        "outages": dice.choice(([], [], [(20_000, 60_000), (90_000, 95_000)])),
    }
    return pool(**(given | columns))


def rented_pool(dice: random.Random) -> dict:
    """An endpoint."""
    limits = {"requests_per_ns": dice.choice((0.0, 3e-5)), "requests_most": 3.0}
    limits |= {"tokens_per_ns": dice.choice((0.0, 2e-3)), "tokens_most": 90.0}
    network = {"delay_ns": dice.choice((0, 800)), "return_delay_ns": dice.choice((0, 800))}
    columns = {"error_share": dice.choice((0.0, 0.1)), "model": dice.choice((-1, 0, 1, 2)), "context_tokens": 200}
    return endpoint([900, 2000, 5000, 30_000], [100, 300], **limits, **network, **columns)


def judged_models(dice: random.Random) -> object:
    """How right the models are, some of one family."""
    ability = [[dice.gauss(0.3, 0.8) for _ in range(DOMAINS)] for _ in range(MODELS)]
    return quality(
        ability,
        wrong=[0.5, 0.3, 0.2],
        unsolvable=0.1,
        family=[0, 0, 1],
        rho_within=[0.8, 0.6, 0.9],
        rho_family=0.1,
        common=[[0.3] * DOMAINS, [-0.4] * DOMAINS, [0.75] * DOMAINS],
        common_task=0.2,
        blank_share=0.2,
        length_sigma=0.4,
        length_kappa=0.5,
    )


def _versions(dice: random.Random, pools: list[dict]) -> np.recarray:
    offsets = np.cumsum([0] + [int(p["max_batched_tokens"]) + 1 for p in pools])
    largest = max(range(len(pools)), key=lambda i: pools[i]["max_batched_tokens"])
    rows = VERSIONS.empty(2)
    for row in rows:
        row.model, row.base_offset = dice.choice((-1, 0, 1, 2)), offsets[largest]
        row.alpha_ns, row.window_alpha_ns, row.beta_ns = 0.5, 0.2, 0.02
    return rows


def _changes(dice: random.Random, pools: list[dict]) -> np.recarray:
    rows, first = [], 0
    disaggregated = {i for i, p in enumerate(pools) if p["decode_pool"] != -1}
    disaggregated |= {pools[i]["decode_pool"] for i in disaggregated}
    for i, p in enumerate(pools):
        for replica in range(first, first + int(p["replicas"])):
            if i in disaggregated or dice.random() < 0.5:
                continue
            for _ in range(dice.randint(1, 3)):
                in_place = 1 if p.get("endpoint") else dice.choice((0, 1))
                time_ns = dice.choice((30_000, dice.randrange(HORIZON_NS)))
                late = {"version": dice.choice((-1, 0, 1)), "load_ns": dice.choice((1, 1000, 20_000))}
                late["forgets"] = dice.choice((0, 1))
                rows.append({"time_ns": time_ns, "replica": replica, "in_place": in_place} | late)
        first += int(p["replicas"])
    return changes(*sorted(rows, key=lambda row: (row["time_ns"], row["replica"])))
