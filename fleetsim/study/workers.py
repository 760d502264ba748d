"""Who evaluates points: processes of this machine by default, any executor of the standard library's kind otherwise."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

from fleetsim.errors import FleetsimError


class Crew:
    """An executor with its number of workers; if it breaks and there is a way, it is hired anew."""

    def __init__(self, executor: Executor, size: int, again: Callable[[], Executor] | None = None) -> None:
        self._executor, self.size, self._again = executor, size, again

    def submit(self, function: Callable, *given: Any) -> Future:
        """Have one of the workers call a function."""
        return self._executor.submit(function, *given)

    def mend(self) -> None:
        """Take new workers for those that were lost; an executor of somebody else mends itself."""
        if self._again is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = self._again()

    def processes(self) -> list[int]:
        """The numbers of our own worker processes."""
        return list(getattr(self._executor, "_processes", None) or {})

    def dismiss(self) -> None:
        """End our own workers at once, whatever they are doing."""
        if self._again is None:
            return
        processes = list((getattr(self._executor, "_processes", None) or {}).values())
        self._executor.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()


@contextmanager
def hired(workers: int | None, executor: Executor | Crew | None, points: int) -> Iterator[Crew | None]:
    """Who evaluates so many points: those that are given, processes of this machine, or None for this process."""
    count = workers or os.cpu_count() or 1
    if isinstance(executor, Crew):
        yield executor
    elif executor is not None:
        yield Crew(executor, count)
    elif min(count, points) <= 1:
        yield None
    else:
        with local_crew(min(count, points)) as crew:
            yield crew


@contextmanager
def local_crew(workers: int) -> Iterator[Crew]:
    """Worker processes of this machine; the core is compiled here, once, before they start."""
    import fleetsim.engine.core  # noqa: F401  compiles, or loads what is compiled

    crew = Crew(_processes(workers), workers, lambda: _processes(workers))
    try:
        yield crew
    finally:
        crew.dismiss()


def _processes(workers: int) -> Executor:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["fleetsim.study.points", "fleetsim.engine.core"])
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_begin)


def _begin() -> None:
    """Leave Ctrl-C to the parent, and end with it even if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


@contextmanager
def dask_executor(address: str, patience_s: float = 10.0) -> Iterator[tuple[Executor, int]]:
    """A Dask cluster, such as `tcp://host:8786`, as an executor, and how many points it can work on at once.

    Raises FleetsimError if dask is not installed or the cluster does not answer.
    """
    try:
        from distributed import Client
    except ImportError:
        raise FleetsimError("a cluster needs dask; install it with: pip install 'fleetsim[dask]'") from None
    try:
        client = Client(address, timeout=patience_s, set_as_default=False)
    except (OSError, ValueError) as error:
        raise FleetsimError(f"no Dask scheduler answers at {address}: {error}") from None
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise FleetsimError(f"the Dask cluster at {address} has no workers; start some with: dask worker {address}")
        yield client.get_executor(pure=False), threads
