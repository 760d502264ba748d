"""Which code computes: results made by one version are never taken for those of another."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_ONLY_SHOWN = ("cli", "report", "accuracy", "calibration", "shipped")
"""Parts that change no simulated number."""

_LIBRARIES = ("numpy", "numba", "scipy")


@cache
def code_version() -> str:
    """sha256 over the sources that simulate and measure, and the versions of the libraries that compute."""
    digest = hashlib.sha256(" ".join(f"{name} {version(name)}" for name in _LIBRARIES).encode())
    for file in sorted(_PACKAGE.rglob("*.py")):
        inside = file.relative_to(_PACKAGE)
        if inside.parts[0] not in _ONLY_SHOWN:
            digest.update(inside.as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
