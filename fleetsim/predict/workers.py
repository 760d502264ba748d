"""Worker processes that find the core compiled."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from fleetsim.predict.points import predict_point
from fleetsim.predict.rows import Point

_TRIAL = Point("h100", "llama-3.1-8b", "static_batch", "1", tp=1.0, isl=8.0, osl=2.0)


@contextmanager
def processes(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Worker processes of their own interpreter; what they need compiled is compiled here, once, before they start."""
    predict_point(_TRIAL, [("ttft_mean", "s")], {})
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["fleetsim.predict.points"])
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        yield pool
