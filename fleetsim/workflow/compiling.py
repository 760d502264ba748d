"""A graph of named nodes as the tables an engine reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fleetsim.scenario.durations import grid, quantiles_ns
from fleetsim.tables import NODES, JoinRule, Look, NodeKind, TableKey
from fleetsim.workflow import walks
from fleetsim.workflow.choices import Choices
from fleetsim.workflow.nodes import Call, Delay, Fork, Join, Loop, Nodes, Select, Verify
from fleetsim.workflow.room import Room
from fleetsim.workflow.scores import separation, threshold

_DEFAULTS = {
    **dict.fromkeys(("next", "other", "pool", "prompt_tokens", "prompt_limit", "output_tokens", "selector"), -1),
    **dict.fromkeys(("guess_offset", "join", "times_offset", "model"), -1),
    **dict.fromkeys(("output_scale", "weight", "discount"), 1.0),
}


@dataclass
class Tables:
    """What an engine reads of a workflow; `names` are the nodes in the order of their rows."""

    names: tuple[str, ...]
    nodes: np.recarray  # tables.NODES
    targets: list[int] = field(default_factory=list)
    cdf: list[float] = field(default_factory=list)
    times_ns: list[int] = field(default_factory=list)
    choices: Choices = field(default_factory=Choices)


def compiled(nodes: Nodes, room: Room, times_before: int = 0) -> Tables:
    """The tables of a sound graph; the engine's table of times has `times_before` entries before the workflow's."""
    return _Compiler(nodes, room, times_before).tables()


class _Compiler:
    """One graph on its way to tables."""

    def __init__(self, nodes: Nodes, room: Room, times_before: int) -> None:
        self.named, self.room, self.times_before = nodes, room, times_before
        self.numbers = {name: number for number, name in enumerate(nodes)}
        self.loops = walks.loops_before(nodes)
        self.made = Tables(tuple(nodes), NODES.empty(len(nodes)))

    def tables(self) -> Tables:
        """All rows."""
        for name, value in _DEFAULTS.items():
            self.made.nodes[name] = value
        fill = {Call: self._call, Select: self._select, Fork: self._fork, Join: self._join}
        fill |= {Verify: self._verify, Delay: self._delay, Loop: self._loop}
        for name, node in self.named.items():
            row = self.made.nodes[self.numbers[name]]
            row.kind = NodeKind[node.kind.upper()]
            if type(node) in fill:
                fill[type(node)](name, node, row)
        return self.made

    def _call(self, name: str, node: Call, row: np.record) -> None:
        pool = self.room.pools[node.pool]
        row.pool, row.next = pool.number, self.numbers[node.next]
        row.other = -1 if node.if_refused is None else self.numbers[node.if_refused]
        row.context = node.prompt == "context"
        row.prompt_tokens = int(node.prompt) if isinstance(node.prompt, float) else -1
        row.output_tokens = int(node.output) if isinstance(node.output, float) else -1
        row.added_tokens, row.output_scale = node.added_tokens, node.output_scale
        if node.prompt_limit is not None:  # a prompt that may be cut is cut so that the answer has room
            longest = pool.context_tokens - max(row.output_tokens, 1)
            row.prompt_limit = max(1, min(int(node.prompt_limit), longest))
        row.coupled, row.keeps, row.answers = node.coupled and node.solves, node.keeps, node.streams
        row.solves, row.chain, row.role = node.solves, node.stage, node.part
        row.probit, row.weight = node.probit, node.weight

    def _branches(self, names: Sequence[str], row: np.record) -> None:
        row.first_branch, row.branches = len(self.made.targets), len(names)
        self.made.targets += [self.numbers[name] for name in names]

    def _select(self, name: str, node: Select, row: np.record) -> None:
        self._branches(node.to, row)
        if node.rule is None:
            row.cdf_offset = len(self.made.cdf)
            row.table_key = TableKey.CLASS if node.by_class is not None else TableKey.DOMAIN
            self.made.cdf += _cumulated([_shares(node, known, node.to) for known in self._keys(node)])
            return
        if node.guess < 1.0 and len(self.room.domains) > 1:
            row.guess_offset = len(self.made.cdf)
            self.made.cdf += _cumulated(_confusion(node.guess, len(self.room.domains)))
        self.made.choices.add(node, row, self.named, self.room)

    def _keys(self, node: Select) -> Sequence[str]:
        return self.room.classes if node.by_class is not None else self.room.domains

    def _fork(self, name: str, node: Fork, row: np.record) -> None:
        self._branches(node.to, row)
        row.join, row.role_step = self.numbers[node.join], node.parts

    def _join(self, name: str, node: Join, row: np.record) -> None:
        forks = [fork for fork in self.named.values() if isinstance(fork, Fork) and fork.join == name]
        row.next = self.numbers[node.next]
        row.need = node.need or min((len(fork.to) for fork in forks), default=1)
        row.rule, row.early, row.gather = JoinRule[node.rule.upper()], node.early, node.gather
        row.span = max((walks.rounds_most(self.named, to, name) for fork in forks for to in fork.to), default=0)
        if node.auc is not None:
            row.separation = separation(node.auc)

    def _verify(self, name: str, node: Verify, row: np.record) -> None:
        row.next, row.other = self.numbers[node.passes], self.numbers[node.fails]
        if node.agreement is not None:
            row.look, row.threshold = Look.AGREEMENT, node.agreement
        elif node.within_s is not None:
            row.look, row.threshold = Look.ELAPSED, round(node.within_s * 1e9)
        elif node.context_tokens is not None:
            row.look, row.threshold = Look.CONTEXT, int(node.context_tokens)
        else:
            row.look, row.separation, row.threshold = Look.ANSWER, *threshold(node)
            row.keeps_best = node.keeps == "best"

    def _delay(self, name: str, node: Delay, row: np.record) -> None:
        row.next = self.numbers[node.next]
        self._times(quantiles_ns(node.time), row)

    def _loop(self, name: str, node: Loop, row: np.record) -> None:
        row.next, row.other = self.numbers[node.body], self.numbers[node.exit]
        row.depth, row.limit = self.loops[name], node.most
        counts = np.rint(np.minimum(node.times.sampler(Path())(grid()), node.most)).astype(np.int64)
        if counts[0] == counts[-1]:
            row.limit = counts[0]
            return
        self._times(counts, row)
        row.model, row.difficulty = self.room.first_model(node.body, self.named), node.difficulty

    def _times(self, table: np.ndarray, row: np.record) -> None:
        row.times_offset, row.times_count = self.times_before + len(self.made.times_ns), len(table)
        self.made.times_ns += table.tolist()


def _shares(node: Select, known: str, branches: Sequence[str]) -> list[float]:
    """Shares of the branches for one domain or class; a class that is not mentioned takes the first branch."""
    row: Mapping[str, float] = node.shares or (node.by_domain or node.by_class or {}).get(known, {branches[0]: 1.0})
    return [row.get(branch, 0.0) for branch in branches]


def _confusion(guess: float, domains: int) -> list[list[float]]:
    missed = (1 - guess) / (domains - 1)
    return [[guess if i == j else missed for j in range(domains)] for i in range(domains)]


def _cumulated(rows: list[list[float]]) -> list[float]:
    shares = np.array(rows, float)
    return np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1).ravel().tolist()
