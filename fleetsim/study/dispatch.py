"""Points to workers and results back: in chunks of about half a second, and again if a worker is lost."""

from __future__ import annotations

import time
import traceback
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass

from fleetsim.errors import EngineFault, FleetsimError
from fleetsim.study.points import Point, PointResult, evaluate
from fleetsim.study.workers import Crew

CHUNK_S = 0.5
TRIES = 3
_AHEAD = 2  # chunks a worker, so that none waits for its next one
_LARGEST = 500


class PointLost(FleetsimError):
    """A point took its worker down with it, again and again."""


@dataclass(frozen=True)
class Failure:
    """Why a point has no result, in a form that crosses to another process."""

    exit_code: int  # 0: a fault of the program, `text` is its traceback
    text: str

    def error(self, point: Point) -> Exception:
        """The exception to raise for it."""
        where = f"{point.arm}, replicate {point.replicate + 1}: {self.text}"
        if self.exit_code == 0:
            return RuntimeError(where)
        return EngineFault(where) if self.exit_code == EngineFault.exit_code else FleetsimError(where)


Outcome = tuple[bytes | Failure, float]
"""The bytes of a result or why there is none, and the seconds that it took."""


def evaluate_chunk(points: Sequence[Point]) -> list[Outcome]:
    """Evaluate points one after the other, up to the first that fails."""
    outcomes: list[Outcome] = []
    for point in points:
        began = time.perf_counter()
        try:
            found: bytes | Failure = evaluate(point).to_bytes()
        except FleetsimError as error:
            found = Failure(error.exit_code, str(error))
        except Exception:
            found = Failure(0, traceback.format_exc())
        outcomes.append((found, time.perf_counter() - began))
        if isinstance(found, Failure):
            break
    return outcomes


def evaluated_here(points: Sequence[Point]) -> Iterator[list[tuple[int, PointResult]]]:
    """The results in this process, one after the other, each with its number, in batches of about CHUNK_S."""
    batch, began = [], time.perf_counter()
    for number, point in enumerate(points):
        batch.append((number, evaluate(point)))
        if time.perf_counter() - began >= CHUNK_S:
            yield batch
            batch, began = [], time.perf_counter()
    if batch:
        yield batch


class Dispatch:
    """Points on their way through a crew; iterates over batches of (number of the point, result) as they come.

    Points of a lost worker are run again one at a time, nothing beside them, so that the one that takes workers down
    is known: after TRIES it is named by a PointLost.
    """

    def __init__(self, points: Sequence[Point], crew: Crew) -> None:
        self._points, self._crew = points, crew
        self._waiting = deque(range(len(points)))
        self._suspects: deque[int] = deque()
        self._flying: dict[Future, list[int]] = {}
        self._losses: Counter[int] = Counter()
        self._broken = False
        self._failure: Exception | None = None  # of a point; raised when what came before it is handed on
        self._seconds, self._done = 0.0, 0

    def __iter__(self) -> Iterator[list[tuple[int, PointResult]]]:
        try:
            while self._waiting or self._suspects or self._flying:
                self._send()
                landed, _ = wait(self._flying, return_when=FIRST_COMPLETED)
                for future in landed:
                    batch = self._landed(future, self._flying.pop(future))
                    if batch:
                        yield batch
                    if self._failure is not None:
                        raise self._failure
        finally:
            for future in self._flying:
                future.cancel()

    def _send(self) -> None:
        if self._broken and not self._flying:
            self._crew.mend()
            self._broken = False
        if self._suspects and not self._flying:
            self._fly([self._suspects.popleft()])
        while self._waiting and not self._broken and not self._suspects and self._room():
            count = min(self._chunk(), len(self._waiting))
            self._fly([self._waiting.popleft() for _ in range(count)])

    def _room(self) -> bool:
        return len(self._flying) < _AHEAD * self._crew.size

    def _chunk(self) -> int:
        """Points in about CHUNK_S, by the mean of those that are done; one while none is; few when few are left."""
        if not self._done:
            return 1
        fair = -(-len(self._waiting) // (_AHEAD * self._crew.size))
        mean = max(self._seconds / self._done, CHUNK_S / _LARGEST)
        return max(1, min(round(CHUNK_S / mean), fair))

    def _fly(self, numbers: list[int]) -> None:
        try:
            future = self._crew.submit(evaluate_chunk, [self._points[n] for n in numbers])
        except RuntimeError as error:  # broken since the last look, or shut down
            future = Future()
            future.set_exception(error)
        self._flying[future] = numbers

    def _landed(self, future: Future, numbers: list[int]) -> list[tuple[int, PointResult]]:
        try:
            outcomes = future.result()
        except Exception as error:  # not of a point: those come as outcomes
            self._lost(numbers, error)
            return []
        batch = []
        for number, (found, seconds) in zip(numbers, outcomes, strict=False):
            if isinstance(found, Failure):
                self._failure = found.error(self._points[number])
                break
            self._seconds, self._done = self._seconds + seconds, self._done + 1
            batch.append((number, PointResult.from_bytes(found)))
        return batch

    def _lost(self, numbers: list[int], error: Exception) -> None:
        if isinstance(error, ImportError):
            raise FleetsimError(f"workers cannot import what they need ({error}); install the same fleetsim on each")
        self._broken = True
        if len(numbers) == 1 and not self._flying:
            number = numbers[0]
            self._losses[number] += 1
            if self._losses[number] >= TRIES:
                point = self._points[number]
                raise PointLost(
                    f"{point.arm}, replicate {point.replicate + 1}: its worker was lost {TRIES} times "
                    f"({type(error).__name__}: {error}); memory may have run out: "
                    "use fewer workers or a shorter horizon"
                )
        self._suspects.extend(numbers)
