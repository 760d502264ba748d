"""Whatever stands in the file, loading raises InputFaults or gives a scenario: never anything else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetsim.errors import InputFaults
from fleetsim.scenario import load, variations

GOOD = (Path(__file__).parents[1] / "bad" / "good.yaml").read_text()
WORDS = [
    "", " ", "\n", "\t", ":", ": ", "- ", "? ", "[", "]", "{", "}", ",", "#", "&a ", "*a", "!!str ", "'", '"', "|", ">",
    "%", "@", "null", "true", "no", "0", "-1", "1e3", "1e999", "010", "1:30", ".nan", "0x1", "1e-320", "9" * 30,
    "10 ms", "5 GB", "12 per s", "$1 per h", "kind: fixed", "kind", "steps", "model", "extends: x", "vary", "\x00",
    "\x1b[2J", "\u202e", "\U0001f600", "\ufeff", "\\", "<b>", "[[[[[[", "{a: {a: {a: ", "..", "a.b",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


def only_input_faults(folder: Path, content: bytes, sets: tuple[str, ...] = ()) -> None:
    path = folder / "scenario.yaml"
    path.write_bytes(content)
    try:
        variations(load(path, sets))
    except InputFaults as error:
        caught = error
    else:
        return
    assert caught.faults
    assert "\x1b" not in str(caught)


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=200))
def test_random_bytes(folder, content):
    only_input_faults(folder, content)


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=200))
def test_random_text(folder, text):
    only_input_faults(folder, text.encode("utf-8", "surrogatepass"))


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 2**32), edits=st.integers(1, 4))
def test_mutations_of_a_sound_scenario(folder, seed, edits):
    luck = random.Random(seed)
    text = GOOD
    for _ in range(edits):
        start = luck.randrange(len(text) + 1)
        end = min(len(text), start + luck.choice([0, 1, 3, 10, 40]))
        text = text[:start] + luck.choice([*WORDS, text[end : end + 20]]) + text[end:]
    only_input_faults(folder, text.encode())


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_any_value_anywhere(folder, seed):
    """Whole values swapped for foreign ones: what types and rules have to cope with, the YAML being sound."""
    luck = random.Random(seed)
    lines = GOOD.splitlines()
    for _ in range(luck.randint(1, 3)):
        n = luck.randrange(len(lines))
        key, colon, _ = lines[n].partition(":")
        values = ["{}", "[]", "[1]", "{kind: single}", "{a: {b: c}}", "[[1], {a: 1}]", *WORDS[25:-6]]
        lines[n] = f"{key}{colon} {luck.choice(values)}" if luck.random() < 0.8 else ""
    only_input_faults(folder, "\n".join(lines).encode())


@settings(max_examples=100, deadline=None)
@given(
    path=st.lists(
        st.sampled_from(
            [
                "workload",
                "classes",
                "chat",
                "architectures",
                "one",
                "pools",
                "big",
                "vary",
                "0",
                "",
                "seed",
                "steps",
                "x",
            ]
        ),
        min_size=1,
        max_size=6,
    ).map(".".join),
    value=st.sampled_from(WORDS) | st.text(max_size=20),
)
def test_any_override(folder, path, value):
    only_input_faults(folder, GOOD.encode(), (f"{path}={value}",))
