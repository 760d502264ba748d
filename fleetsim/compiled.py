"""The one place that says how kernels are compiled and where the compiled code is kept.

Numba's disk cache does not see edits in other files (numba issue 1833), so the cache folder is keyed by
a digest of every source that kernels are made of. The folder belongs to the user alone (0700): numba
loads pickles from it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import numba
from numba.core.errors import NumbaExperimentalFeatureWarning

_ROOT = Path(__file__).parent
_SOURCES = (
    "compiled.py",
    "tables",
    "luck.py",
    "normal.py",
    "quality/answers.py",
    "quality/sampling.py",
    "policies",
    "engine",
    "calibration/walk.py",
    "metrics/makespan.py",
)
_KEPT_DIGESTS = 4

# Policies enter the core as first-class functions: that is what lets one compiled core serve them all.
warnings.filterwarnings("ignore", category=NumbaExperimentalFeatureWarning)


def _digest() -> str:
    digest = hashlib.sha256(numba.__version__.encode())
    for source in _SOURCES:
        path = _ROOT / source
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.relative_to(_ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:20]


def user_cache() -> Path:
    """The folder that keeps what can be made again: compiled kernels, the charts' script."""
    home = os.environ.get("FLEETSIM_CACHE_DIR")
    if home:
        return Path(home)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "fleetsim"


def _open_cache() -> Path | None:
    """The cache folder of this code version, older versions cleared; None where none can be written."""
    root = user_cache()
    folder = root / _digest()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        stale = sorted((d for d in root.iterdir() if d.is_dir() and d != folder), key=lambda d: d.stat().st_mtime)
        for old in stale[: max(0, len(stale) - _KEPT_DIGESTS + 1)]:
            shutil.rmtree(old, ignore_errors=True)
        return folder if os.access(folder, os.W_OK) else None
    except OSError:
        return None


CACHE = _open_cache()
if CACHE is not None:
    numba.config.CACHE_DIR = str(CACHE)


def helper(function: Callable) -> Callable:
    """Compile a function that other kernels call, of numbers and records: it is cached within its root."""
    return numba.njit(error_model="numpy", nogil=True)(function)


def leaf(function: Callable) -> Callable:
    """Compile a small helper of the event loop, of records and arrays that it borrows.

    The loop only borrows arrays: it makes none, keeps none and returns none. Without reference counting (`_nrt`),
    which would touch every array at every call, it runs several times faster.
    """
    return numba.njit(error_model="numpy", nogil=True, _nrt=False, forceinline=True)(function)


def section(function: Callable) -> Callable:
    """Compile a section of the event loop: it becomes part of the loop, whose text it keeps readable.

    Numba inlines it before typing, so the whole loop is optimised once, which compiles several times
    faster than one module a function.
    """
    return numba.njit(error_model="numpy", nogil=True, _nrt=False, inline="always")(function)


def routine(function: Callable) -> Callable:
    """Compile a part of the event loop that is called: what is long and not done at every event.

    It borrows arrays like a `leaf`, but stays a function of its own: inlined it would only make the loop longer.
    """
    return numba.njit(error_model="numpy", nogil=True, _nrt=False)(function)


def kernel(function: Callable) -> Callable:
    """Compile a root: a function that Python calls; typed at first use and cached on disk."""
    return numba.njit(error_model="numpy", nogil=True, cache=CACHE is not None)(function)


def typed_kernel(signature: object) -> Callable[[Callable], Callable]:
    """Compile a root for one explicit signature, at import or from the cache."""
    return numba.njit(signature, error_model="numpy", nogil=True, cache=CACHE is not None)


def state_kernel(signature: object) -> Callable[[Callable], Callable]:
    """Compile a root of the event loop; see `leaf`."""
    return numba.njit(signature, error_model="numpy", nogil=True, _nrt=False, cache=CACHE is not None)


def is_cached() -> bool:
    """Whether a compiled core is on disk already, so that a first run can say that it will compile."""
    return CACHE is not None and any(CACHE.rglob("*advance*.nbi"))
