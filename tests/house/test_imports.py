"""What asking for help costs: heavy libraries are imported where they are used, not at the door."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from sources import ROOT

HEAVY = {
    "altair",
    "jinja2",
    "numba",
    "numpy",
    "optuna",
    "pandas",
    "pyarrow",
    "pydantic",
    "rich",
    "scipy",
    "simpy",
    "vl_convert",
    "yaml",
}
ASK = "import sys, json; {}; print(json.dumps(sorted(set(m.partition('.')[0] for m in sys.modules))))"


def _imported(statement: str) -> set[str]:
    words = [sys.executable, "-c", ASK.format(statement)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, env=os.environ)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("statement", ["import fleetsim", "import fleetsim.cli"])
def test_the_door_is_light(statement: str) -> None:
    assert not _imported(statement) & HEAVY


@pytest.mark.parametrize(
    ("statement", "foreign"),
    [
        ("import fleetsim.engine.core", {"simpy", "pydantic", "pandas", "altair"}),
        ("import fleetsim.engine.reference", {"pydantic", "pandas", "altair"}),
        ("import fleetsim.study.run", {"altair", "pandas", "simpy", "rich", "click"}),
        ("import fleetsim.report", {"simpy", "click", "rich", "yaml"}),
    ],
)
def test_each_part_brings_only_its_own(statement: str, foreign: set[str]) -> None:
    assert not _imported(statement) & foreign
