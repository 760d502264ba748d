"""What a report section is given and what it returns.

A section is a function `rule(view) -> list[Block]` in a file of its own under `sections/`, registered with `@section`.
It returns blocks of plain text, tables and charts, never markup: the template alone writes HTML, so that no
name in a scenario can become an element of the page. A section that has nothing to say returns an empty list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fleetsim.registry import Family
from fleetsim.report.palette import Key


@dataclass(frozen=True)
class Prose:
    """A paragraph. `manner` is one of lead, plain, note, care."""

    text: str
    manner: str = "plain"
    kind: str = field(default="prose", init=False)


@dataclass(frozen=True)
class Points:
    """A list of sentences under an optional heading. `manner` as for Prose."""

    items: tuple[str, ...]
    title: str = ""
    manner: str = "plain"
    kind: str = field(default="points", init=False)


@dataclass(frozen=True)
class Cell:
    """A table cell: its text, a smaller second line, a mark (best, tie or none) and the key of what it names."""

    text: str
    small: str = ""
    mark: str = ""
    key: Key | None = None
    number: bool = False


@dataclass(frozen=True)
class Table:
    """A table whose first column heads its rows."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    kind: str = field(default="table", init=False)


@dataclass(frozen=True)
class Chart:
    """A Vega-Lite chart and the table that says the same."""

    title: str
    reading: str  # how to read it, in a sentence
    spec: dict[str, Any]
    table: Table
    keys: tuple[Key, ...] = ()  # what the page's legend above it names; two or more can be picked there
    of: Key | None = None  # the one arm it is of
    kind: str = field(default="chart", init=False)


@dataclass(frozen=True)
class Listing:
    """Text set as written (a command, a file); `folded` hides it until asked for."""

    title: str
    text: str
    folded: bool = False
    kind: str = field(default="listing", init=False)


@dataclass(frozen=True)
class Fold:
    """Blocks hidden until asked for."""

    title: str
    blocks: tuple[Block, ...]
    kind: str = field(default="fold", init=False)


Block = Prose | Points | Table | Chart | Listing | Fold


@dataclass(frozen=True)
class Section:
    """A registered section; the page shows them by rising order, those of one `part` under its heading."""

    name: str
    order: int
    title: str
    rule: Callable[..., list[Block]]
    part: str = ""


EVIDENCE = "The evidence"

SECTIONS: Family[Section] = Family("report section", "fleetsim.report.sections")


def section(
    *, order: int, title: str, part: str = EVIDENCE
) -> Callable[[Callable[..., list[Block]]], Callable[..., list[Block]]]:
    """Register the decorated function as a section of the report under its own name.

    `part` is the heading it stands under: the evidence, or "" for a section that stands for itself.
    """

    def register(function: Callable[..., list[Block]]) -> Callable[..., list[Block]]:
        SECTIONS.add(function.__name__, Section(function.__name__, order, title, function, part))
        return function

    return register
