"""The command line as a process of its own: what it imports, its exit codes, the kernel cache, pipes and signals."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_scenarios import write

ROOT = Path(__file__).parents[2]
HEAVY = ("numba", "numpy", "pandas", "scipy", "altair", "simpy", "pydantic", "pyarrow", "yaml", "rich", "jinja2")


def python(code: str, *words: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess:
    """Run Python with the checkout first on its path."""
    found = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    command = [sys.executable, "-W", "error", "-c", code, *words]
    return subprocess.run(command, cwd=cwd, env=found, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(words):
    code = (
        "import atexit, json, sys\n"
        "atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))\n"
        "from fleetsim.cli import main; main()"
    )
    done = python(code, *words)
    assert done.returncode == 0
    imported = json.loads(done.stderr)
    assert "fleetsim.cli" in imported
    assert not [name for name in HEAVY if name in imported]


def test_import_fleetsim_imports_nothing_heavy_and_has_its_verbs():
    code = (
        "import sys, fleetsim; light = list(sys.modules)\n"
        f"assert not [n for n in {HEAVY} if n in light]\n"
        "assert {'load', 'simulate', 'save'} <= set(dir(fleetsim))\n"
        "print(fleetsim.load('quickstart').scenario.name, fleetsim.Study.__name__)"
    )
    done = python(code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "quickstart Study\n", "")


def test_the_package_runs_as_a_program():
    command = [sys.executable, "-m", "fleetsim", "--help"]
    found = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=found, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: fleetsim [OPTIONS]")


MAIN = "import sys; sys.argv[0] = 'fleetsim'; from fleetsim.cli import main; main()"


def test_results_on_stdout_talk_on_stderr_and_the_exit_code(tmp_path):
    path = write(tmp_path)
    no_pandas = "import atexit, sys\natexit.register(lambda: 'pandas' in sys.modules and print('PANDAS'))\n"
    done = python(no_pandas + MAIN, "run", str(path), cwd=tmp_path)
    assert done.returncode == 0
    assert "PANDAS" not in done.stdout, "pandas takes half a second to import"
    assert done.stdout.startswith("small: One or two?\n")
    assert "\x1b" not in done.stdout + done.stderr
    assert "wrote " in done.stderr
    faulty = python(MAIN, "run", str(write(tmp_path, "name: x\n")), cwd=tmp_path)
    assert (faulty.returncode, faulty.stdout) == (2, "")
    assert "Traceback" not in faulty.stderr


def test_ctrl_c_leaves_nothing_and_exits_130(tmp_path):
    code = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell's background jobs inherit it ignored
        "from fleetsim import engine\n"
        "whole = engine.run\n"
        "def run(plan, tasks, *, engine, progress):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    return whole(plan, tasks, engine=engine, progress=progress)\n"
        "engine.run = run\n" + MAIN
    )
    done = python(code, "run", str(write(tmp_path)), "-q", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted; nothing was written\n")
    assert [path.name for path in tmp_path.iterdir()] == ["small.yaml"]


def test_a_reader_who_leaves_early_is_no_error(tmp_path):
    read, wrote = os.pipe()
    os.close(read)
    command = [sys.executable, "-c", MAIN, "schema"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, stdout=wrote, stderr=subprocess.PIPE, env=environment, text=True, check=False)
    os.close(wrote)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_second_process_finds_the_compiled_core(tmp_path):
    code = (
        "import sys\n"
        "from fleetsim.cli import commands\n"
        "commands(standalone_mode=False)\n"
        "from fleetsim.engine.core.loop import advance\n"
        "print(sum(advance.stats.cache_hits.values()), sum(advance.stats.cache_misses.values()), file=sys.stderr)"
    )
    words = ["run", str(write(tmp_path)), "--no-report", "-o", str(tmp_path / "out")]
    first, second = (python(code, *words, FLEETSIM_CACHE_DIR=str(tmp_path / "cache")) for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert "compiling the core" in first.stderr
    assert "compiling the core" not in second.stderr
    assert [done.stderr.splitlines()[-1] for done in (first, second)] == ["0 1", "1 0"]
    assert first.stdout == second.stdout
