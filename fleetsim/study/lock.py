"""Folders that are written to: made, held by one process at a time, and gone again where nothing came of it."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from fleetsim.errors import OutputFolder

LOCK = "lock"


@contextmanager
def made_folder(folder: Path) -> Iterator[None]:
    """The folder with those above it, made if they are not there and taken away again if nothing came to be in them."""
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        for path in made:
            if any(path.iterdir()):
                break
            path.rmdir()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock file, which says who holds it and since when.

    Raises OutputFolder, naming the process, if another one holds it. What a killed process left is taken over.
    """
    path = folder / LOCK
    handle = _held(path, folder)
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(_oneself()).encode() + b"\n", 0)
        yield
    finally:
        path.unlink(missing_ok=True)  # first, so that nobody takes a lock that is about to vanish for held
        os.close(handle)


def _held(path: Path, folder: Path) -> int:
    """A handle of the lock file, with the lock on it."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.exists(path) and os.path.samestat(os.fstat(handle), os.stat(path)):
                return handle  # else its holder took it away between our opening and locking it: look again
        except BlockingIOError:
            holder = os.pread(handle, 1000, 0).decode(errors="replace")
            os.close(handle)
            raise OutputFolder(f"{folder} is being written to by {_named(holder)}; wait for it, or end it") from None
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _oneself() -> dict[str, str | int]:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": since}


def _named(holder: str) -> str:
    try:
        who = json.loads(holder)
        return f"process {who['pid']} on {who['host']} since {who['since']}"
    except (ValueError, TypeError, KeyError):
        return "another process"
