"""What a YAML file said, with the file and line of every node."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from fleetsim.errors import Fault

Place = tuple[str | int, ...]
"""Where a node stands: the keys and list positions that lead to it."""


ANY = "*"


class Mark(NamedTuple):
    """A line of a file."""

    file: str
    line: int


class Flaw(NamedTuple):
    """What is wrong at a place, before it is known how the place is shown.

    `absent`: places (ANY for any key) whose absence is the complaint; if one of them was itself faulty, it is no flaw.
    """

    place: Place
    what: str
    absent: tuple[Place, ...] = ()


@dataclass
class Document:
    """Plain data, the mark of each node, what was wrong with it, and the places whose value is not to be trusted."""

    data: Any
    marks: dict[Place, Mark]
    faults: list[Fault] = field(default_factory=list)
    spoiled: set[Place] = field(default_factory=set)

    def mark(self, place: Place) -> Mark:
        """The line of a place, or of the nearest node around it that was written."""
        return next(self.marks[place[:n]] for n in range(len(place), -1, -1) if place[:n] in self.marks)

    def fault(self, place: Place, what: str) -> Fault:
        """A fault at the line of a place."""
        return Fault(*self.mark(place), dotted(place), what)

    def copy(self) -> Document:
        """The same document, to be changed apart from this one."""
        return Document(copied(self.data), dict(self.marks), list(self.faults), set(self.spoiled))

    def put(self, place: Place, value: Any, mark: Mark) -> None:
        """Write a value at a place, making the mappings that lead to it."""
        around = self.data
        for n, part in enumerate(place[:-1]):
            if isinstance(around, dict) and part not in around:
                around[part] = {}
                self.marks[place[: n + 1]] = mark
            around = around[part]
        around[place[-1]] = copied(value)
        self.marks = {other: old for other, old in self.marks.items() if other[: len(place)] != place} | {place: mark}
        self.spoiled = {other for other in self.spoiled if other[: len(place)] != place}


def dotted(place: Iterable[str | int]) -> str:
    """`architectures.mixed.pools` as users write it."""
    return ".".join(map(str, place))


def look(data: Any, place: Place) -> Any:
    """The value at a place; None if there is none."""
    for part in place:
        inside_list = isinstance(data, list) and isinstance(part, int) and part < len(data)
        if not inside_list and not (isinstance(data, dict) and part in data):
            return None
        data = data[part]
    return data


def parts(data: Any, path: str) -> Place:
    """A dotted path as a place. Keys of `data` may hold dots themselves: the longest key that fits is taken."""
    words, place = path.split("."), []
    while words:
        size = 1
        if isinstance(data, dict):
            size = next((n for n in range(len(words), 0, -1) if ".".join(words[:n]) in data), 1)
        part: str | int = ".".join(words[:size])
        if isinstance(data, list) and str(part).isdecimal() and len(str(part)) < 6:
            part = int(part)
        place.append(part)
        data, words = look(data, (part,)), words[size:]
    return tuple(place)


def merged(under: Document, over: Document) -> Document:
    """`over` laid on `under`: mappings key by key, everything else replaced; a null takes a key of `under` back.

    A mapping whose `kind` changes is replaced as a whole, for its other keys belong to the other kind.
    """
    data = _merged(under.data, over.data)
    spoiled = {place for place in under.spoiled if place not in over.marks} | over.spoiled
    return Document(data, under.marks | over.marks, under.faults + over.faults, spoiled)


def _merged(under: Any, over: Any) -> Any:
    if not (isinstance(under, dict) and isinstance(over, dict)):
        return over
    if "kind" in over and over["kind"] != under.get("kind"):
        return over
    whole = under | {key: _merged(under[key], value) if key in under else value for key, value in over.items()}
    return {key: value for key, value in whole.items() if value is not None or key not in under}


def copied(data: Any) -> Any:
    """A copy that shares no mapping or list."""
    if isinstance(data, dict):
        return {key: copied(value) for key, value in data.items()}
    return [copied(value) for value in data] if isinstance(data, list) else data
