"""What is wrong with text that is no YAML, in words for the person who wrote it."""

from __future__ import annotations

from typing import Any

from fleetsim.errors import Fault

_SYNTAX = (
    (
        "cannot start any token",
        "this character cannot stand here; indent with spaces, not tabs, and quote text that starts so",
    ),
    (
        "mapping values are not allowed",
        "a second ': ' in one value, or a wrong indent; put the text in quotes or indent the line",
    ),
    ("could not find expected ':'", "a line without ': ' where `key: value` is expected"),
    ("<block end>, but found '}'", "a closing bracket too many"),
    ("<block end>, but found ']'", "a closing bracket too many"),
    ("expected <block end>", "the indent does not fit the lines above"),
    ("expected ',' or", "a bracket is not closed, or a comma is missing"),
    ("indentation indicators", "'|' and '>' begin a block of lines; put text that begins so in quotes"),
    ("comment or a line break", "'|' and '>' begin a block of lines; put text that begins so in quotes"),
    ("alphabetic or numeric", "'&' and '*' have a meaning of their own; put text that begins so in quotes"),
    ("expected the node content", "a value is missing, or text begins with one of , ] } - ? : and needs quotes"),
    ("<document start>", "the lines do not form one mapping; check the indent"),
    ("end of stream", "a quote or a bracket is not closed"),
    ("while scanning a quoted scalar", "a quote is not closed"),
    ("expected a single document", "a second document starts; a file holds one"),
)
"""What the parser says -> what the writer should know."""


def syntax_fault(error: Any, file: str) -> Fault:
    """The fault of a file that PyYAML refused with this MarkedYAMLError."""
    begun = any(cue in str(error.context) for cue in ("quoted", "while parsing a flow", "simple key"))
    mark = (error.context_mark if begun else None) or error.problem_mark or error.context_mark
    told = f"{error.context} {error.problem}"
    what = next((words for cue, words in _SYNTAX if cue in told), str(error.problem))
    return Fault(file, mark.line + 1 if mark else 1, "", f"cannot be read as YAML: {what}")
