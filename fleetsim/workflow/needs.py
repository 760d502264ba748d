"""How long prompts and answers can get on the ways through a graph, and how long every task's must."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

from fleetsim.scenario.durations import grid
from fleetsim.workflow import walks
from fleetsim.workflow.nodes import Call, End, Fork, Loop, Nodes, Verify, exits


class Span(NamedTuple):
    """From the least to the most, in tokens."""

    least: float
    most: float

    def either(self, other: Span) -> Span:
        """One or the other."""
        return Span(min(self.least, other.least), max(self.most, other.most))

    def plus(self, other: Span) -> Span:
        """Both together."""
        return Span(self.least + other.least, self.most + other.most)

    def within(self, limit: float) -> Span:
        """Cut to at most the limit."""
        return Span(min(self.least, limit), min(self.most, limit))


class Need(NamedTuple):
    """What one call asks of its pool's context, over all tasks and all rounds that it is made in."""

    least_prompt_tokens: float  # no task comes to its end without such a prompt; 0: a task may go another way
    most_prompt_tokens: float
    most_tokens: float  # prompt and answer


class _Held(NamedTuple):
    """What a thread has with it: its conversation, and the answer that it made last."""

    context: Span
    answer: Span

    def either(self, other: _Held | None) -> _Held:
        if other is None:
            return self
        return _Held(self.context.either(other.context), self.answer.either(other.answer))


_Step = tuple[str, _Held]  # a node, and what a thread has that enters it


def needs(nodes: Nodes, prompt: Span, answer: Span) -> dict[str, Need]:
    """What the calls of a sound graph need, where tasks' prompts and answers lie within these spans.

    Answers are taken to be as long as asked: difficulty, which lengthens some, is left out, and so are limits that cut.
    """
    reckoner = _Reckoner(nodes, prompt, answer)
    reckoner.through(next(iter(nodes)), _Held(prompt, Span(0, 0)), frozenset(), sure=True)
    return reckoner.found


class _Reckoner:
    """Goes through a graph with spans instead of tasks, round by round."""

    def __init__(self, nodes: Nodes, prompt: Span, answer: Span) -> None:
        self.nodes, self.prompt, self.answer = nodes, prompt, answer
        self.leads, self.forward = walks.arrows(nodes), walks.without_returns(nodes)
        before = {name: [other for other, to in self.forward.items() if name in to] for name in nodes}
        self.order = list(TopologicalSorter(before).static_order())
        ends = [name for name, node in nodes.items() if isinstance(node, End)]
        around = walks.dominators(next(iter(nodes)), walks.at_least(nodes))
        self.always = set.intersection(*(around[end] for end in ends if end in around))
        self.found: dict[str, Need] = {}
        self.seen: dict[str, _Held] = {}  # at checks that may go back to any of it

    def through(self, start: str, held: _Held, stops: frozenset[str], sure: bool) -> dict[str, _Held]:
        """What threads have that come from `start` to one of `stops`; `sure`: whether every task is on this way."""
        waiting, arrived = {start: held}, {}
        for name in self.order:
            if name not in waiting:
                continue
            here = waiting.pop(name)
            for target, there in self._behind(name, here, stops, sure and name in self.always):
                place = arrived if target in stops else waiting
                place[target] = there.either(place.get(target))
        return arrived

    def _behind(self, name: str, held: _Held, stops: frozenset[str], sure: bool) -> Iterator[_Step]:
        node = self.nodes[name]
        if isinstance(node, Call):
            yield from self._call(name, node, held, sure)
        elif isinstance(node, Loop):
            yield from self._loop(name, node, held, stops, sure)
        elif isinstance(node, Fork):
            yield node.join, self._fork(node, held, stops)
        elif isinstance(node, Verify) and node.keeps == "best":
            self.seen[name] = held.either(self.seen.get(name))
            yield from ((target, self.seen[name]) for target in exits(node).values())
        elif isinstance(node, Verify) and node.context_tokens is not None:
            yield node.passes, held._replace(context=held.context.within(node.context_tokens))
            yield node.fails, held
        else:
            yield from ((target, held) for target in exits(node).values())

    def _call(self, name: str, node: Call, held: _Held, sure: bool) -> Iterator[_Step]:
        words = {"task": self.prompt, "context": held.context}
        prompt = words.get(node.prompt) or Span(node.prompt, node.prompt)
        prompt = prompt.plus(Span(node.added_tokens, node.added_tokens))
        if node.prompt_limit is not None:
            prompt = prompt.within(node.prompt_limit)
        asked = self.answer if node.output == "task" else Span(node.output, node.output)
        answer = Span(*(max(1.0, node.output_scale * end) for end in asked))
        whole = prompt.plus(answer)
        least = prompt.least if sure and node.if_refused is None else 0.0
        before = self.found.get(name, Need(0.0, 0.0, 0.0))
        self.found[name] = Need(*map(max, before, (least, prompt.most, whole.most)))
        yield node.next, _Held(whole if node.keeps else held.context, answer)
        if node.if_refused is not None:
            yield node.if_refused, held

    def _loop(self, name: str, node: Loop, held: _Held, stops: frozenset[str], sure: bool) -> Iterator[_Step]:
        counts = node.times.sampler(Path())(grid())
        fewest, most = (int(min(end, node.most)) for end in (counts.min(), counts.max()))
        stays = not self._leaves(name, node)
        if fewest == 0:
            yield node.exit, held
        for number in range(1, most + 1):
            certain = sure and number <= fewest and (stays or number == 1)
            arrived = self.through(node.body, held, stops | {name}, certain)
            returned = arrived.pop(name, held)
            yield from arrived.items()
            settled = returned == held
            held = returned
            if number >= fewest or settled:
                yield node.exit, held
            if settled:
                return

    def _leaves(self, name: str, node: Loop) -> bool:
        """Whether a thread may leave the body by another way than back to its loop."""
        inside = walks.reachable([node.body], self.leads, without=[name])
        return any(isinstance(self.nodes[other], End) for other in inside)

    def _fork(self, node: Fork, held: _Held, stops: frozenset[str]) -> _Held:
        """What the forked thread has when its join fires: the others' answers too, if those are gathered."""
        answers = [
            there.answer
            for start in node.to
            for there in self.through(start, held, stops | {node.join}, sure=False).values()
        ]
        if not self.nodes[node.join].gather:
            return held
        gathered = Span(0.0, sum(answer.most for answer in answers))
        return _Held(held.context.plus(gathered), gathered)
