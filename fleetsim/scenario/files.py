"""Reading the files a scenario names: only ordinary files, only in the scenario's folder or below."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import stat
from pathlib import Path, PurePosixPath, PureWindowsPath

from fleetsim.scenario.read import MAX_BYTES


def read_text(path: Path) -> tuple[str, str]:
    """Text and sha256 of a UTF-8 file of at most MAX_BYTES.

    Raises ValueError, worded for the user, for anything else; a device or pipe is never read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise ValueError(f"no such file{_nearest(path)}") from None
    except (OSError, ValueError) as error:
        raise ValueError(f"cannot be opened: {getattr(error, 'strerror', None) or 'no path of a file'}") from None
    kind = os.fstat(handle).st_mode
    if not stat.S_ISREG(kind):
        os.close(handle)
        raise ValueError("is a folder; write the file in it" if stat.S_ISDIR(kind) else "is no ordinary file")
    try:
        with os.fdopen(handle, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise ValueError(f"is larger than {MAX_BYTES // 1_000_000} MB; move data to a CSV")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("is no UTF-8 text; save it as UTF-8") from None
    return text, hashlib.sha256(content).hexdigest()


def inside(folder: Path, name: str) -> Path:
    """The ordinary file `name` in `folder` or below, links followed.

    Raises ValueError, worded for the user, if there is none or if the name leads out of the folder.
    """
    windows = PureWindowsPath(name)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", name):
        raise ValueError(f"{name!r} is an address; only files in the scenario's folder are read")
    if "\0" in name or not name.strip():
        raise ValueError(f"{name!r} is no file name")
    if PurePosixPath(name).is_absolute() or windows.drive or windows.root:
        raise ValueError(f"{name!r} is absolute; write the path from the scenario's folder")
    if ".." in windows.parts:
        raise ValueError(f"{name!r} leaves the scenario's folder; move the file beside the scenario or below")
    wanted = folder / name
    try:
        path = wanted.resolve(strict=True)
    except (OSError, RuntimeError):
        raise ValueError(f"no file {name!r} in the scenario's folder{_nearest(wanted)}") from None
    if not path.is_relative_to(folder.resolve()):
        raise ValueError(f"{name!r} is a link out of the scenario's folder; copy the file there")
    if not path.is_file():
        raise ValueError(f"{name!r} is no ordinary file")
    return path


def _nearest(path: Path) -> str:
    try:
        beside = [other.name for other in path.parent.iterdir() if other.is_file()]
    except (OSError, ValueError):
        return ""
    close = difflib.get_close_matches(path.name[:200], beside[:1000], n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
