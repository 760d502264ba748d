"""From the scenario's workload to rows of tasks: who comes when, about what, with how many tokens.

Every attribute of a task is a draw keyed by (seed, what it is for, the task's number within its class, its class). So
it depends neither on the sizes of chunks nor on architectures nor on other classes; only the classes that share common
arrivals share, with those, the draw of the class.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fleetsim.errors import Fault, InputFaults
from fleetsim.luck import Stream
from fleetsim.tables import TASKS
from fleetsim.workload.arrivals.contract import BLOCK_ROWS, COMMON, Batch, ClosedProcess, OpenProcess, Source
from fleetsim.workload.check import faults
from fleetsim.workload.lengths.contract import Quantiles
from fleetsim.workload.merge import merged

if TYPE_CHECKING:
    from fleetsim.scenario import schema


@dataclass(frozen=True)
class _Class:
    """A task class as numbers."""

    source: Source
    domains: np.ndarray  # int32: its subjects by order in the scenario
    domain_edges: np.ndarray  # upper ends of the subjects' parts of the unit interval, but the last
    size_limits: np.ndarray | None  # longest prompt of each subject but the last; None: subjects are drawn
    prompt: Quantiles | None  # None: the trace brings its own
    output: Quantiles | None


@dataclass(frozen=True)
class _Origin:
    """One arrival process with the classes whose tasks it brings."""

    process: OpenProcess | ClosedProcess
    source: Source
    members: tuple[int, ...]
    edges: np.ndarray  # upper ends of the classes' parts of the unit interval, but the last


@dataclass(frozen=True)
class Workload:
    """The tasks of a scenario; made by `materialise`."""

    classes: tuple[str, ...]
    domains: tuple[str, ...]  # by order of first mention over the classes
    clients: int  # closed loop; 0 for open loop
    notes: tuple[str, ...]  # what was mended in the reading of traces
    _classes: tuple[_Class, ...]
    _origins: tuple[_Origin, ...]

    def chunks(self, rows: int = BLOCK_ROWS) -> Iterator[np.recarray]:
        """TASKS rows a chunk at a time; the sizes of chunks never change the rows.

        Open loop: chunks of at most `rows` rows in order of arrival, all before the horizon; at one instant common
        arrivals go first, then the classes by order. Closed loop: whole rounds of `clients` rows, without end, as many
        as fit into `rows` but at least one; the clients of common arrivals come first, then each class's own.
        """
        filler = _Filler(self)
        if self.clients:
            yield from self._rounds(filler, rows)
            return
        for block in merged([self._open_rows(origin, filler, rows) for origin in self._origins]):
            for begin in range(0, len(block), rows):
                yield block[begin : begin + rows]

    def tasks(self) -> np.recarray:
        """All rows in one array; raises ValueError for a closed loop, which has no end."""
        if self.clients:
            raise ValueError("a closed loop has no end; take as many chunks() as you need")
        parts = list(self.chunks())
        out = TASKS.empty(sum(map(len, parts)))
        if parts:
            np.concatenate(parts, out=out)
        return out

    def _open_rows(self, origin: _Origin, filler: _Filler, rows: int) -> Iterator[np.recarray]:
        source, first = replace(origin.source, block_rows=rows), 0
        for batch in origin.process.batches(source):
            for begin in range(0, len(batch.arrival_ns), BLOCK_ROWS):
                part = _cut(batch, slice(begin, begin + BLOCK_ROWS))
                yield filler.rows(part, self._class_ids(origin, part.labels, first, len(part.arrival_ns)))
                first += len(part.arrival_ns)

    def _class_ids(self, origin: _Origin, labels: np.ndarray | None, first: int, count: int) -> np.ndarray | int:
        if len(origin.members) == 1:
            return origin.members[0]
        if labels is not None:
            numbers = {name: number for number, name in enumerate(self.classes)}
            return np.fromiter((numbers[label] for label in labels), np.int32, count)
        picks = np.searchsorted(origin.edges, origin.source.uniforms(Stream.CLASS, first, count), side="right")
        return np.array(origin.members, np.int32)[picks]

    def _rounds(self, filler: _Filler, rows: int) -> Iterator[np.recarray]:
        """Each chunk has `rounds` rounds; in a round the clients of each origin stand side by side."""
        done, rounds = 0, max(1, min(1024, rows) // self.clients)
        while True:
            parts = [self._closed_rows(origin, filler, done, rounds) for origin in self._origins]
            yield np.concatenate(parts, axis=1).ravel().view(np.recarray)
            done, rounds = done + rounds, max(1, min(2 * rounds, rows // self.clients))

    def _closed_rows(self, origin: _Origin, filler: _Filler, done: int, rounds: int) -> np.ndarray:
        clients = origin.process.count
        first, count = done * clients, rounds * clients
        arrival_ns = np.zeros(count, np.int64)
        if done == 0:
            arrival_ns[:clients] = origin.process.starts_ns()
        rows = filler.rows(Batch(arrival_ns), self._class_ids(origin, None, first, count))
        rows.think_ns = origin.process.think_ns(origin.source, first, count)
        return rows.view(np.ndarray).reshape(rounds, clients)


def _cut(batch: Batch, part: slice) -> Batch:
    columns = (batch.arrival_ns, batch.prompt_tokens, batch.output_tokens, batch.labels)
    return Batch(*(None if column is None else column[part] for column in columns))


class _Filler:
    """Gives tasks their subjects and lengths; counts how many each class has had."""

    def __init__(self, workload: Workload) -> None:
        self._classes = workload._classes
        self._counts = [0] * len(self._classes)

    def rows(self, batch: Batch, class_ids: np.ndarray | int) -> np.recarray:
        """The TASKS rows of one batch."""
        rows = TASKS.empty(len(batch.arrival_ns))
        rows.arrival_ns = batch.arrival_ns
        rows.class_id = class_ids
        if isinstance(class_ids, int):
            self._fill(rows, batch, class_ids, slice(None), len(rows))
            return rows
        for number in np.unique(class_ids):
            where = np.flatnonzero(class_ids == number)
            self._fill(rows, batch, int(number), where, len(where))
        return rows

    def _fill(self, rows: np.recarray, batch: Batch, number: int, where: slice | np.ndarray, count: int) -> None:
        own, first = self._classes[number], self._counts[number]
        self._counts[number] += count
        rows.domain[where] = own.domains[0]
        if own.size_limits is None and len(own.domains) > 1:
            luck = own.source.uniforms(Stream.DOMAIN, first, count)
            rows.domain[where] = own.domains[np.searchsorted(own.domain_edges, luck, side="right")]
        prompt, output = own.prompt, own.output
        rows.prompt_tokens[where] = (
            batch.prompt_tokens[where] if prompt is None else prompt(own.source.uniforms(Stream.PROMPT, first, count))
        )
        rows.output_tokens[where] = (
            batch.output_tokens[where] if output is None else output(own.source.uniforms(Stream.OUTPUT, first, count))
        )
        if own.size_limits is not None:
            rows.domain[where] = own.domains[np.searchsorted(own.size_limits, rows.prompt_tokens[where])]


def materialise(workload: schema.Workload, *, seed: int, horizon_ns: int, base: Path) -> Workload:
    """The tasks of a scenario's workload; `base` is the scenario's folder, for the files it names.

    The workload must have passed the scenario's check.
    Raises errors.InputFaults if a file cannot be read or its classes are not the workload's (see `faults`).
    """
    found = [Fault("workload", 1, path, what) for path, what in faults(workload, base)]
    if found:
        raise InputFaults(found)
    names = tuple(workload.classes)
    domains = workload.subjects
    sources = [Source(seed, number, horizon_ns, base, name) for number, name in enumerate(names)]
    classes = tuple(
        _class(workload.classes[name], source, domains) for name, source in zip(names, sources, strict=True)
    )
    origins = _origins(workload, Source(seed, COMMON, horizon_ns, base), sources)
    processes = [origin.process for origin in origins]
    clients = sum(process.count for process in processes if isinstance(process, ClosedProcess))
    notes = chain.from_iterable(process.notes(base) for process in processes)
    return Workload(names, domains, clients, tuple(dict.fromkeys(notes)), classes, origins)


def _class(task_class: schema.TaskClass, source: Source, domains: tuple[str, ...]) -> _Class:
    prompt, output = (law and law.sampler(source.base) for law in (task_class.prompt, task_class.output))
    own = np.array([domains.index(name) for name in task_class.subjects], np.int32)
    limits = None if task_class.sizes is None else np.array(list(task_class.sizes.values()))[:-1]
    return _Class(source, own, _edges(list(task_class.domains.values())), limits, prompt, output)


def _origins(workload: schema.Workload, common: Source, sources: list[Source]) -> tuple[_Origin, ...]:
    classes = list(workload.classes.values())
    origins = []
    sharing = [number for number, own in enumerate(classes) if own.arrivals is None]
    if sharing:
        edges = _edges([classes[number].share for number in sharing])
        origins.append(_Origin(workload.arrivals, common, tuple(sharing), edges))
    for number, own in enumerate(classes):
        if own.arrivals is not None:
            origins.append(_Origin(own.arrivals, sources[number], (number,), np.zeros(0)))
    return tuple(origins)


def _edges(weights: list[float]) -> np.ndarray:
    parts = np.cumsum(np.array(weights, np.float64))
    return parts[:-1] / parts[-1]
