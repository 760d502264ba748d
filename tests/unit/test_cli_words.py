"""The commands that tell what there is: check, list, show, schema, verify, help."""

import json

import pytest
from click.testing import CliRunner
from small_scenarios import PAIR, SMALL, write

import fleetsim
from fleetsim.catalog import framework_names, hardware_names, load_hardware, model_names, vendor_names
from fleetsim.cli import commands
from fleetsim.cli.listing import LISTS
from fleetsim.cli.text import give_or_take, spread, three, time_text
from fleetsim.metrics import METRICS
from fleetsim.policies.balancers import BALANCERS
from fleetsim.policies.scheduling import QUEUE_ORDERS
from fleetsim.policies.selectors import SELECTORS
from fleetsim.scenario.families import ARRIVALS, LENGTHS, WORKFLOWS
from fleetsim.scenario.slo import presets
from fleetsim.study.run import load, prepare


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(commands, [str(word) for word in words])


def test_check_shows_the_fleets_of_a_sound_scenario(invoke, tmp_path):
    result = invoke("check", write(tmp_path))
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "ok: small, 2 arms, 2 runs"
    assert [line.split()[:4] for line in lines if " big " in line] == [["one", "big", "2", "2"]]
    assert [line.split()[-2:] for line in lines if " code " in line] == [["1.00", "given"]]
    assert invoke("check", "quickstart").exit_code == 0


def test_check_resolved_prints_a_scenario_that_loads_to_the_same(invoke, tmp_path):
    result = invoke("check", write(tmp_path), "--resolved", "--set", "seed=9")
    assert result.exit_code == 0
    again = load(write(tmp_path, result.stdout, "again.yaml"))
    assert again.scenario == load(tmp_path / "small.yaml", ["seed=9"]).scenario
    assert "ok: small" in result.stderr


def test_check_tells_all_faults_models_that_do_not_fit_included(invoke):
    result = invoke(
        "check", "quickstart",
        "--set", "architectures.two L40S.pools.chat.model=llama-3.1-405b",
        "--set", "architectures.one H100.pools.chat.tp=7",
    )  # fmt: skip
    assert (result.exit_code, result.stdout) == (2, "")
    assert "does not fit" in result.stderr
    assert "2 faults; nothing was run." in result.stderr


NAMES = {
    "hardware": hardware_names, "models": model_names, "frameworks": framework_names, "vendors": vendor_names,
    "policies": lambda: [*BALANCERS, *QUEUE_ORDERS, *SELECTORS],
    "balancers": lambda: BALANCERS, "queue-orders": lambda: QUEUE_ORDERS, "selectors": lambda: SELECTORS,
    "arrivals": lambda: ARRIVALS, "lengths": lambda: LENGTHS, "workflows": lambda: WORKFLOWS,
    "traces": lambda: ["azure", "mooncake", "csv", "shipped:azure_code"], "metrics": lambda: METRICS, "slo": presets,
    "scenarios": lambda: ["quickstart"],
}  # fmt: skip


@pytest.mark.parametrize("what", LISTS)
def test_list_names_everything_there_is(invoke, what):
    result = invoke("list", what)
    assert result.exit_code == 0
    listed = [line.split()[0] for line in result.stdout.splitlines()[2:]]
    assert set(NAMES[what]()) <= set(listed)
    assert len(listed) == len(set(listed))


def test_list_of_something_unknown_names_what_there_is(invoke):
    result = invoke("list", "hardwares")
    assert result.exit_code == 2
    assert "'hardware'" in result.stderr


LISTED = list(dict.fromkeys(row[0] for rows, _ in LISTS.values() for row in rows()[1:]))


@pytest.mark.parametrize("name", LISTED)
def test_show_knows_every_name(invoke, name):
    result = invoke("show", name)
    assert result.exit_code == 0
    assert name in result.stdout


def test_show_gives_sources_and_confidence_of_a_profile(invoke):
    out = invoke("show", "h100").stdout
    for _, _, source, confidence in load_hardware("h100").figures():
        assert source in out
        assert confidence in out


def test_show_tells_what_is_in_a_shipped_trace_and_whose_it_is(invoke):
    out = invoke("show", "shipped:azure_code").stdout
    assert "2,107 in 9.89 min" in out
    assert "Creative Commons Attribution 4.0" in out


def test_show_gives_every_family_a_name_stands_for(invoke):
    out = invoke("show", "gamma").stdout
    assert "arrival process gamma" in out
    assert "length law gamma" in out
    assert "coefficient of variation of the gaps" in out


def test_show_gives_the_step_times_memory_and_price_of_a_scenarios_pools(invoke):
    out = invoke("show", "quickstart").stdout
    (plan,) = (arm for arm in prepare("quickstart").arms if arm.architecture == "one H100")
    table = plan.equipment["one H100", "chat"].table
    for tokens in (1, 8, 64, 256, 8192):
        assert f"{tokens}: {time_text(table.base_ns[tokens] / 1e9)}" in out
    assert f"{table.kv_blocks * table.block_tokens:,}" in out
    assert "weights 16.1 GB" in out
    assert invoke("show", "quickstart", "--set", "architectures.one H100.pools.chat.hardware=h200").stdout != out


def test_show_of_the_users_own_scenario(invoke, tmp_path):
    result = invoke("show", write(tmp_path))
    assert result.exit_code == 0
    assert "pool big: 2 x given table" in result.stdout
    assert "1: 4.01 ms" in result.stdout


def test_show_of_something_unknown_tells_the_nearest(invoke):
    result = invoke("show", "lognrmal")
    assert (result.exit_code, result.stderr) == (2, "nothing is named 'lognrmal'; did you mean 'lognormal'?\n")
    assert invoke("show", "nowhere.yaml").exit_code == 2


def test_schema_is_printed_or_written(invoke, tmp_path):
    printed = json.loads(invoke("schema").stdout)
    assert printed["title"] == "fleetsim scenario"
    assert invoke("schema", "-o", "s.json").exit_code == 0
    assert json.loads((tmp_path / "s.json").read_text()) == printed
    failed = invoke("schema", "-o", "no/folder/s.json")
    assert (failed.exit_code, failed.stderr) == (1, "no/folder/s.json: No such file or directory\n")


def test_verify_says_that_the_engines_agree_or_how_they_differ(invoke, monkeypatch):
    from fleetsim.study import verify

    result = invoke("verify", "--scenarios", 2, "--seed", 40)
    assert result.exit_code == 0
    assert result.stdout == "core and reference agree on 2 random scenarios, number 40 to 41\n"
    difference = verify.Difference("calls", "task 3", "finish_ns", 5, 6, 5)
    found = verify.Disagreement(41, "name: tiny\n", difference)
    monkeypatch.setattr(verify, "verify", lambda **_: found)
    result = invoke("verify", "--scenarios", 2)
    assert result.exit_code == 3
    assert "name: tiny" in result.stdout
    assert "calls[task 3].finish_ns: core 5, reference 6, at 0.000000005 s" in result.stderr
    assert "fleetsim verify --scenarios 1 --seed 41" in result.stderr


@pytest.mark.parametrize("command", commands.commands)
def test_every_command_has_help_with_examples(invoke, command):
    result = invoke(command, "--help")
    assert result.exit_code == 0
    assert "Examples:" in result.stdout
    assert f"fleetsim {command}" in result.stdout


def test_help_documents_the_exit_codes_and_version_is_the_packages(invoke):
    text = invoke("--help").stdout
    for code in ("0 ", "1 ", "2 ", "3 ", "130 "):
        assert f"  {code}" in text
    assert invoke("--version").stdout == f"fleetsim, version {fleetsim.__version__}\n"


def test_a_faulty_scenario_is_no_reason_to_show_a_traceback(invoke, tmp_path):
    for text in ("", "- 1", "a: [", SMALL.replace("poisson", "poison"), "\x00"):
        for command in ("run", "check", "show"):
            result = invoke(command, write(tmp_path, text))
            assert (result.exit_code, result.stdout) == (2, ""), text
            assert "small.yaml:" in result.stderr


def test_too_little_memory_is_said_in_words(invoke, monkeypatch):
    from fleetsim.study import run

    def greedy(*_, **__):
        raise MemoryError

    monkeypatch.setattr(run, "prepare", greedy)
    result = invoke("run", "quickstart")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "the machine has too little memory for this run; write a shorter horizon or a lower rate\n"
    )


@pytest.mark.parametrize("words", ["run", "compare --budget 2", "whatif --vary seed=1,2 --replications 2"])
def test_figures_that_nobody_has_are_left_out_and_the_reason_is_said_once(invoke, tmp_path, words):
    path = tmp_path / "pair.yaml"
    path.write_text(PAIR)
    lines = invoke(*words.split(), path, "-o", tmp_path / "out").stdout.splitlines()
    assert not [line for line in lines if line.split()[-2:] == ["n/a", "n/a"]]
    assert " ".join(" ".join(lines).split()).count("No class of tasks has a target: write `slo: {ttft: 2 s}`") == 1


def test_intervals_of_shares_leave_room_to_one_side():
    assert spread(98.7, 96.12, 99.6, share=True) == "98.7 (96.1 to 99.6)"
    assert spread(12.34, 11.78, 12.9, share=False) == "12.34 ± 0.56"


def test_numbers_keep_the_digits_that_mean_something():
    assert [three(x) for x in (0, 12345.6, 123.45, 1.234, 0.01234, 9.999e-6, float("nan"))] == [
        "0", "12,300", "123", "1.23", "0.0123", "1.00e-05", "n/a",
    ]  # fmt: skip
    assert give_or_take(1234.567, 12.3) == "1,235 ± 12"
    assert give_or_take(0.123456, 0.00234) == "0.1235 ± 0.0023"
    assert [time_text(x) for x in (0, 3e-9, 4.5e-6, 0.025, 2, 600, 7200)] == [
        "0 s", "3.00 ns", "4.50 us", "25.0 ms", "2.00 s", "10 min", "2 h",
    ]  # fmt: skip
