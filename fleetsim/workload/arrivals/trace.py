"""Arrivals and lengths as a production service recorded them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, Strict, field_validator

from fleetsim.errors import Fault, InputFaults
from fleetsim.luck import Stream
from fleetsim.scenario.fields import Duration, Name, PositiveDuration, Text
from fleetsim.units import nanoseconds
from fleetsim.workload.arrivals.contract import Batch, OpenProcess, Source, arrival_process
from fleetsim.workload.files import resolve
from fleetsim.workload.traces import FORMATS, Trace, load_trace


@arrival_process
class TraceReplay(OpenProcess):
    """Tasks at the times and with the lengths of a recording.

    In this order: the window `start`, `duration` is cut out; a `rate_scale` above 1 lays further copies of it over the
    first, each turned around within the window by a random time of its own of at most `shift`, so that copies do not
    coincide but the slow rise and fall of the load stays; a fraction keeps each request of the (last) copy with that
    probability; `speed` divides all times; `repeat` plays it again until the horizon. Turning up `speed` keeps the
    bursts and shortens them; turning up `rate_scale` keeps their duration and smooths them, as more independent
    users do (a superposition of many shifted streams tends to Poisson: Palm 1943, Khintchine 1955).
    """

    kind: Literal["trace"] = "trace"
    brings_lengths: ClassVar[bool] = True

    file: Text = Field(description="'shipped:azure_conversation', 'shipped:azure_code', or a file beside the scenario")
    format: Name | None = Field(None, description="azure, mooncake or csv; told by the first line if left out")
    start_s: Duration = Field(0.0, alias="start", description="where in the recording to begin")
    duration_s: PositiveDuration | None = Field(
        None, alias="duration", description="how much of the recording to take; by default all that follows"
    )
    speed: Annotated[float, Strict(), Field(gt=0, le=1e6)] = Field(
        1.0, description="2 plays the recording twice as fast"
    )
    rate_scale: Annotated[float, Strict(), Field(gt=0, le=1e4)] = Field(
        1.0, description="times as many requests: thinned below 1, copies laid over each other above"
    )
    shift_s: PositiveDuration = Field(60.0, alias="shift", description="how far copies are moved at most")
    repeat: bool = Field(False, strict=True, description="whether to begin again at the end, until the horizon")

    @field_validator("format")
    @classmethod
    def _known_format(cls, value: str | None) -> str | None:
        if value is not None and value not in FORMATS:
            raise ValueError(FORMATS.unknown(value))
        return value

    def faults(self, base: Path) -> Iterator[tuple[str, str]]:
        """What is wrong with the file, or with the window cut out of it."""
        try:
            trace = load_trace(resolve(self.file, base), self.file, self.format)
        except ValueError as error:
            yield "file", str(error)
            return
        except InputFaults as error:
            yield from (("file", str(fault)) for fault in error.faults)
            return
        times = trace.arrival_ns[self._window(trace)]
        if not len(times):
            yield "start", f"no request is in this window; the trace's last one is at {trace.arrival_ns[-1] / 1e9:g} s"
        elif self.repeat and self.duration_s is None and times[0] == times[-1]:
            yield "repeat", "all requests come at one instant, so there is no period to repeat; write a duration"

    def trace(self, base: Path) -> Trace:
        """The recording; raises errors.InputFaults if it cannot be read or has nothing in the window."""
        if faults := [Fault(self.file, 1, path, what) for path, what in self.faults(base)]:
            raise InputFaults(faults)
        return load_trace(resolve(self.file, base), self.file, self.format)

    def labels(self, base: Path) -> set[str] | None:
        """See the contract."""
        labels = self.trace(base).labels
        return None if labels is None else set(labels)

    def notes(self, base: Path) -> tuple[str, ...]:
        """See the contract."""
        return self.trace(base).notes

    def _window(self, trace: Trace) -> slice:
        begin_ns = nanoseconds(self.start_s)
        end_ns = np.inf if self.duration_s is None else begin_ns + nanoseconds(self.duration_s)
        return slice(*np.searchsorted(trace.arrival_ns, [begin_ns, end_ns]))

    def _period_ns(self, times_ns: np.ndarray) -> int:
        """The window's length; one that ends with the trace ends a mean gap after its last request."""
        if self.duration_s is not None:
            return nanoseconds(self.duration_s)
        gap_ns = (times_ns[-1] - times_ns[0]) // max(1, len(times_ns) - 1)
        return int(times_ns[-1] + max(1, gap_ns)) - nanoseconds(self.start_s)

    def _overlaid(self, source: Source, times_ns: np.ndarray, period_ns: int) -> tuple[np.ndarray, np.ndarray]:
        """(times, draws) of all copies in order of time; draw k*n + i is request i of copy k."""
        copies = math.ceil(self.rate_scale)
        shifts_ns = source.uniforms(Stream.PHASE, 0, copies) * nanoseconds(self.shift_s)
        shifts_ns[0] = 0
        times = ((times_ns + np.rint(shifts_ns).astype(np.int64)[:, None]) % period_ns).ravel()
        order = np.argsort(times, kind="stable")
        return times[order], order

    def batches(self, source: Source) -> Iterator[Batch]:
        """See the contract. Memory is that of the window times `rate_scale`."""
        trace = self.trace(source.base)
        window = self._window(trace)
        rows = np.arange(window.start, window.stop)
        period_ns = self._period_ns(trace.arrival_ns[rows])
        if trace.labels is not None and source.class_name is not None:
            rows = rows[trace.labels[rows] == source.class_name]
        times, draws = self._overlaid(source, trace.arrival_ns[rows] - nanoseconds(self.start_s), period_ns)
        chances = np.minimum(self.rate_scale - draws // max(1, len(rows)), 1.0)
        begin_ns, cycle = 0, 0
        while begin_ns < source.horizon_ns:
            luck = source.uniforms(Stream.ARRIVAL, cycle * len(draws), len(draws), attempt=1)[draws]
            after_ns = np.minimum(np.rint(times / self.speed), source.horizon_ns).astype(np.int64)
            kept = (luck < chances) & (begin_ns + after_ns < source.horizon_ns)
            yield self._batch(trace, begin_ns + after_ns[kept], rows[draws[kept] % max(1, len(rows))])
            if not self.repeat:
                return
            cycle += 1
            begin_ns = round(cycle * period_ns / self.speed)

    def _batch(self, trace: Trace, times_ns: np.ndarray, rows: np.ndarray) -> Batch:
        labels = trace.labels[rows] if trace.labels is not None else None
        return Batch(times_ns, trace.prompt_tokens[rows], trace.output_tokens[rows], labels)
