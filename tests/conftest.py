"""What every test run needs: luck that repeats, and a core that is compiled once before the workers start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None, database=None, print_blob=True)
settings.load_profile("repeatable")

_WARM = "import fleetsim.engine.core"


def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile the core in a process of its own if workers are about to start: each would else compile it for itself."""
    workers = getattr(session.config.option, "numprocesses", None)
    if workers and not hasattr(session.config, "workerinput"):
        root = Path(__file__).parents[1]
        subprocess.run([sys.executable, "-W", "ignore", "-c", _WARM], cwd=root, check=False)
