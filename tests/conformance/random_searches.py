"""Random plans whose tasks search: choices that their own memory guides, in loops, side by side and one in another."""

from __future__ import annotations

import random

import numpy as np
from plans import build_plan, check, delay, loop, options, select
from random_graphs import DOMAINS, Graph
from random_plans import HORIZON_NS, Rows, judged_models, own_knobs, random_pool, rented_pool

from fleetsim.plan import Plan
from fleetsim.policies.selectors import SELECTORS
from fleetsim.tables import Learns, Look

RULES = ("wider_or_deeper", "thompson", "ucb1", "epsilon_greedy")
MEMORY_ROWS = 4 * DOMAINS
"""So few that options of several nodes have a row together."""


class SearchGraph(Graph):
    """A workflow of searches, with forks, checks and calls around them and within."""

    def sequence(self, following: int, lanes: int, depth: int) -> tuple[int, int]:
        """A few parts before `following`: the first of them, and the rounds that they may make."""
        rounds = 0
        for _ in range(self.dice.randint(1, 2)):
            parts = [self.one_call, self.one_check, self.one_choice]
            if depth < 3:
                parts += [self.one_fork, self.one_search, self.one_search, self.one_search]
            following, more = self.dice.choice(parts)(following, lanes, depth)
            rounds += more
        return following, rounds

    def one_choice(self, following: int, lanes: int, depth: int) -> tuple[int, int]:
        """A choice with nobody behind it who scores what comes of it, unless that is done further on."""
        ways = [self.one_call(following, lanes, depth)[0], following]
        return self.add(self.choice(ways)), 0

    def one_search(self, following: int, lanes: int, depth: int) -> tuple[int, int]:
        """A choice, what is chosen and a verifier, again and again; one call if there are loops enough already."""
        if self.loops == 0:
            return self.one_call(following, lanes, depth)
        dice, head = self.dice, self.add({})
        limit, least, apart = dice.randint(2, 6), dice.choice((1.0, 9.0)), dice.choice((0.0, 1.5))
        best = dice.choice((0, 1))
        scored = self.add(check(Look.ANSWER, least, following, head, separation=apart, keeps_best=best))
        rounds = 0
        if dice.random() < 0.3:  # looked at twice: the second look has nothing to report on
            best = dice.choice((0, 1))
            scored = self.add(check(Look.ANSWER, 0.5, scored, scored, separation=1.0, keeps_best=best))
        if dice.random() < 0.4:  # those who were let go have tried nothing, the one who goes on behind them has
            scored, rounds = self.one_fork(scored, lanes, depth)
        ways = []
        for _ in range(dice.randint(2, 4)):
            way, more = self.one_call(scored, lanes, depth) if dice.random() < 0.8 else self.one_check(scored, lanes, 3)
            ways.append(way)
            rounds = max(rounds, more)
        if self.loops == 0:  # those within took all numbers: it is gone through once
            self.nodes[head] = delay([0], following)
            return ways[0], rounds
        self.loops -= 1
        self.nodes[head] = loop(self.add(self.choice(ways)), following, limit, depth=self.loops)
        return head, limit - 1 + limit * rounds

    def choice(self, ways: list[int]) -> dict:
        """A SELECT by rule, remembered by the task in most cases."""
        dice, first = self.dice, len(self.option_rows)
        for row in dice.sample(range(MEMORY_ROWS // DOMAINS), len(ways)):
            domains = dice.choice((1, DOMAINS))
            model = {"model": dice.choice((-1, 0, 1, 2)), "pool": dice.choice((-1, *self.doors))}
            self.option_rows.append(model | {"cost_usd": dice.random(), "memory": DOMAINS * row, "domains": domains})
        return select(
            ways,
            [[0.8, 1.0], [0.3, 1.0]],
            selector=dice.randrange(len(RULES)),
            guess_offset=dice.choice((-1, 0)),
            first_option=first,
            informed=0.6,
            learns=dice.choice((Learns.OWN_TASK, Learns.OWN_TASK, Learns.OWN_TASK, Learns.ALL_TASKS)),
            feedback_error=dice.choice((0.0, 0.3)),
            cost_weight=dice.choice((0.0, 0.3)),
            discount=dice.choice((1.0, 0.5)),
        )


def random_search(number: int) -> tuple[Plan, Rows]:
    """The plan and the tasks of that number."""
    dice = random.Random(f"search {number}")
    pools = [dice.choice((random_pool, random_pool, rented_pool))(dice) for _ in range(3)]
    graph = SearchGraph(dice, list(range(len(pools))))
    clients = dice.choice((0, 0, 3))
    plan = build_plan(
        pools,
        graph.begin(),
        seed=number,
        horizon_ns=HORIZON_NS,
        stop_ns=dice.choice((HORIZON_NS, 10**12)),
        sample_every_ns=HORIZON_NS // 7,
        clients=clients,
        domains=DOMAINS,
        quality=judged_models(dice),
        options=options(*graph.option_rows),
        option_ability=np.array([dice.gauss(0, 1) for _ in range(DOMAINS * len(graph.option_rows))]),
        memory_rows=MEMORY_ROWS,
        task_memory_rows=MEMORY_ROWS,
        selectors=tuple(SELECTORS[name] for name in RULES),
        selector_knobs=np.array([own_knobs(SELECTORS[name]) for name in RULES]),
    )
    return plan, Rows(number, clients)
