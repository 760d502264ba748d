"""fleetsim sweep: what it prints, keeps, refuses and says on the way."""

import json
import os
import signal
import subprocess
import time

import pytest
import sweep_kills
from click.testing import CliRunner
from small_scenarios import write
from study_points import QUICK

from fleetsim.cli import commands
from fleetsim.cli.progress import points_progress
from fleetsim.study.leaders import Leaders
from fleetsim.study.run import planned
from fleetsim.study.sweep import run_points, sweep_points

VARY = ("--vary", "architectures.one.pools.big.replicas=1:4:4", "--replications", "2", "--workers", "1")


def run(*words):
    return CliRunner().invoke(commands, [*map(str, words)])


def test_arms_are_ranked_and_the_study_can_be_gone_on_with(tmp_path):
    path, folder = write(tmp_path, QUICK), tmp_path / "study"
    done = run("sweep", path, "-o", folder, *VARY)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[2] == "10 points: 5 arms of 2 replications, seed 7, core engine"
    assert lines[4].split() == ["arm", "usd_per_slo_met_task", "all", "in", "USD", "95", "%", "from", "to", "runs"]
    assert len(lines) == 11
    values = [float(line.rsplit(None, 4)[1]) for line in lines[6:]]
    assert values == sorted(values), "the cheapest first"
    again = run("sweep", path, "-o", folder, *VARY)
    assert (again.exit_code, "add --resume" in again.output) == (2, True)
    again = run("sweep", path, "-o", folder, *VARY, "--resume")
    assert (again.exit_code, again.stdout) == (0, done.stdout)
    other = run("sweep", path, "-o", folder, *VARY, "--resume", "--seed", "8")
    assert (other.exit_code, "holds another study" in other.output) == (2, True)
    page = run("report", folder)
    assert (page.exit_code, "only table.csv; `fleetsim whatif -o` makes a page" in page.output) == (2, True)


def test_resuming_what_was_never_begun_is_told(tmp_path):
    path, folder = write(tmp_path, QUICK), tmp_path / "study"
    begun = run("sweep", path, "-o", folder, *VARY, "--resume", "-q")
    assert f"{folder} holds no run of this study: nothing to resume, it begins afresh" in begun.output
    assert "nothing to resume" not in run("sweep", path, "-o", folder, *VARY, "--resume", "-q").output
    words = (
        "whatif",
        path,
        *VARY[:2],
        "--replications",
        "2",
        "--figure",
        "e2e_p50",
        "--workers",
        "1",
        "--resume",
        "-q",
    )
    assert "nothing to resume" in run(*words, "-o", tmp_path / "if").output
    assert "nothing to resume" not in run(*words, "-o", tmp_path / "if").output


def test_an_unknown_figure_is_told_with_the_nearest_not_with_hundreds(tmp_path):
    words = ("whatif", write(tmp_path, QUICK), *VARY[:2], "--replications", "2", "--workers", "1", "--figure")
    assert "no figure 'e2e_p98'; did you mean 'e2e_p9" in run(*words, "e2e_p98").output
    said = run(*words, "speed of answers").output
    assert "no figure 'speed of answers'; the nearest of " in said
    assert "`fleetsim list metrics` says what there is, and a run's summary.json has all figures" in said
    assert len(said) < 600


def test_a_faulty_study_leaves_no_folder(tmp_path):
    path = write(tmp_path, QUICK)
    for words in (("whatif", path, "--vary", "sed=1,2"), ("search", path, "--vary", "sed=1,2"), ("capacity", path)):
        done = run(*words, "-o", tmp_path / "a" / "b", "--workers", "1")
        assert done.exit_code == 2, done.output
        assert not (tmp_path / "a").exists()


def test_what_may_not_be_meant_is_told_before_a_study(tmp_path):
    late = ("--set", "architectures.one.pools.big.outages=[{from: 3 h, to: 4 h}]")
    said = "! architectures.one.pools.big.outages.0: begins at 3 h, and the run ends at"
    for words in (
        ("sweep", *VARY),
        ("whatif", *VARY[:2], "--replications", "2", "--figure", "e2e_p50", "--workers", "1"),
    ):
        done = run(words[0], write(tmp_path, QUICK), "-o", tmp_path / words[0], *words[1:], *late)
        assert done.exit_code == 0, done.output
        assert done.stderr.startswith(said)
    check = run("check", write(tmp_path, QUICK), *late)
    assert (check.exit_code, said in check.stdout) == (0, True)


def test_it_ranks_by_what_is_asked_for(tmp_path):
    path = write(tmp_path, QUICK)
    done = run("sweep", path, "-o", tmp_path / "a", *VARY, "--best", "goodput")
    assert "goodput all in tasks/s" in done.stdout
    wrong = run("sweep", path, "-o", tmp_path / "b", *VARY, "--best", "ttft_p98")
    assert wrong.exit_code == 2
    assert "no figure 'ttft_p98'; did you mean 'ttft_p9" in wrong.output


def test_the_block_of_the_scenario_is_swept_too_and_may_be_large(tmp_path):
    block = f"vary:\n  seed: {list(range(70))}\n"
    path = write(tmp_path, QUICK, more=block)
    refused = run("run", path, "-o", tmp_path / "run")
    assert refused.exit_code == 2
    assert "makes 70 combinations; the calls of at most 64 are kept; use `fleetsim sweep`" in refused.output
    done = run("sweep", path, "-o", tmp_path / "study", "--workers", "1", "--set", "horizon=1 s")
    assert done.stdout.splitlines()[2].startswith("140 points: 140 arms of 1 replications")
    assert done.stdout.splitlines()[-1] == "and 120 arms more: see table.csv"
    assert run("check", path).exit_code == 0


def test_the_command_of_the_table_makes_the_same_study(tmp_path):
    path = write(tmp_path, QUICK)
    assert run("sweep", path, "-o", tmp_path / "a", *VARY).exit_code == 0
    about = json.loads((tmp_path / "a/table.json").read_text())["provenance"]
    assert about["command"][:3] == ["fleetsim", "sweep", str(path)]
    assert run(*about["command"][1:], "-o", tmp_path / "b", "--workers", "1").exit_code == 0
    again = json.loads((tmp_path / "b/table.json").read_text())["provenance"]
    assert again["study"] == about["study"]


def test_faults_are_told_before_anything_runs(tmp_path):
    done = run("sweep", write(tmp_path, QUICK), "-o", tmp_path / "a", "--vary", "seed=1,x", "--vary", "sed=1,2")
    assert done.exit_code == 2
    assert "--vary:2  vary.sed  no key 'sed'; did you mean 'seed'?" in done.output
    assert not (tmp_path / "a").exists()
    both = run("sweep", write(tmp_path, QUICK), "--cluster", "tcp://127.0.0.1:9", "--workers", "2")
    assert (both.exit_code, "a cluster has its own workers" in both.output) == (2, True)


def test_progress_says_how_far_how_long_and_what_is_best(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("fleetsim.cli.progress._EVERY_S", 0.0)
    monkeypatch.setattr("fleetsim.study.dispatch.CHUNK_S", 0.0)
    plan = planned(write(tmp_path, QUICK), vary=["architectures.one.pools.big.replicas=1,2"])
    with points_progress(False, Leaders("e2e_p99")) as progress:
        run_points(sweep_points(plan), workers=1, progress=progress)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "0 of 3 points"
    assert "of 3 points, best so far: one [replicas=1] (e2e_p99 all " in lines[1]
    assert "s left, best so far: one [replicas=" in lines[2]
    assert lines[-1].startswith("3 of 3 points, best so far: ")


def _heed_interrupts() -> None:
    """A shell's background jobs ignore Ctrl-C, and hand that down to all that they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_leaves_a_study_to_go_on_with(tmp_path, number):
    path, folder = write(tmp_path, QUICK), tmp_path / "study"
    more = ("--replications", "1000", "-q")
    environment = os.environ | {"PYTHONPATH": str(sweep_kills.ROOT)}
    process = subprocess.Popen(
        sweep_kills.command(path, folder, *more),
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_heed_interrupts,
    )
    journal = folder / "journal"
    while not journal.exists() or b'"point"' not in journal.read_bytes():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(number)
    said = process.communicate(timeout=60)[1]
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert f"interrupted; what is done is in {folder}: the same command with --resume goes on" in said
    else:
        assert process.returncode == -signal.SIGTERM
    assert "Traceback" not in said
    kept = len(list(folder.glob("points/*.json")))
    with_resume = planned(path, replications=1000)
    points = sweep_points(with_resume)
    from fleetsim.study.folder import study_folder

    with study_folder(folder, points, resume=True) as opened:
        assert len(opened.kept) > 0
        assert len(opened.kept) <= kept
        assert not opened.words
