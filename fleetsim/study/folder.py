"""Where a study keeps what it has: one file a point, vouched for by the journal: it may be killed at any moment.

study.json   which study this is
journal      the points that are done, each with the sha256 of its file
points/      IDENTITY.json, each complete or not there
quarantine/  files that were not what the journal says, for whoever wants to know why
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from fleetsim.errors import NotWritten, OutputFolder
from fleetsim.study.journal import Journal
from fleetsim.study.lock import LOCK, locked, made_folder
from fleetsim.study.points import Point, PointResult

FORMAT = "fleetsim study 1"
STUDY, JOURNAL, POINTS, QUARANTINE = "study.json", "journal", "points", "quarantine"
_STAGING = ".fleetsim-"
_WRITERS = 4  # a file system puts several files on the disk at once for little more than one


def study_identity(points: Sequence[Point]) -> str:
    """sha256 over the identities of all points, in order."""
    return hashlib.sha256("\n".join(point.identity for point in points).encode()).hexdigest()


class StudyFolder:
    """An open study folder: `kept` are the results it holds, `words` what was found wrong and what became of it."""

    def __init__(self, folder: Path, points: Sequence[Point], resume: bool) -> None:
        self.folder = folder
        self.kept: dict[str, PointResult] = {}
        self.words: list[str] = []
        self._known = {point.identity for point in points}
        (folder / POINTS).mkdir(exist_ok=True)
        self._journal = Journal(folder / JOURNAL)
        self._writers = ThreadPoolExecutor(_WRITERS)
        try:
            self._claim(points, resume)
            self._recover()
            if resume and not self.kept:
                self.words.append(nothing_to_resume(folder))
        except BaseException:
            self.close()
            raise

    def keep(self, results: Iterable[PointResult]) -> None:
        """Write results; they are on the disk when this returns. Raises NotWritten if the disk does not take them."""
        try:
            records = list(self._writers.map(self._written, results))
            _sync_folder(self.folder / POINTS)
            self._journal.append(records)
        except OSError as error:
            raise NotWritten(
                f"{self.folder} did not take the results: {error.strerror or error}; what is in it is whole, "
                "--resume goes on with it"
            ) from None

    def close(self) -> None:
        """Let go of the journal."""
        self._writers.shutdown()
        self._journal.close()

    def _written(self, result: PointResult) -> dict[str, str]:
        content = result.to_bytes()
        write_whole(self.folder / POINTS / f"{result.identity}.json", content, folder_too=False)
        return {"point": result.identity, "sha256": hashlib.sha256(content).hexdigest()}

    def _claim(self, points: Sequence[Point], resume: bool) -> None:
        """Hold the folder to be this study's, or make it so; study.json can be made again from the journal."""
        wanted = _description(points)
        begun = next((record for record in self._journal.records if "study" in record), None)
        found = _found(self.folder)
        if found is None and begun is None:
            self._journal.append([{"study": wanted["study"]}])
        elif found is None:
            found = {**wanted, **begun}
            if (self.folder / STUDY).exists():
                self._quarantine(self.folder / STUDY, "cannot be read")
        if found is not None and found["study"] != wanted["study"]:
            what = _difference(found, wanted)
            raise OutputFolder(f"{self.folder} holds another study ({what}); name another folder with -o")
        if found is not None and not resume:
            raise OutputFolder(f"{self.folder} holds this study already; add --resume to go on with it")
        write_whole(self.folder / STUDY, json.dumps(wanted, indent=1).encode() + b"\n")

    def _recover(self) -> None:
        if self._journal.unreadable:
            self.words.append(f"{self._journal.unreadable} lines of the journal cannot be read: their points run again")
        vouched = {record["point"]: record["sha256"] for record in self._journal.records if "point" in record}
        for path in (*self.folder.glob(f"{_STAGING}*"), *(self.folder / POINTS).glob(f"{_STAGING}*")):
            path.unlink()  # a killed process was writing it
        for path in sorted((self.folder / POINTS).iterdir()):
            if path.suffix != ".json" or path.stem not in self._known:
                self._quarantine(path, "belongs to no point of this study")
            elif path.stem in vouched:
                self._take(path, vouched[path.stem])
        missing = sum(1 for identity in vouched if identity in self._known and identity not in self.kept)
        if missing:
            self.words.append(f"{missing} point{'s' * (missing != 1)} of the journal without a sound file: run again")

    def _take(self, path: Path, digest: str) -> None:
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            return self._quarantine(path, "is not what was written")
        try:
            result = PointResult.from_bytes(content)
        except ValueError as error:
            return self._quarantine(path, str(error))
        if result.identity != path.stem:
            return self._quarantine(path, "is the result of another point")
        self.kept[result.identity] = result

    def _quarantine(self, path: Path, why: str) -> None:
        (self.folder / QUARANTINE).mkdir(exist_ok=True)
        path.replace(self.folder / QUARANTINE / path.name)
        self.words.append(f"{path.relative_to(self.folder)} {why}: moved to {QUARANTINE}/")


def nothing_to_resume(folder: Path) -> str:
    """What to say where a study is to go on, and nothing of it is there."""
    return f"{folder} holds no run of this study: nothing to resume, it begins afresh"


@contextmanager
def study_folder(folder: Path | str, points: Sequence[Point], *, resume: bool) -> Iterator[StudyFolder]:
    """The folder of a study, locked while it is open; made if it is not there.

    Raises OutputFolder, worded for the user, if it holds another study, this one without `resume`, anything else, or
    if another process is at work in it.
    """
    place = Path(folder)
    with ExitStack() as held:
        try:
            held.enter_context(made_folder(place))
            held.enter_context(locked(place))
            _refuse_foreign(place)
            opened = held.enter_context(closing(StudyFolder(place, points, resume)))
        except FileExistsError:
            raise OutputFolder(f"{place} is a file; name a folder for the study with -o") from None
        except OSError as error:
            reason = f"{place} cannot be written to ({error.strerror or error}); name another folder with -o"
            raise OutputFolder(reason) from None
        yield opened


def _refuse_foreign(folder: Path) -> None:
    """A folder that is not empty must hold a study, or what a process left that was killed as it began one."""
    ours = {LOCK, JOURNAL, POINTS, STUDY}
    others = [path.name for path in folder.iterdir() if path.name not in ours and not path.name.startswith(_STAGING)]
    if others and not ((folder / JOURNAL).is_file() and (folder / POINTS).is_dir()):
        raise OutputFolder(f"{folder} holds files that are no study of fleetsim; name an empty or new folder with -o")


def _description(points: Sequence[Point]) -> dict[str, Any]:
    files = sorted({named for point in points for named in point.inputs})
    code = sorted({point.code for point in points})
    return {
        "format": FORMAT,
        "study": study_identity(points),
        "points": len(points),
        "code": code,
        "inputs": [list(f) for f in files],
    }


def _found(folder: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((folder / STUDY).read_text(encoding="utf-8"))
        return found if found["format"] == FORMAT and isinstance(found["study"], str) else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _difference(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    if found.get("code") != wanted["code"]:
        return "made by another version of fleetsim, numpy, numba or scipy"
    changed = sorted({str(name) for name, _ in _pairs(found) ^ _pairs(wanted)})
    if changed:
        return f"of other input files: {', '.join(changed)}"
    if found.get("points") != wanted["points"]:
        return f"of {found.get('points')} points, not {wanted['points']}"
    return "its scenario or what it varies differs"


def _pairs(described: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {(str(name), str(digest)) for name, digest in described.get("inputs", ())}


def write_whole(path: Path, content: bytes, *, folder_too: bool = True) -> None:
    """Put a file in its place, complete and on the disk, or leave what was there."""
    handle, staging = tempfile.mkstemp(dir=path.parent, prefix=_STAGING)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(staging, 0o644)
        os.replace(staging, path)
    except BaseException:
        Path(staging).unlink(missing_ok=True)
        raise
    if folder_too:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
