"""Poisson arrivals whose rate jumps between states: the kernel behind MMPP and on-off bursts.

The state path is drawn from Stream.PHASE and the arrivals from Stream.ARRIVAL: one exponential a task, spent at the
rate of each state in turn. So the path does not depend on the rates, and a task's draw not on the path.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fleetsim.compiled import kernel
from fleetsim.luck import Stream, uniform
from fleetsim.workload.arrivals.contract import Source

_ARRIVAL, _PHASE = int(Stream.ARRIVAL), int(Stream.PHASE)
_NOW, _STATE, _END, _CHANGES = range(4)  # the int64 registers carried from block to block


@kernel
def _advance(seed, node, registers, first, rates_per_ns, dwells_ns, exponential, horizon_ns, times):
    """Fill `times` with the arrivals first, first+1, ... before the horizon; return how many there are."""
    now, state, end, changes = registers[_NOW], registers[_STATE], registers[_END], registers[_CHANGES]
    for i in range(len(times)):
        work = -np.log(uniform(seed, _ARRIVAL, first + i, node, 0))
        while work >= rates_per_ns[state] * (end - now):
            work -= rates_per_ns[state] * (end - now)
            now = end
            if now >= horizon_ns:
                return i
            state = (state + 1) % len(rates_per_ns)
            dwell = dwells_ns[state]
            if exponential:
                dwell *= -np.log(uniform(seed, _PHASE, changes, node, 0))
            end = now + np.int64(max(1.0, min(np.rint(dwell), np.float64(horizon_ns))))
            changes += 1
        now = min(end, now + np.int64(np.rint(work / rates_per_ns[state])))
        if now >= horizon_ns:
            return i
        times[i] = now
    registers[_NOW], registers[_STATE], registers[_END], registers[_CHANGES] = now, state, end, changes
    return len(times)


def _registers(source: Source, dwells_s: np.ndarray, exponential: bool) -> np.ndarray:
    """The state at time 0: for exponential dwells as after a long time, for fixed ones the start of the first state."""
    state, end_s = 0, float(dwells_s[0])
    if exponential:
        pick, rest = source.uniforms(Stream.PHASE, 0, 2)
        state = int(np.searchsorted(np.cumsum(dwells_s / dwells_s.sum())[:-1], pick, side="right"))
        end_s = float(-dwells_s[state] * np.log(rest))
    registers = np.zeros(4, np.int64)
    registers[_STATE], registers[_END] = state, max(1, round(min(end_s * 1e9, source.horizon_ns)))
    registers[_CHANGES] = 2
    return registers


def modulated_times(
    source: Source, rates_per_s: list[float], dwells_s: list[float], *, exponential: bool
) -> Iterator[np.ndarray]:
    """Arrival times (int64 ns) at rates that follow each other in the order given, around without end.

    States last `dwells_s` on average, or exactly if not `exponential`. With exponential dwells the process is a
    Markov-modulated Poisson process in its stationary state from time 0 on (Fischer and Meier-Hellstern, "The
    Markov-modulated Poisson process cookbook", 1993). At least one rate must be positive.
    """
    dwells = np.array(dwells_s, np.float64)
    rates_per_ns, dwells_ns = np.array(rates_per_s, np.float64) / 1e9, dwells * 1e9
    registers = _registers(source, dwells, exponential)
    for first, count in source.blocks():
        times = np.empty(count, np.int64)
        done = _advance(
            source.seed, source.node, registers, first, rates_per_ns, dwells_ns, exponential, source.horizon_ns, times
        )
        yield times[:done]
        if done < count:
            return
