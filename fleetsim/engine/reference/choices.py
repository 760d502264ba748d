"""SELECT: which branch a thread takes, by shares or by a rule (docs/engine.md, section 3b)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fleetsim.engine.reference.endpoint import Endpoint
from fleetsim.engine.reference.joins import score_of
from fleetsim.engine.reference.plan_rows import NodeRow, OptionRow
from fleetsim.engine.reference.pool import Pool
from fleetsim.engine.reference.records import Task
from fleetsim.engine.reference.threads import Taken, Thread
from fleetsim.errors import EngineFault
from fleetsim.luck import Stream, bits, normal, uniform
from fleetsim.normal import normal_cdf
from fleetsim.plan import Plan
from fleetsim.quality import answers
from fleetsim.tables import BLANK, OPTION_SIGNALS, Learns, SignalOf, TableKey


@dataclass
class Memory:
    """What has been told of one option, on one domain or on all."""

    reports: float = 0.0  # how many, discounted
    reward: float = 0.0  # sum of their rewards, discounted


class Choices:
    """The choices of all SELECTs, and what they have learnt."""

    def __init__(self, plan: Plan, pools: list[Pool | Endpoint]) -> None:
        self.plan = plan
        self.pools = pools
        self.options = [OptionRow(*row) for row in plan.options.tolist()]
        self.memory = blank_memory(plan.memory_rows)  # that all tasks share
        self.memory_of_task: dict[int, list[Memory]] = {}  # of those that have remembered anything
        self.taken: dict[int, Taken] = {}  # what each task took last where all tasks share the memory

    def branch(self, row: NodeRow, node: int, thread: Thread) -> int:
        """The number of the branch that the thread takes."""
        if row.selector != -1:
            return self.branch_by_rule(row, node, thread)
        key = thread.task.class_id if row.table_key == TableKey.CLASS else thread.task.domain
        return self.drawn(Stream.SELECT, row.cdf_offset + key * row.branches, row.branches, node, thread)

    def drawn(self, stream: Stream, first: int, count: int, node: int, thread: Thread) -> int:
        """One of `count` numbers, by the shares, added up, that begin at `first` in branch_cdf."""
        u = uniform(self.plan.seed, int(stream), thread.task.task, node, thread.attempt)
        cdf = self.plan.branch_cdf[first : first + count]
        return next((j for j in range(count) if u < cdf[j]), count - 1)

    # By a rule

    def branch_by_rule(self, row: NodeRow, node: int, thread: Thread) -> int:
        """The branch that the SELECT's rule names. Raises EngineFault when there is no such branch."""
        selector = self.plan.selectors[row.selector]
        rule = getattr(selector.rule, "py_func", selector.rule)
        task = thread.task.task
        guess = self.guess(row, node, thread)
        signals = self.signals(row, thread, guess, selector.bound)
        luck = np.uint64(bits(self.plan.seed, int(Stream.SELECTOR), task, node, thread.attempt))
        said = rule(signals, luck, self.plan.selector_knobs[row.selector])
        branch = int(said) if math.isfinite(said) else -1
        if not 0 <= branch < row.branches:
            raise EngineFault(
                f"selector {selector.name!r} of node {node} chose branch {said} for task {task}; the node's "
                f"branches are 0 to {row.branches - 1}: return an index below len(options)"
            )
        if row.learns == Learns.ALL_TASKS:
            self.taken[task] = Taken(node, branch, guess)
        elif row.learns == Learns.OWN_TASK:
            thread.tried = Taken(node, branch, guess)
        return branch

    def guess(self, row: NodeRow, node: int, thread: Thread) -> int:
        """The domain that the task is taken for."""
        domain, domains = thread.task.domain, self.plan.domains
        if row.guess_offset == -1:
            return domain
        return self.drawn(Stream.GUESS, row.guess_offset + domain * domains, domains, node, thread)

    def signals(self, row: NodeRow, thread: Thread, guess: int, bound: bool) -> np.recarray:
        """What the rule may observe; made afresh, so that it can change nothing."""
        table = OPTION_SIGNALS.empty(row.branches)
        known = self.known(row, thread.task)
        for b in range(row.branches):
            number = row.first_option + b
            option, memory = self.options[number], known[memory_row(self.options[number], guess)]
            signal = self.signal(row, b, thread)
            table[b].signal = signal
            table[b].quality = self.quality(row, number, guess, signal)
            table[b].cost_usd, table[b].seconds = option.cost_usd, option.seconds
            table[b].load = self.load(option)
            table[b].reports, table[b].reward = memory.reports, memory.reward
            table[b].right = self.right(option, thread) if bound else -1
        return table

    def signal(self, row: NodeRow, b: int, thread: Thread) -> float:
        """How easy the task seems to be for branch b: its signal, as well informed as the SELECT says."""
        model, first_model = self.options[row.first_option + b].model, self.options[row.first_option].model
        if model == -1:
            return 0.0
        if row.signal_of == SignalOf.OWN:
            truth = self.ease(model, thread)
        elif b == 0 or first_model == -1:
            return 0.0
        else:
            sd = answers.spread(self.plan.quality, thread.task.domain, model, first_model)
            truth = (self.ease(model, thread) - self.ease(first_model, thread)) / sd
        seed = answers.own_seed(self.plan.quality, self.plan.seed, model)
        noise = normal(seed, int(Stream.SIGNAL), thread.task.task, 256 * thread.role, 0)
        return row.informed * truth + math.sqrt(1.0 - row.informed * row.informed) * noise

    def quality(self, row: NodeRow, number: int, guess: int, signal: float) -> float:
        """Estimate of the probability that the answer of option `number` is right."""
        if self.options[number].model == -1:
            return -1.0
        ability = float(self.plan.option_ability[number * self.plan.domains + guess])
        own = row.signal_of == SignalOf.OWN
        return answers.estimate(self.plan.quality, guess, ability, signal if own else 0.0, row.informed if own else 0.0)

    def load(self, option: OptionRow) -> float:
        """Calls outstanding at the option's pool, and at the one that decodes for it, per replica."""
        if option.pool == -1:
            return 0.0
        numbers = {option.pool, self.pools[option.pool].decode_pool}
        replicas = [replica for number in numbers for replica in self.pools[number].replicas]
        return sum(replica.outstanding for replica in replicas) / len(replicas)

    def right(self, option: OptionRow, thread: Thread) -> int:
        """Whether the first answer of the option's model would be right; -1 without a model."""
        if option.model == -1:
            return -1
        task, easy = thread.task, self.ease(option.model, thread)
        return answers.is_right(
            self.plan.quality, self.plan.seed, task.task, task.domain, option.model, thread.role, 0.0, easy
        )

    def ease(self, model: int, thread: Thread) -> float:
        """How easy the thread's part of the task is for the first sample of the model's answers."""
        task = thread.task
        return answers.ease(self.plan.quality, self.plan.seed, task.task, task.domain, model, thread.role, 0)

    # Learning

    def known(self, row: NodeRow, task: Task) -> list[Memory]:
        """The memory that the SELECT looks at and learns into: one that all tasks share, or the task's own."""
        if row.learns != Learns.OWN_TASK:
            return self.memory
        return self.memory_of_task.setdefault(task.task, blank_memory(self.plan.task_memory_rows))

    def learn(self, task: Task, nodes: list[NodeRow]) -> None:
        """The task has ended and tells how it went, if it took an option of a SELECT that all tasks tell."""
        taken = self.taken.pop(task.task, None)
        if taken is None or task.right == -1:
            return
        row = nodes[taken.node]
        mistaken = self.mistaken(row, taken, task, attempt=0)
        self.remember(row, taken, task, observed=1 - task.right if mistaken else task.right)

    def report(self, thread: Thread, verifier: NodeRow, nodes: list[NodeRow]) -> None:
        """A verifier looks at the thread's answer: the task remembers how what the thread has tried fared."""
        taken, thread.tried = thread.tried, None
        if taken is None:
            return
        row = nodes[taken.node]
        observed = self.promise(thread, verifier)
        if self.mistaken(row, taken, thread.task, thread.attempt):
            observed = 1 - observed
        self.remember(row, taken, thread.task, observed)

    def promise(self, thread: Thread, verifier: NodeRow) -> float:
        """How good the verifier takes the thread's answer to be, from 0 to 1."""
        if thread.answer.label == BLANK:
            return 0.0
        score = score_of(thread.answer, self.plan, thread.task.task, verifier.separation)
        return normal_cdf(score - 0.5 * verifier.separation)

    def mistaken(self, row: NodeRow, taken: Taken, task: Task, attempt: int) -> bool:
        """Whether a report is the wrong way round."""
        return uniform(self.plan.seed, int(Stream.FEEDBACK), task.task, taken.node, attempt) < row.feedback_error

    def remember(self, row: NodeRow, taken: Taken, task: Task, observed: float) -> None:
        """What is known of all options of the SELECT fades, and a report on the one that was taken is added."""
        options = self.options[row.first_option : row.first_option + row.branches]
        known = self.known(row, task)
        for option in options:
            memory = known[memory_row(option, taken.guess)]
            memory.reports *= row.discount
            memory.reward *= row.discount
        chosen = options[taken.branch]
        memory = known[memory_row(chosen, taken.guess)]
        memory.reports += 1.0
        memory.reward += observed - row.cost_weight * chosen.cost_usd


def blank_memory(rows: int) -> list[Memory]:
    """Memory of nothing."""
    return [Memory() for _ in range(rows)]


def memory_row(option: OptionRow, guess: int) -> int:
    """Where it is remembered how the option fares on tasks taken for the domain `guess`."""
    return option.memory + (guess if option.domains > 1 else 0)
