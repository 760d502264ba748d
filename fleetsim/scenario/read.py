"""Strict reading of YAML: text to plain data, with the line of every node.

Written for files from strangers. Refused: anchors and aliases (small files that unfold to billions of nodes), tags,
duplicate keys, several documents, control characters, depth and size beyond any real scenario. A plain word is a
number only where every reader would take it for the same one: `010`, `1:30` and `0x10` are faults, `no` and `on` are
text, `1e3` is 1000.

Source of the traps: YAML 1.1 against YAML 1.2.2, chapter 10.3 (core schema).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import yaml

from fleetsim.errors import Fault, InputFaults
from fleetsim.scenario.document import Document, Mark, Place, dotted
from fleetsim.scenario.syntax import syntax_fault

MAX_BYTES = 1_000_000
MAX_DEPTH = 32
MAX_NODES = 50_000
MAX_DIGITS = 40

_DIGITS = r"[0-9]+(?:_[0-9]+)*"
_NUMBER = re.compile(rf"[-+]?(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][-+]?[0-9]+)?")
_WHOLE = re.compile(rf"[-+]?{_DIGITS}(?:[eE]\+?[0-9]+)?")
_CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_TRAPS = (
    (
        r"[-+]?0[0-9_]+",
        "reads as octal in some programs and as decimal in others; leave out the leading zero, or quote text",
    ),
    (r"[-+]?0[xob][0-9a-fA-F_]+", "is not a decimal number; write it in decimal, or quote it if it is text"),
    (
        r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?",
        "reads as a number to the base 60 in some programs; write a unit such as '90 s', or quote it if it is text",
    ),
    (r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", "is not a finite number"),
)
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)
"""Control characters, lone surrogates and direction marks."""


class _Refused(Exception):
    """Reading stopped: at which line, and why."""


class _Composer(yaml.SafeLoader):
    """Builds nodes only: all scalars stay text, nothing is constructed. What was refused is kept by node."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012 (PyYAML's own shape)

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = self.count = 0
        self.refused: dict[int, str] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node:
        event = self.peek_event()
        line = event.start_mark.line + 1
        self.count += 1
        if self.count > MAX_NODES:
            raise _Refused(line, f"more than {MAX_NODES} values; split the file or move data to a CSV")
        if isinstance(event, yaml.AliasEvent):
            self.get_event()
            node = yaml.ScalarNode("", "", event.start_mark, event.end_mark)
            self.refused[id(node)] = f"the alias *{event.anchor} is not allowed; write the value out"
            return node
        if self.depth == MAX_DEPTH:
            raise _Refused(line, f"nested deeper than {MAX_DEPTH} levels")
        what = _decoration(event)
        event.anchor = event.tag = None
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        if what:
            self.refused[id(node)] = what
        return node


def _decoration(event: Any) -> str:
    if event.tag is not None:
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")[:60]
        return f"the tag {tag} is not allowed; write the plain value"
    if event.anchor is not None:
        return f"the anchor &{event.anchor[:60]} is not allowed; use `extends` to share between scenarios"
    return ""


def parse(text: str, file: str) -> Document:
    """The document in a text, its flaws noted beside it; `file` is the name shown in faults.

    Raises InputFaults if the text is no YAML at all or beyond the limits on depth and number of nodes.
    """
    unsafe = _UNSAFE.search(text)
    if unsafe:
        line = text.count("\n", 0, unsafe.start()) + 1
        raise InputFaults(
            [Fault(file, line, "", f"holds the control character U+{ord(unsafe[0]):04X}; is this a text file?")]
        )
    try:
        composer = _Composer(text)
        root = composer.get_single_node()
    except _Refused as stop:
        raise InputFaults([Fault(file, stop.args[0], "", stop.args[1])]) from None
    except yaml.MarkedYAMLError as error:
        raise InputFaults([syntax_fault(error, file)]) from None
    except (yaml.YAMLError, ValueError, OverflowError):
        raise InputFaults([Fault(file, 1, "", "holds an escape or a character that is no text")]) from None
    document = Document(None, {(): Mark(file, 1)})
    if root is not None:
        document.data = _Walk(document, composer.refused, file).value(root, ())
    return document


class _Walk:
    """Turns nodes into data and notes marks and flaws."""

    def __init__(self, document: Document, refused: dict[int, str], file: str) -> None:
        self.document, self.refused, self.file = document, refused, file

    def note(self, node: yaml.Node, place: Place, what: str, spoils: bool = True) -> None:
        self.document.faults.append(Fault(self.file, node.start_mark.line + 1, dotted(place), what))
        if spoils:
            self.document.spoiled.add(place)

    def value(self, node: yaml.Node, place: Place) -> Any:
        if id(node) in self.refused:
            self.note(node, place, self.refused[id(node)])
        if isinstance(node, yaml.MappingNode):
            return {name: self.value(below, (*place, name)) for name, below in self.entries(node, place)}
        if isinstance(node, yaml.SequenceNode):
            for i, item in enumerate(node.value):
                self.document.marks[(*place, i)] = Mark(self.file, item.start_mark.line + 1)
            return [self.value(item, (*place, i)) for i, item in enumerate(node.value)]
        try:
            return scalar(node.value, plain=node.style is None)
        except ValueError as error:
            self.note(node, place, str(error))
            return None

    def entries(self, node: yaml.MappingNode, place: Place) -> Iterator[tuple[str, yaml.Node]]:
        first: dict[str, int] = {}
        for key, below in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self.note(key, place, "a key must be one word, not a list or mapping", spoils=False)
            elif id(key) in self.refused:
                self.note(key, (*place, key.value), self.refused[id(key)], spoils=False)
            elif _UNSAFE.search(key.value) or len(key.value) > 300:
                self.note(key, place, "a key holds control characters or is longer than 300 characters", spoils=False)
            elif key.value in first:
                self.note(key, (*place, key.value), f"is given twice (first in line {first[key.value]})", spoils=False)
            else:
                first[key.value] = line
                self.document.marks[(*place, key.value)] = Mark(self.file, line)
                yield key.value, below


def scalar(text: str, plain: bool = True) -> Any:
    """The value of a scalar: null, true, false, a number or text; quoted (`plain` false) always text.

    Raises ValueError, worded for the user, where programs differ on what the word means.
    """
    unsafe = _UNSAFE.search(text)
    if unsafe:
        raise ValueError(f"the text holds the control character U+{ord(unsafe[0]):04X}")
    if not plain:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    for trap, what in _TRAPS:
        if len(text) <= MAX_DIGITS and re.fullmatch(trap, text):
            raise ValueError(f"{text} {what}")
    return _number(text) if _NUMBER.fullmatch(text) else text


def _number(text: str) -> int | float:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number of {len(text)} characters; at most {MAX_DIGITS}")
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is not a finite number")
    if not _WHOLE.fullmatch(text):
        return value
    return int(value) if abs(value) < 2**53 else int(text) if "e" not in text.lower() else value


class _Dumper(yaml.SafeDumper):
    """Writes what `parse` reads back as the same data."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.Node:
    try:
        same = scalar(text) == text and isinstance(scalar(text), str)
    except ValueError:
        same = False
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if same else "'")


_Dumper.add_representer(str, _text)


def write(data: Any) -> str:
    """Plain data as YAML that `parse` reads back as the same data."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
