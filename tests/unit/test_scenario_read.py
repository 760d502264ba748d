"""The strict YAML reader: what words mean, where nodes stand, and that what is written is read back."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetsim.errors import InputFaults
from fleetsim.scenario.document import Mark, merged, parts
from fleetsim.scenario.read import parse, scalar, write


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4", 4),
        ("-4", -4),
        ("+4", 4),
        ("0", 0),
        ("1_000_000", 1_000_000),
        ("9007199254740993", 9007199254740993),
        ("1e3", 1000),
        ("1E+3", 1000),
        ("2e-3", 0.002),
        ("1.5e3", 1500.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("0.25", 0.25),
        ("true", True),
        ("False", False),
        ("", None),
        ("~", None),
        ("null", None),
        ("no", "no"),
        ("on", "on"),
        ("y", "y"),
        ("nan", "nan"),
        ("2026-11-22", "2026-11-22"),
        ("12 per s", "12 per s"),
        ("1.2.3", "1.2.3"),
        ("1_", "1_"),
        ("-", "-"),
        ("e5", "e5"),
        ("=", "="),
        ("\u0663", "\u0663"),
    ],
)
def test_plain_words(text, value):
    found = scalar(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    ["010", "-07", "00", "0x1F", "0b11", "0o17", "1:30", "12:30:00", "190:20:30.15", ".inf", "-.INF", ".NaN", "1e999"],
)
def test_words_that_programs_read_differently_are_refused(text):
    with pytest.raises(ValueError, match=r"^\S+ (reads|is not)"):
        scalar(text)
    assert scalar(text, plain=False) == text


def test_every_node_keeps_its_line():
    document = parse("a: 1\nb:\n  - x\n  - {c: 2,\n     d: 3}\n", "f.yaml")
    assert document.data == {"a": 1, "b": ["x", {"c": 2, "d": 3}]}
    lines = {place: mark.line for place, mark in document.marks.items()}
    places = {(): 1, ("a",): 1, ("b",): 2, ("b", 0): 3, ("b", 1): 4, ("b", 1, "c"): 4, ("b", 1, "d"): 5}
    assert lines == places
    assert document.mark(("b", 1, "e", "f")) == Mark("f.yaml", 4)


def test_quoted_words_stay_text():
    assert parse("a: '4'\nb: \"true\"\nc: |\n  1\n", "f").data == {"a": "4", "b": "true", "c": "1\n"}


def test_keys_are_text():
    assert parse("1: a\ntrue: b\n1.5: c\n", "f").data == {"1": "a", "true": "b", "1.5": "c"}


def test_all_flaws_of_a_text_are_noted_and_reading_goes_on():
    document = parse("a: &x 1\nb: *x\nc: !!str 2\nd: 010\na: 2\n? [e]\n: 3\nf: 4\n", "f")
    assert [(fault.line, fault.path) for fault in document.faults] == [
        (1, "a"),
        (2, "b"),
        (3, "c"),
        (4, "d"),
        (5, "a"),
        (6, ""),
    ]
    assert document.data["a"] == 1
    assert document.data["f"] == 4


def test_windows_line_ends_and_byte_order_marks_read_alike(tmp_path):
    from fleetsim.scenario.files import read_text

    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    document = parse(read_text(path)[0], "a.yaml")
    assert document.data == {"a": 1, "b": 2}
    assert document.marks["b",].line == 2


def test_a_later_document_wins_key_by_key():
    under = parse("a: {x: 1, y: 2}\nb: [1, 2]\nlaw: {kind: one, k: 1}\nc: {kind: one, k: 1}", "under")
    over = parse("a: {y: 3}\nb: [4]\nlaw: {kind: two, m: 2}\nc: {k: 2}", "over")
    whole = merged(under, over)
    assert whole.data == {
        "a": {"x": 1, "y": 3},
        "b": [4],
        "law": {"kind": "two", "m": 2},
        "c": {"kind": "one", "k": 2},
    }
    assert merged(under, parse("a: {x: null, z: null}\nb: null", "o")).data["a"] == {"y": 2, "z": None}
    assert whole.mark(("a", "x")) == Mark("under", 1)
    assert whole.mark(("a", "y")) == Mark("over", 1)


def test_dotted_paths_find_keys_with_dots():
    data = {"a": {"llama-3.1": {"x": [0, {"y": 1}]}, "llama-3": {"1": 2}}}
    assert parts(data, "a.llama-3.1.x.1.y") == ("a", "llama-3.1", "x", 1, "y")
    assert parts(data, "a.b.c") == ("a", "b", "c")
    assert parts(data, "a.llama-3.1.x.9") == ("a", "llama-3.1", "x", 9)


def test_writing_to_a_copy_leaves_the_original_alone():
    document = parse("a: {b: 1}", "f")
    other = document.copy()
    other.put(("a", "c", "d"), [1], Mark("g", 7))
    assert document.data == {"a": {"b": 1}}
    assert other.data == {"a": {"b": 1, "c": {"d": [1]}}}
    assert other.mark(("a", "c", "d")) == Mark("g", 7)
    assert document.mark(("a", "c", "d")) == Mark("f", 1)


words = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff\u202a\u202b\u202c\u202d\u202e")
)
safe = words.filter(lambda text: not any("\u2066" <= c <= "\u2069" or c in "\ufffe\uffff" for c in text))
tricky = st.sampled_from(
    ["", "no", "1e3", "010", "1:30", "0x1", ".inf", "null", "~", "- a", "a: b", "#", "<<", "'", '"', "*a", "&a"]
)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | safe
    | tricky
)
trees = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(safe | tricky, inner, max_size=4)
)


@settings(max_examples=200, deadline=None)
@given(trees)
def test_what_is_written_is_read_back(tree):
    document = parse(write(tree), "f")
    assert document.faults == []
    assert document.data == tree


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80) | st.text(alphabet="ab:- \n\t[]{}#&*!|>'\"%@,?0.1e", max_size=60))
def test_any_text_is_read_or_refused_in_words(text):
    try:
        found = parse(text, "f").faults
    except InputFaults as error:
        found = error.faults
    assert all(1 <= fault.line <= len(text) + 1 for fault in found)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab:- \n[]{},'\"01.e", max_size=60))
def test_sound_text_means_what_safe_load_reads(text):
    """Where PyYAML and this reader both take a text of plain words, structures are the same."""
    try:
        ours = parse(text, "f")
        theirs = yaml.load(text, Loader=yaml.BaseLoader)
    except (InputFaults, yaml.YAMLError, RecursionError, TypeError):
        return
    if not ours.faults:
        assert _texts(ours.data) == _texts(theirs)


def _texts(data):
    """The structure without the meaning of words."""
    if isinstance(data, dict):
        return {key: _texts(value) for key, value in data.items()}
    return [_texts(value) for value in data] if isinstance(data, list) else "word"
