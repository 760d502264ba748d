"""`fleetsim run`: the comparison on stdout, talk on stderr, files, exit codes."""

import json
import re
from dataclasses import replace

import pytest
from click.testing import CliRunner
from small_scenarios import SMALL, write
from studies import study as made_study

from fleetsim import engine as engines
from fleetsim.cli import commands
from fleetsim.cli.comparison import comparison
from fleetsim.errors import EngineFault
from fleetsim.study import output


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(commands, [str(word) for word in words])


def line_of(text: str, label: str) -> list[str]:
    line = next(line for line in text.splitlines() if line.startswith(label))
    return re.split(r"\s{2,}", line.strip())


def test_run_prints_a_comparison_and_writes_the_files(invoke, tmp_path):
    result = invoke("run", write(tmp_path))
    assert result.exit_code == 0
    assert sorted(path.name for path in (tmp_path / "out" / "small").iterdir()) == [
        "calls.parquet", "report.html", "summary.json", "tasks.parquet", "timeline.parquet",
    ]  # fmt: skip
    arms = json.loads((tmp_path / "out" / "small" / "summary.json").read_text())["arms"]
    out = result.stdout
    assert out.startswith("small: One or two?\n")
    for number, arm in enumerate(arms, start=1):
        figures = arm["figures"]["all"]
        done = figures["finished"]["value"] + figures["cut"]["value"]
        assert line_of(out, "tasks answered")[number] == f"{done:,.0f} of {figures['arrived']['value']:,.0f}"
        shown = float(line_of(out, "TTFT p99, ms")[number])
        assert shown == pytest.approx(figures["ttft_p99"]["value"], rel=0.005)
        assert float(line_of(out, "$ per h")[number]) == pytest.approx(figures["usd_per_hour"]["value"])
    assert "! split: " in out
    assert "refused, their prompts too long for the model's context" in " ".join(out.split())
    assert "simulating 2 arms, 2 runs" in result.stderr
    assert "out/small" in result.stderr
    assert "\x1b" not in out + result.stderr


def test_a_pool_without_a_price_is_not_called_free(invoke, tmp_path):
    result = invoke("run", write(tmp_path, SMALL.replace(", price: $1 per h}", "}")), "-o", "unpriced")
    assert line_of(result.stdout, "$ per h")[1:] == ["4.00", "n/a"]
    assert line_of(result.stdout, "J per output tok")[2] == "n/a"
    assert "! split: no costs, for no price is given of code" in " ".join(result.stdout.split())
    _, split = json.loads((tmp_path / "unpriced" / "summary.json").read_text())["arms"]
    assert split["figures"]["all"]["usd_per_task"]["value"] is None
    assert [pool["usd_per_hour"] for pool in split["pools"]] == [0, 0, None]
    page = (tmp_path / "unpriced" / "report.html").read_text()
    assert "$n/a" not in page
    assert "nan" not in re.sub(r"<script.*?</script>|<style.*?</style>", "", page, flags=re.DOTALL).split()
    assert invoke("check", tmp_path / "small.yaml").exit_code == 0
    assert "price of the pool       not given" in invoke("show", tmp_path / "small.yaml").stdout


def test_the_same_run_prints_the_same_text(invoke, tmp_path):
    first, second = (invoke("run", write(tmp_path), "-o", name, "--no-report", "-q") for name in ("a", "b"))
    assert first.stdout == second.stdout
    assert first.stderr == second.stderr == ""
    assert (tmp_path / "a" / "summary.json").read_bytes() == (tmp_path / "b" / "summary.json").read_bytes()


def test_options_stand_in_for_keys_of_the_scenario(invoke, tmp_path):
    words = ["--seed", 3, "--replications", 2, "--engine", "reference", "--set", "horizon=5 s", "--set", "name=other"]
    result = invoke("run", write(tmp_path), *words, "--no-report")
    about = json.loads((tmp_path / "out" / "other" / "summary.json").read_text())["provenance"]
    assert (about["seed"], about["replications"], about["engine"]) == (3, 2, "reference")
    assert "2 replications an arm" in result.stdout
    assert re.search(r"^output tok/s +\S+ ± \S+", result.stdout, re.MULTILINE)


def test_a_name_that_looks_like_a_path_does_not_lead_out_of_the_folder(invoke, tmp_path):
    assert invoke("run", write(tmp_path), "--set", "name=a/../../b", "--no-report", "-q").exit_code == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a_.._.._b"]


def test_faults_go_to_stderr_with_exit_code_2_and_nothing_is_written(invoke, tmp_path):
    path = write(tmp_path, SMALL.replace("horizon: 20 s", "horizon: 20").replace("replicas: 2", "replicas: 0"))
    result = invoke("run", path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "small.yaml:4  horizon" in result.stderr
    assert "replicas" in result.stderr
    assert result.stderr.endswith("2 faults; nothing was run.\n")
    assert [path.name for path in tmp_path.iterdir()] == ["small.yaml"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run"], "Missing argument 'SCENARIO'"),
        (["run", "nowhere.yaml"], "no such file"),
        (["run", "nowhere"], "no scenario 'nowhere'"),
        (["run", "small.yaml", "--sed", "3"], "Did you mean"),
        (["rn", "small.yaml"], "Did you mean 'run'?"),
        (["run", "small.yaml", "--engine", "cor"], "'cor' is not one of 'core', 'reference'"),
        (["run", "small.yaml", "--replications", "0"], "not in the range"),
        (["run", "small.yaml", "--set", "sed=3"], "--set:1  sed  no key 'sed'; did you mean 'seed'?"),
        (["run", "small.yaml", "-o", "small.yaml"], "small.yaml is a file"),
        (["run", "small.yaml", "-o", "small.yaml/below"], "cannot be written to"),
        (["run", "small.yaml", "-o", "."], "holds files that fleetsim did not write"),
        (["run", "a\x1b[31mb.yaml"], "\\x1b[31m"),
    ],
)
def test_faulty_usage_is_told_before_anything_runs(invoke, tmp_path, monkeypatch, words, said):
    write(tmp_path)
    monkeypatch.setattr(engines, "run", lambda *_, **__: pytest.fail("something ran"))
    result = invoke(*words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "\x1b" not in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["small.yaml"]


def test_a_broken_law_has_exit_code_3(invoke, tmp_path, monkeypatch):
    def broken(*_, **__):
        raise EngineFault("law broken: tasks arrived = finished + refused")

    monkeypatch.setattr(engines, "run", broken)
    result = invoke("run", write(tmp_path))
    assert result.exit_code == 3
    assert result.stderr.endswith("law broken: tasks arrived = finished + refused\n")
    assert not (tmp_path / "out").exists()


def test_an_interruption_prints_a_line_and_leaves_nothing(invoke, tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(engines, "run", interrupted)
    result = invoke("run", write(tmp_path), "-q")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "interrupted; nothing was written\n")
    assert not (tmp_path / "out").exists()


def test_a_full_disk_does_not_lose_the_comparison(invoke, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(output, "_write_table", full)
    result = invoke("run", write(tmp_path))
    assert result.exit_code == 1
    assert "TTFT p50" in result.stdout
    assert "did not take the results: No space left on device" in result.stderr


@pytest.mark.parametrize("arms", [1, 2, 4, 5, 12])
def test_the_comparison_reads_well_with_few_arms_and_with_many(arms):
    text = comparison(made_study(arms, tasks=400))
    lines = text.splitlines()
    assert max(map(len, lines)) < 150
    assert not any(line != line.rstrip() for line in lines)
    for label in ("tasks answered", "TTFT p99", "E2E p99", "$ per h"):
        assert label in text
    if arms > 4:
        assert sum(line.startswith("Experts, FP8") for line in lines) == (3 if arms > 9 else 0)


def test_the_comparison_names_pools_that_rest_on_data_sheets_and_flags_what_was_not_answered():
    text = " ".join(comparison(made_study(5)).split())
    assert "Step times from data sheets alone, no measurement behind them: chat wafer (Llama-3.1-8B on WSE-3)" in text
    assert re.search(r"! Large model on fewer GPUs: \d+ of [\d,]+ tasks \([\d.]+ %\) had no answer", text)


def test_hostile_names_cannot_speak_to_the_terminal(invoke, tmp_path, monkeypatch):
    evil = made_study(1)
    evil = replace(evil, question="a\x1b]0;b\x07\u202ec")
    monkeypatch.setattr("fleetsim.study.run.StudyPlan.run", lambda *_: evil)
    result = invoke("run", write(tmp_path), "--no-report")
    assert result.exit_code == 0
    assert not any(not c.isprintable() and c != "\n" for c in result.stdout)
