"""Bad scenarios: every fault at its line and path, in words, and nothing but InputFaults."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest
import yaml

from fleetsim.errors import Fault, InputFaults
from fleetsim.scenario import load, variations

BAD = Path(__file__).parents[1] / "bad"
GOOD = (BAD / "good.yaml").read_text()
TABLE = yaml.safe_load((BAD / "scenarios.yaml").read_text())

HOSTILE = {
    "empty": (b"", 1, "is empty"),
    "list": (b"[1, 2]", 1, "is no mapping"),
    "word": (b"scenario", 1, "is no mapping"),
    "nul": (b"name: a\0b", 1, "control character U+0000"),
    "nul on line 3": (b"name: a\nseed: 1\nquestion: \0", 3, "control character U+0000"),
    "escape codes": (b"name: \x1b[2J", 1, "control character U+001B"),
    "not utf-8": (b"name: \xff\xfe", 1, "no UTF-8 text"),
    "utf-16": ("name: a".encode("utf-16"), 1, "no UTF-8 text"),
    "binary": (bytes(range(128)) * 4, 1, "control character U+0000"),
    "500 brackets": (b"[" * 500, 1, "nested deeper than 32"),
    "400 kB of brackets": (b"[" * 400_000, 1, "nested deeper than 32"),
    "closed brackets": (b"[" * 100 + b"]" * 100, 1, "nested deeper than 32"),
    "braces": (b"{a: " * 40 + b"}" * 40, 1, "nested deeper than 32"),
    "nested lists by indent": (b"a:\n" + b"".join(b" " * i + b"-\n" for i in range(40)), 33, "nested deeper than 32"),
    "nested keys": (b"? " * 100, 1, "nested deeper than 32"),
    "too many values": (b"\n".join(b"k%d: 1" % i for i in range(26_000)), 25_000, "more than 50000 values"),
    "too large": (b"# " + b"x" * 1_000_000, 1, "larger than 1 MB"),
    "alias bomb": (
        b"a: &a [x, x, x]\n" + b"".join(b"%c: &%c [*%c, *%c]\n" % (i, i, i - 1, i - 1) for i in range(98, 120)),
        1,
        "the anchor &a is not allowed",
    ),
    "list in itself": (b"a: &x [*x]", 1, "the alias *x is not allowed"),
    "unknown alias": (b"name: *nobody", 1, "the alias *nobody is not allowed"),
    "escape beyond unicode": (b'"\\UFFFFFFFF"', 1, "holds an escape"),
    "surrogate key": (b'"\\ud800": 1', 1, "a key holds control characters"),
    "version of 5000 digits": (b"%YAML " + b"9" * 5000 + b"\n---\na: 1", 1, "no text"),
    "number of 5000 digits": (b"seed: " + b"1" * 5000, 1, "a number of 5000 characters"),
    "tagged root": (b"!!python/object/apply:os.system ['true']", 1, "the tag !!python/object/apply:os.system"),
    "undeclared tag": (b"a: !e!x 1", 1, "cannot be read as YAML"),
    "long key": (b"? " + b"k" * 2000 + b"\n: 1", 1, "longer than 300 characters"),
    "long text": (b"question: " + b"x" * 20_000, 1, "is longer than 10000 characters"),
    "long quantity": (b"horizon: '" + b"1" * 500_000 + b"\n s'", 1, "text of 500002 characters is not a duration"),
    "complex key": (b"? {a: b}\n: 1", 1, "a key must be one word"),
}


def faults(path: str | Path) -> tuple[Fault, ...]:
    with pytest.raises(InputFaults) as caught:
        variations(load(path))
    assert caught.value.exit_code == 2
    message = str(caught.value)
    assert message.endswith("nothing was run.")
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in message.replace("\n", " "))
    return tuple(caught.value.faults)


def test_the_unchanged_scenario_is_sound(tmp_path):
    path = tmp_path / "scenario.yaml"
    path.write_text(GOOD)
    assert len(variations(load(path))) == 4


def test_there_are_many_bad_scenarios_and_each_is_another():
    assert len(TABLE) + len(HOSTILE) >= 60
    assert len({(row["was"], row["now"]) for row in TABLE}) == len(TABLE)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row['now'][:50]!r} for {row['was'][:20]!r}")
def test_fault_names_line_path_and_mend(row, tmp_path):
    assert GOOD.count(row["was"]) == 1 or row["was"] in ("share: 2", "pool: big")
    path = tmp_path / "scenario.yaml"
    path.write_text(GOOD.replace(row["was"], row["now"], 1))
    found = faults(path)
    hit = [f for f in found if (f.line, f.path) == (row["line"], row["path"]) and row["says"] in f.what]
    assert hit, [str(fault) for fault in found]
    assert {fault.file for fault in found} == {str(path)}
    others = [str(fault) for fault in found if fault not in hit]
    assert len(others) == len(row.get("also", [])), others
    assert all(any(words in other for other in others) for words in row.get("also", []))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_is_refused_in_words(name, tmp_path):
    content, line, says = HOSTILE[name]
    path = tmp_path / "scenario.yaml"
    path.write_bytes(content)
    found = faults(path)
    assert any(fault.line == line and says in fault.what for fault in found), [str(fault)[:200] for fault in found]
    assert all(len(str(fault)) < 1000 for fault in found)


def test_no_file_and_what_is_no_file(tmp_path):
    (tmp_path / "chat.yaml").write_text(GOOD)
    assert "no such file; did you mean 'chat.yaml'?" in faults(tmp_path / "chta.yaml")[0].what
    assert "is a folder" in faults(tmp_path)[0].what
    assert "no path of a file" in faults(f"{tmp_path}/a\0b")[0].what
    assert faults(tmp_path / "chat.yaml" / "below")[0].line == 1


@pytest.mark.parametrize("device", [path for path in ("/dev/zero", "/dev/null", "/dev/tty") if os.path.exists(path)])
def test_devices_are_never_read(device):
    assert any(words in faults(device)[0].what for words in ("no ordinary file", "cannot be opened"))


def test_pipes_are_never_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    assert "no ordinary file" in faults(tmp_path / "pipe.yaml")[0].what
    (tmp_path / "scenario.yaml").write_text(GOOD.replace("seed: 7", "extends: pipe.yaml"))
    assert "no ordinary file" in faults(tmp_path / "scenario.yaml")[0].what


def test_links_out_of_the_folder_are_not_followed(tmp_path):
    (tmp_path / "secret.yaml").write_text("seed: 1")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "base.yaml").symlink_to(tmp_path / "secret.yaml")
    (folder / "scenario.yaml").write_text(GOOD.replace("seed: 7", "extends: base.yaml"))
    assert "a link out of the scenario's folder" in faults(folder / "scenario.yaml")[0].what


def test_all_faults_are_told_at_once(tmp_path):
    text = (
        GOOD.replace("horizon: 10 min", "horizon: 10").replace("pool: big", "pool: bgi").replace("seed: 7", "sede: 7")
    )
    text = text.replace("replicas: 4", "replicas: 4\n        replicas: 0").replace("llama3.1-8b", "llama3.1-8")
    path = tmp_path / "scenario.yaml"
    path.write_text(text)
    assert [fault.line for fault in faults(path)] == [3, 4, 14, 26, 29]


def test_a_faulty_file_name_cannot_write_to_the_terminal(tmp_path):
    assert "\x1b" not in str(faults(tmp_path / "\x1b[2J.yaml")[0])
