"""A study's folder: what it takes for its own, what it refuses, what it runs again."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from study_points import QUICK, small_points

from fleetsim.errors import NotWritten, OutputFolder
from fleetsim.study import folder as module
from fleetsim.study.folder import study_folder
from fleetsim.study.journal import Journal
from fleetsim.study.lock import locked
from fleetsim.study.points import evaluate
from fleetsim.study.sweep import run_points


@pytest.fixture
def points(tmp_path):
    return small_points(tmp_path, 5)


@pytest.fixture
def study(tmp_path, points):
    """A finished study of five points."""
    run_points(points, workers=1, folder=tmp_path / "study")
    return tmp_path / "study"


def again(points, folder) -> tuple[list[bytes], list[int], tuple[str, ...]]:
    """Results of going on, which replicates were simulated for that, and what was said."""
    told = []
    results = run_points(points, workers=1, folder=folder, resume=True, progress=told.append)
    ran = [point.replicate for standing in told[1:] for point, _ in standing.fresh]
    return [result.to_bytes() for result in results], ran, told[0].words


@pytest.fixture
def expected(points):
    return [evaluate(point).to_bytes() for point in points]


def file_of(study: Path, point) -> Path:
    return study / "points" / f"{point.identity}.json"


def test_a_point_is_a_file_and_nothing_runs_twice(study, points, expected):
    assert [file_of(study, point).read_bytes() for point in points] == expected
    assert again(points, study) == (expected, [], ())
    assert sorted(path.name for path in study.iterdir()) == ["journal", "points", "study.json"]


def test_a_study_goes_on_where_it_was(tmp_path, points, expected):
    with study_folder(tmp_path / "study", points, resume=False) as folder:
        folder.keep([evaluate(points[3]), evaluate(points[0])])
    assert again(points, tmp_path / "study") == (expected, [1, 2, 4], ())


FLIP, CUT, SWAP, EMPTY, GONE, NOISE = "flip", "cut", "swap", "empty", "gone", "noise"


@pytest.mark.parametrize("harm", [FLIP, CUT, SWAP, EMPTY, GONE, NOISE])
def test_a_harmed_file_is_put_aside_and_its_point_runs_again(study, points, expected, harm):
    path = file_of(study, points[2])
    content = path.read_bytes()
    harmed = {
        FLIP: content[:300] + bytes([content[300] ^ 1]) + content[301:],
        CUT: content[: len(content) // 2],
        SWAP: expected[1],
        EMPTY: b"",
        NOISE: os.urandom(2000),
    }.get(harm)
    if harmed is None:
        path.unlink()
    else:
        path.write_bytes(harmed)
    found, ran, words = again(points, study)
    assert (found, ran) == (expected, [2])
    assert any("run again" in word for word in words)
    if harmed is not None:
        assert any(
            word.startswith(f"points/{path.name} is not what was written: moved to quarantine/") for word in words
        )
        assert (study / "quarantine" / path.name).read_bytes() == harmed
    assert again(points, study) == (expected, [], ())


def test_every_flipped_bit_of_a_file_or_journal_is_found(study, points, expected):
    """Whatever bit flips, the results are the same in the end."""
    paths = [file_of(study, points[1]), study / "journal"]
    for path in paths:
        content = path.read_bytes()
        for place in range(0, len(content), max(1, len(content) // 12)):
            path.write_bytes(content[:place] + bytes([content[place] ^ (1 << place % 8)]) + content[place + 1 :])
            assert again(points, study)[0] == expected
            path.write_bytes(content)


def test_files_of_others_among_the_points_are_put_aside(study, points, expected):
    (study / "points" / "notes.txt").write_text("mine")
    (study / "points" / f"{'0' * 64}.json").write_bytes(expected[0])
    found, ran, words = again(points, study)
    assert (found, ran) == (expected, [])
    assert len(words) == 2
    assert all("belongs to no point of this study: moved to quarantine/" in word for word in words)


def test_what_a_killed_process_left_half_written_is_cleared(study, points, expected):
    (study / "points" / ".fleetsim-abc").write_bytes(b"half")
    (study / ".fleetsim-xyz").write_bytes(b"half")
    with (study / "journal").open("ab") as file:
        file.write(b'0123456789abcdef {"point": "half')
    assert again(points, study) == (expected, [], ())
    assert not list(study.glob("**/.fleetsim-*"))
    assert (study / "journal").read_bytes().endswith(b"\n")


def test_without_a_journal_nothing_is_trusted(study, points, expected):
    (study / "journal").write_bytes(b"")
    found, ran, _ = again(points, study)
    assert (found, ran) == (expected, [0, 1, 2, 3, 4])


def test_a_damaged_study_file_is_made_again_from_the_journal(study, points, expected):
    before = (study / "study.json").read_bytes()
    (study / "study.json").write_bytes(before[:40])
    found, ran, words = again(points, study)
    assert (found, ran) == (expected, [])
    assert words == ("study.json cannot be read: moved to quarantine/",)
    assert (study / "study.json").read_bytes() == before


def test_another_study_is_refused_with_what_differs(tmp_path, study, points, monkeypatch):
    def refusal(others, match):
        with pytest.raises(OutputFolder, match=match):
            run_points(others, workers=1, folder=study, resume=True)

    refusal(points[:4], r"holds another study \(of 5 points, not 4\); name another folder")
    changed = small_points(tmp_path, 5, "split")
    refusal(changed, r"holds another study \(its scenario or what it varies differs\)")
    (tmp_path / "steps.csv").write_text("n_tokens,step_ms\n1,2\n100,4\n")
    refusal(_filed(tmp_path), r"holds another study \(of other input files: steps\.csv\)")
    monkeypatch.setattr("fleetsim.study.points.code_version", lambda: "0" * 64)
    refusal(small_points(tmp_path, 5), r"another study \(made by another version of fleetsim, numpy, numba or scipy\)")


def _filed(folder: Path) -> list:
    from small_scenarios import write

    from fleetsim.study.points import point_of
    from fleetsim.study.run import load

    text = QUICK.replace(
        "{base: 4 ms, per_token: 10 us, idle_power: 0 W, prefill_power: 0 W, decode_power: 100 W}", "{file: steps.csv}"
    )
    point = point_of(load(write(folder, text, name="filed.yaml")), "one")
    return [point.replicated(k) for k in range(5)]


def test_the_same_study_is_refused_without_resume(study, points):
    with pytest.raises(OutputFolder, match="holds this study already; add --resume to go on with it"):
        run_points(points, workers=1, folder=study)


def test_a_folder_of_anything_else_is_refused_and_left_as_it_was(tmp_path, points):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("words")
    with pytest.raises(OutputFolder, match="holds files that are no study of fleetsim"):
        run_points(points, workers=1, folder=tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.tex"]
    with pytest.raises(OutputFolder, match="is a file"):
        run_points(points, workers=1, folder=tmp_path / "mine" / "thesis.tex")
    with pytest.raises(OutputFolder, match="cannot be written to"):
        run_points(points, workers=1, folder="/proc/nowhere")


HOLD = """
import sys
from pathlib import Path
from fleetsim.study.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_another_process_at_work_is_named_and_its_end_however_it_came_frees_the_folder(study, points, expected):
    words = [sys.executable, "-c", HOLD, str(study)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(OutputFolder) as caught:
            again(points, study)
        assert re.search(rf"is being written to by process {other.pid} on \S+ since 20\d\d-", str(caught.value))
        other.kill()
        other.wait()
    assert (study / "lock").exists(), "a killed process leaves its lock"
    assert again(points, study) == (expected, [], ())
    assert not (study / "lock").exists()


def test_a_lock_is_held_once_in_a_process_too(tmp_path):
    with locked(tmp_path):
        who = json.loads((tmp_path / "lock").read_text())
        assert who["pid"] == os.getpid()
        with pytest.raises(OutputFolder, match=f"process {os.getpid()} "), locked(tmp_path):
            pytest.fail("held twice")
    with locked(tmp_path):
        pass


def test_a_full_disk_is_told_and_leaves_what_is_whole(tmp_path, points, expected, monkeypatch):
    real, written = module.write_whole, []

    def full(path, content, **given):
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        written.append(path)
        real(path, content, **given)

    with study_folder(tmp_path / "study", points, resume=False) as folder:
        folder.keep([evaluate(points[0])])
        monkeypatch.setattr(module, "write_whole", full)
        with pytest.raises(NotWritten, match=r"did not take the results: No space left on device; .* --resume"):
            folder.keep(map(evaluate, points[1:]))
    monkeypatch.undo()
    found, ran, _ = again(points, tmp_path / "study")
    assert found == expected
    assert 0 not in ran


def test_a_journal_gives_back_what_was_written_and_counts_what_is_lost(tmp_path):
    path = tmp_path / "journal"
    journal = Journal(path)
    journal.append([{"a": 1}, {"b": "ü\n"}])
    journal.append([])
    journal.close()
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"nonsense\n" + lines[1] + lines[0][:-5])
    journal = Journal(path)
    assert (journal.records, journal.unreadable) == ([{"a": 1}, {"b": "ü\n"}], 1)
    journal.append([3])
    journal.close()
    assert Journal(path).records == [{"a": 1}, {"b": "ü\n"}, 3]
