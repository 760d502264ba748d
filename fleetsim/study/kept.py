"""Runs of a study that decides as it goes what to run next, kept as they come: killed at any moment, it goes on.

The results stand in a journal, each record with its checksum. A study of this kind asks for the same runs again when it
is begun again, so nothing else needs to be remembered.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from fleetsim.errors import OutputFolder
from fleetsim.scenario import Loaded
from fleetsim.study.code import code_version
from fleetsim.study.journal import Journal
from fleetsim.study.lock import LOCK, locked, made_folder
from fleetsim.study.points import Point, PointResult

FORMAT = "fleetsim runs 1"
JOURNAL = "runs"

Runs = Callable[[Sequence[Point]], Sequence[PointResult]]
"""Who simulates points: one result each, in order."""


class KeptRuns:
    """A `Runs` that asks another one only for what the journal does not hold."""

    def __init__(self, journal: Journal, runs: Runs, study: str) -> None:
        self._journal, self._runs, self._study = journal, runs, study
        self._begun = bool(journal.records)
        results = (PointResult.from_bytes(r["result"].encode()) for r in journal.records if "result" in r)
        self.kept = {result.identity: result for result in results}

    def __call__(self, points: Sequence[Point]) -> list[PointResult]:
        """One result for each point, in their order."""
        missing = [point for point in points if point.identity not in self.kept]
        if missing:
            fresh = list(self._runs(missing))
            if not self._begun:
                self._journal.append([{"format": FORMAT, "study": self._study}])
                self._begun = True
            self._journal.append({"result": result.to_bytes().decode()} for result in fresh)
            self.kept |= {result.identity: result for result in fresh}
        return [self.kept[point.identity] for point in points]


@contextmanager
def kept_runs(folder: Path | str, loaded: Loaded, asked: Sequence[str], resume: bool, runs: Runs) -> Iterator[KeptRuns]:
    """The runs of a study in a folder, which is made if it is not there and locked while it is open.

    `asked` is what tells this study from others of the same scenario. Raises OutputFolder, worded for the user, if the
    folder holds another study, this one without `resume`, or anything else.
    """
    place = Path(folder)
    text = json.dumps([FORMAT, loaded.resolved(), code_version(), list(asked)])
    study = hashlib.sha256(text.encode()).hexdigest()
    try:
        with made_folder(place):
            foreign = [path.name for path in place.iterdir() if path.name != LOCK]
            if foreign and JOURNAL not in foreign:
                raise OutputFolder(f"{place} holds files of something else; name an empty or new folder with -o")
            with locked(place), closing(Journal(place / JOURNAL)) as journal:
                _check(place, journal, study, resume)
                yield KeptRuns(journal, runs, study)
    except FileExistsError:
        raise OutputFolder(f"{place} is a file; name a folder for the study with -o") from None


def _check(place: Path, journal: Journal, study: str, resume: bool) -> None:
    begun = next((record["study"] for record in journal.records if "study" in record), None)
    if begun is not None and begun != study:
        what = "another study, or this one by another version or of a scenario that was changed since"
        raise OutputFolder(f"{place} holds {what}; name another folder with -o")
    if begun is not None and not resume:
        raise OutputFolder(f"{place} holds this study already; add --resume to go on with it")
