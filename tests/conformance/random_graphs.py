"""Random workflow graphs of all kinds of nodes, for tests of the engines."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from plans import call, check, delay, end, fork, join, loop, select

from fleetsim.tables import JoinRule, Look

DOMAINS, CLASSES = 2, 2
LOOPS_MOST, LANES_MOST = 3, 27
RULES_MOST = 4
"""How many selectors a plan has."""


@dataclass
class Graph:
    """A workflow as it grows backwards, from its END to node 0."""

    dice: random.Random
    doors: list[int]  # pools that calls may go to
    nodes: list[dict] = field(default_factory=lambda: [{}, end()])
    option_rows: list[dict] = field(default_factory=list)
    loops: int = LOOPS_MOST  # numbers left for loops: those behind are made first and have greater ones
    selectors: int = 0

    def add(self, node: dict) -> int:
        """The number of a new node."""
        self.nodes.append(node)
        return len(self.nodes) - 1

    def begin(self) -> list[dict]:
        """All nodes; the first makes a call, as every way must."""
        entry, _ = self.sequence(1, lanes=1, depth=0)
        self.nodes[0] = self.call(entry, inside=False)
        return self.nodes

    def sequence(self, following: int, lanes: int, depth: int) -> tuple[int, int]:
        """A few parts before `following`: the first of them, and the rounds that they may make."""
        rounds = 0
        for _ in range(self.dice.randint(1, 3)):
            parts = [self.one_call, self.one_call, self.one_delay, self.one_check, self.one_select]
            if depth < 3:
                parts += [self.one_fork, self.one_loop, self.one_rule]
            following, more = self.dice.choice(parts)(following, lanes, depth)
            rounds += more
        return following, rounds

    def call(self, following: int, inside: bool) -> dict:
        """A CALL; within a FORK nobody reads along."""
        dice = self.dice
        target = dice.choice(self.doors)
        return call(
            target,
            following,
            answers=0 if inside else dice.choice((0, 0, 1)),
            solves=dice.choice((0, 1, 1)),
            other=following if dice.random() < 0.3 else -1,
            context=dice.choice((0, 1)),
            keeps=dice.choice((0, 1, 1)),
            added_tokens=dice.choice((0, 0, 7, -20)),
            prompt_tokens=dice.choice((-1, -1, 5, 33)),
            prompt_limit=dice.choice((-1, -1, 40)),
            output_tokens=dice.choice((-1, -1, 1, 6)),
            output_scale=dice.choice((1.0, 1.0, 0.3, 1.7)),
            coupled=dice.choice((0, 1)),
            chain=dice.choice((0, 0, 1)),
            role=dice.choice((0, 0, 1)),
            probit=dice.choice((0.0, 0.4)),
            weight=dice.choice((1.0, 1.0, 0.5, 2.0)),
        )

    def one_call(self, following: int, lanes: int, depth: int) -> tuple[int, int]:
        """A CALL."""
        return self.add(self.call(following, inside=lanes > 1)), 0

    def one_delay(self, following: int, lanes: int, depth: int) -> tuple[int, int]:
        """A DELAY."""
        return self.add(delay([0, 0, 1500, self.dice.randrange(20_000)], following)), 0

    def one_check(self, following: int, lanes: int, depth: int) -> tuple[int, int]:
        """A VERIFY with a way that is longer."""
        other, rounds = self.sequence(following, lanes, depth + 1)
        look = self.dice.choice(list(Look))
        threshold = {Look.ANSWER: 0.5, Look.AGREEMENT: 0.6, Look.ELAPSED: 30_000, Look.CONTEXT: 70}[look]
        best = {"keeps_best": self.dice.choice((0, 1))} if look == Look.ANSWER else {}
        apart = self.dice.choice((0.0, 1.5))
        return self.add(check(look, threshold, following, other, separation=apart, **best)), rounds

    def one_select(self, following: int, lanes: int, depth: int) -> tuple[int, int]:
        """A SELECT by shares of domains or classes."""
        way, rounds = self.sequence(following, lanes, depth + 1)
        shares = [[0.4, 1.0], [0.7, 1.0]]
        return self.add(select([following, way], shares, table_key=self.dice.choice((0, 1)))), rounds

    def one_rule(self, following: int, lanes: int, depth: int) -> tuple[int, int]:
        """A SELECT by a rule, which learns or does not."""
        dice, ways = self.dice, [self.sequence(following, lanes, depth + 1) for _ in range(2)]
        node = select(
            [entry for entry, _ in ways],
            [[0.8, 1.0], [0.3, 1.0]],
            selector=dice.randrange(RULES_MOST),
            guess_offset=dice.choice((-1, 0)),
            first_option=len(self.option_rows),
            signal_of=dice.choice((0, 1)),
            informed=dice.choice((0.0, 0.6, 1.0)),
            learns=dice.choice((0, 1, 2)),
            feedback_error=dice.choice((0.0, 0.2)),
            cost_weight=dice.choice((0.0, 0.3)),
            discount=dice.choice((1.0, 0.9)),
        )
        for _ in ways:
            self.option_rows.append(
                {
                    "model": dice.choice((-1, 0, 1, 2)),
                    "pool": dice.choice((-1, *self.doors)),
                    "cost_usd": dice.random(),
                    "seconds": dice.random(),
                    "memory": len(self.option_rows) * DOMAINS,
                    "domains": dice.choice((1, DOMAINS)),
                }
            )
        return self.add(node), max(rounds for _, rounds in ways)

    def one_fork(self, following: int, lanes: int, depth: int) -> tuple[int, int]:
        """A FORK with its JOIN; a call if there are threads enough already."""
        dice, branches = self.dice, self.dice.randint(2, 3)
        if lanes * branches > LANES_MOST:
            return self.one_call(following, lanes, depth)
        rule = dice.choice(list(JoinRule))
        meeting = self.add({})
        ways = [self.sequence(meeting, lanes * branches, depth + 1) for _ in range(branches)]
        rounds = max(rounds for _, rounds in ways)
        self.nodes[meeting] = join(
            rule,
            following,
            need=dice.randint(1, branches),
            early=dice.choice((0, 1)),
            gather=dice.choice((0, 1)),
            span=rounds,
            separation=1.0,
        )
        entries = [entry for entry, _ in ways]
        return self.add(fork(entries, meeting, role_step=dice.choice((0, 1)))), rounds

    def one_loop(self, following: int, lanes: int, depth: int) -> tuple[int, int]:
        """A LOOP with a body that makes a call; a call if there are loops enough already."""
        dice = self.dice
        if self.loops == 0:
            return self.one_call(following, lanes, depth)
        head, limit = self.add({}), dice.randint(2, 3)
        body, rounds = self.sequence(head, lanes, depth + 1)
        if self.loops == 0:  # those within took all numbers: the body is gone through once
            self.nodes[head] = delay([0], following)
            return body, rounds
        self.loops -= 1
        if dice.random() < 0.3:  # it may be left early
            body = self.add(check(Look.ELAPSED, 40_000, next=body, other=following))
        first = self.add(self.call(body, inside=lanes > 1))
        self.nodes[head] = loop(
            first,
            following,
            limit,
            dice.choice(((), (0, 1, 2, 5))),
            depth=self.loops,
            model=dice.choice((-1, 0, 1)),
            difficulty=dice.choice((0.0, 0.7)),
        )
        if self.nodes[head]["times_ns"]:
            self.nodes[head].pop("times_offset")
        return head, limit - 1 + limit * rounds
