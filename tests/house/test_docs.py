"""The documents say what is so: examples run, files exist, every command and every rank is named."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
from sources import PACKAGE, ROOT

import fleetsim
from fleetsim import tables
from fleetsim.cli import commands
from fleetsim.errors import FleetsimError

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
EXAMPLES = re.findall(r"```python\n# (fleetsim/\S+\.py)\n(.*?)```", (ROOT / "docs/adding.md").read_text(), re.DOTALL)

TRY_EXAMPLES = """
import importlib.util, json, pathlib, sys
for name in sys.argv[2:]:
    path = pathlib.Path(sys.argv[1]) / name
    spec = importlib.util.spec_from_file_location("example_" + path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
from fleetsim.metrics.contract import METRICS
from fleetsim.policies.balancers import BALANCERS
from fleetsim.policies.scheduling import QUEUE_ORDERS
from fleetsim.policies.selectors import SELECTORS
from fleetsim.report.contract import SECTIONS
from fleetsim.scenario.families import ARRIVALS, LENGTHS, WORKFLOWS
from fleetsim.workload.traces import FORMATS
families = [METRICS, BALANCERS, QUEUE_ORDERS, SELECTORS, SECTIONS, ARRIVALS, LENGTHS, WORKFLOWS, FORMATS]
print(json.dumps({family.package: sorted(family) for family in families}))
"""


def test_the_two_commands_are_in_the_readme() -> None:
    assert "\n    pip install . && fleetsim run scenarios/monolith_vs_mosaic.yaml\n" in README
    assert '\n    pip install -e ".[test]" && pytest\n' in README


def test_ci_runs_the_readmes_test_command() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert '-e ".[test]"' in script
    assert "/bin/pytest" in script
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


@pytest.mark.parametrize("name", sorted(commands.commands))
def test_every_command_is_in_the_readme(name: str) -> None:
    assert f"`fleetsim {name}" in README


def test_the_readme_names_only_commands_there_are() -> None:
    named = set(re.findall(r"fleetsim ([a-z]+)\b", "\n".join(re.findall(r"`[^`]+`|^    .+$", README, re.MULTILINE))))
    assert named <= set(commands.commands)


def test_options_in_the_documents_exist() -> None:
    known = {"--help"}
    for command in commands.commands.values():
        known |= {name for p in command.params if isinstance(p, click.Option) for name in (*p.opts, *p.secondary_opts)}
    for path in (ROOT / "README.md", ROOT / "docs/adding.md"):
        text = path.read_text(encoding="utf-8")
        named = {o for line in re.findall(r"fleetsim [a-z].*", text) for o in re.findall(r"(?<![\w-])--[a-z-]+", line)}
        assert named <= known, path.name


def test_every_exit_code_is_in_the_readme() -> None:
    codes = {0, 1, 130} | {error.exit_code for error in FleetsimError.__subclasses__()}
    assert codes == {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_links_and_files_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    links = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]
    missing = [target for target in links if not (path.parent / target).exists()]
    inline = re.findall(r"`((?:fleetsim|scenarios|tests|docs|hardware_profiles|model_profiles)/[\w./-]+)`", text)
    missing += [name for name in inline if "NAME" not in name and not (ROOT / name).exists()]
    assert not missing


def test_the_house_has_the_rooms_that_the_readme_shows() -> None:
    plan = README.partition("## The house")[2].partition("##")[0]
    rooms = re.findall(r"^    (\w+)/  ", plan, re.MULTILINE)
    inner = re.findall(r"^      (\w+(?:/|\.py))", plan, re.MULTILINE)
    assert rooms
    assert inner
    assert not [name for name in rooms if not (ROOT / name).is_dir()]
    assert not [name for name in inner if not (PACKAGE / name).exists()]
    there = {p.name for p in PACKAGE.iterdir() if p.is_dir() and (p / "__init__.py").exists()}
    assert there <= {name.rstrip("/") for name in inner}


def test_ranks_of_the_specification_are_those_of_the_tables() -> None:
    text = (ROOT / "docs/engine.md").read_text(encoding="utf-8")
    order = "CHANGE STEP_END ANSWERED RETURN RESUME ARRIVAL TRANSFER DELIVER STEP_START SAMPLE"
    assert [rank.name for rank in tables.Rank] == order.split()
    assert re.findall(rf"\b(?:{order.replace(' ', '|')})\b", text)
    assert [int(rank) for rank in tables.Rank] == list(range(len(tables.Rank)))


def test_the_project_file_and_the_package_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["tool"]["hatch"]["version"]["path"] == "fleetsim/__init__.py"
    assert f"## {fleetsim.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_examples_of_adding_things_work(tmp_path: Path) -> None:
    assert len(EXAMPLES) == 9
    for name, code in EXAMPLES:
        assert not (ROOT / name).exists(), f"{name} exists: choose another example"
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(code)
    (tmp_path / "try.py").write_text(TRY_EXAMPLES)
    words = [sys.executable, "-W", "ignore", "try.py", str(tmp_path), *(name for name, _ in EXAMPLES)]
    done = subprocess.run(
        words, cwd=tmp_path, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 0, done.stderr
    members = json.loads(done.stdout.splitlines()[-1])
    for name, _ in EXAMPLES:
        package = ".".join(Path(name).parent.parts)
        assert Path(name).stem in members[package]
