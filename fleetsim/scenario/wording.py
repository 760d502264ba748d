"""Validation errors in the words of the scenario: the place as users know it, what is wrong, what to write instead."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from fleetsim.registry import Family, unknown
from fleetsim.scenario.document import Flaw, Place, look
from fleetsim.scenario.families import ARRIVALS, LENGTHS, WORKFLOWS
from fleetsim.scenario.keys import unknown_key

_ADDED = ("missing", "extra_forbidden")  # errors whose last part names a key and never a branch of a union


def flaw(error: Any, data: Any) -> Flaw:
    """One error of pydantic as a flaw of `data`, the document that was validated."""
    place = _place(error, data)
    given = place[-1] if error["loc"] and error["loc"][-1] == "[key]" else look(data, place)
    word = _WORDS.get(error["type"])
    if error["type"] == "extra_forbidden":
        what = unknown_key(place, data)
    elif error["type"].startswith("union_tag"):
        place = (*place, "kind") if isinstance(given, dict) and "kind" in given else place
        what = _kind(error, given)
    elif error["type"] == "literal_error":
        what = _choice(str(place[-1]), given, error["ctx"])
    elif word:
        what = word(given, error.get("ctx", {}))
    else:
        what = f"{shown(given)} is refused: {error['msg']}"
    return Flaw(place, what)


def shown(value: Any) -> str:
    """A value as a message shows it: short, quotes around text."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = "an empty value" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _place(error: Any, data: Any) -> Place:
    """Where the error is in the document: its location without the names of union branches."""
    loc = error["loc"]
    place: Place = ()
    for n, part in enumerate(loc):
        around = look(data, place)
        last = n == len(loc) - 1
        if (
            (isinstance(around, dict) and part in around)
            or (isinstance(around, list) and isinstance(part, int))
            or (last and error["type"] in _ADDED and isinstance(around, dict))
        ):
            place = (*place, part)
    return place


def _kind(error: Any, given: Any) -> str:
    """A mapping of a family without a `kind`, or with one that the family does not have."""
    if not isinstance(given, dict):
        return f"{shown(given)} is no mapping; write `kind: ...` and its keys below it"
    tags = re.findall(r"'([^']*)'", error["ctx"].get("expected_tags", ""))
    families: tuple[Family[Any], ...] = (ARRIVALS, LENGTHS, WORKFLOWS)
    family = next((f for f in families if not tags or set(f) == set(tags)), None)
    if "kind" not in given:
        known = next((f for f in families if _names_kinds(f, error)), family)
        return f"has no kind; write `kind:` with one of {', '.join(known or tags)}"
    name = str(given["kind"])[:100]
    return family.unknown(name) if family else unknown("kind", name, tags)


def _names_kinds(family: Family[Any], error: Any) -> bool:
    where = {"arrivals": ARRIVALS, "prompt": LENGTHS, "output": LENGTHS, "workflow": WORKFLOWS}
    return next((where[part] for part in reversed(error["loc"]) if part in where), None) is family


def _bound(text: str) -> Callable[[Any, dict[str, Any]], str]:
    return lambda given, ctx: f"{shown(given)} {text.format(**{k: _figure(v) for k, v in ctx.items()})}"


def _figure(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _choice(noun: str, given: Any, ctx: dict[str, Any]) -> str:
    names = re.findall(r"'([^']*)'", ctx["expected"])
    if not isinstance(given, str) or not names:
        return f"{shown(given)} is not one of {', '.join(names) or ctx['expected']}"
    return unknown(noun, given[:100], names)


def _short(given: Any, ctx: dict[str, Any]) -> str:
    if not given:
        return f"is empty; write at least {ctx['min_length']}"
    return f"has {ctx['actual_length']} items; write at least {ctx['min_length']}"


def _whole(given: Any, ctx: dict[str, Any]) -> str:
    unquoted = f"; write {given} without quotes" if isinstance(given, str) and given.isdecimal() else ""
    return f"{shown(given)} is not a whole number{unquoted or '; write one such as 4'}"


def _text(given: Any, ctx: dict[str, Any]) -> str:
    quoted = f"; put it in quotes: '{given}'" if isinstance(given, int | float) else ""
    return f"{shown(given)} is not text{quoted.lower()}"


def _mapping(given: Any, ctx: dict[str, Any]) -> str:
    return f"{shown(given)} is no mapping; write `key: value` lines below it"


def _list(given: Any, ctx: dict[str, Any]) -> str:
    return f"{shown(given)} is no list; write [one, another]"


def _number(given: Any, ctx: dict[str, Any]) -> str:
    return f"{shown(given)} is not a number; write one such as 0.5"


def _name(given: Any, ctx: dict[str, Any]) -> str:
    """Why it is no name, and the nearest text that is one."""
    plain = unicodedata.normalize("NFKD", str(given)[:100]).encode("ascii", "ignore").decode()
    near = re.sub(r"[^A-Za-z0-9_.\-+ /()]+", "", re.sub(r"^[^A-Za-z0-9]+", "", plain)).strip()
    hint = f"; write {near!r}" if near else "; write one such as 'chat'"
    return (
        f"{shown(given)} is no name: it starts with a letter from a to z (or A to Z) or a digit, and letters, digits, "
        f"spaces and . - + _ / ( ) follow{hint}"
    )


_WORDS: dict[str, Callable[[Any, dict[str, Any]], str]] = {
    "missing": lambda given, ctx: "is missing",
    "value_error": lambda given, ctx: str(ctx["error"]),
    "greater_than_equal": _bound("is below {ge}"),
    "greater_than": _bound("is not above {gt}"),
    "less_than_equal": _bound("is above {le}"),
    "less_than": _bound("is not below {lt}"),
    "finite_number": lambda given, ctx: f"{shown(given)} is not a finite number",
    "int_type": _whole,
    "int_parsing": _whole,
    "int_from_float": _whole,
    "int_parsing_size": _bound("is too large"),
    "float_type": _number,
    "float_parsing": _number,
    "bool_type": lambda given, ctx: f"{shown(given)} is neither true nor false",
    "bool_parsing": lambda given, ctx: f"{shown(given)} is neither true nor false",
    "string_type": _text,
    "string_too_short": lambda given, ctx: "is empty",
    "string_too_long": lambda given, ctx: f"is longer than {ctx['max_length']} characters",
    "string_pattern_mismatch": _name,
    "dict_type": _mapping,
    "model_type": _mapping,
    "model_attributes_type": _mapping,
    "list_type": _list,
    "tuple_type": _list,
    "too_short": _short,
    "too_long": lambda given, ctx: f"has more than {ctx['max_length']} items",
}
