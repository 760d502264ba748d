"""Step tables given directly: a measured engine, or a queueing model."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fleetsim import tables
from fleetsim.errors import Fault, FleetsimError, InputFaults
from fleetsim.hardware.deployment import StepTable
from fleetsim.scenario.files import inside, read_text

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Pool, Steps

_NS = 1e9
_COLUMNS = ("n_tokens", "step_ms")


def given_table(steps: Steps, pool: Pool, base: Path) -> StepTable:
    """The step-time table of a pool that gives its own: base + per_token * n, or a CSV file.

    A file is interpolated between its points and carried on beyond the last two; below the first it holds its value.
    `base` is the folder its path is relative to. Raises InputFaults for a faulty file, FleetsimError if both or neither
    of `base` and `file` are given, or steps would take no time.
    """
    if (steps.file is None) == (steps.base_s is None):
        raise FleetsimError("`steps` needs either `base` (and perhaps `per_token`) or `file`, and not both")
    base_ns = _base_ns(steps, np.arange(pool.max_num_batched_tokens + 1, dtype=float), base)
    blocks = tables.UNLIMITED_BLOCKS if steps.kv_tokens is None else int(steps.kv_tokens) // pool.block_tokens
    if blocks < 1:
        raise FleetsimError(
            f"`steps.kv_tokens` of {steps.kv_tokens:g} is less than one block of {pool.block_tokens} tokens"
        )
    return StepTable(
        base_ns=base_ns,
        alpha_ns=steps.per_context_token_s * _NS,
        window_alpha_ns=0.0,
        window_tokens=0,
        beta_ns=steps.per_token_pair_s * _NS,
        kv_blocks=blocks,
        block_tokens=pool.block_tokens,
        context_tokens=int(min(steps.context_tokens, pool.max_model_len or steps.context_tokens)),
        accelerators=1,
        idle_w=_known(steps.idle_w),
        prefill_w=_known(steps.prefill_w),
        decode_w=_known(steps.decode_w),
        basis="measured" if steps.file else "given",
        memory={"weights_bytes": 0.0, "workspace_bytes": 0.0, "kv_bytes": 0.0, "total_bytes": 0.0},
        sources=(("step times", steps.file or "base and per_token", "given in the scenario", "given"),),
    )


def _known(power_w: float | None) -> float:
    return math.nan if power_w is None else power_w


def _base_ns(steps: Steps, tokens: np.ndarray, base: Path) -> np.ndarray:
    """float64, in ns: the time of a step with so many tokens."""
    if steps.file is not None:
        points, times_ms = _read_points(base, steps.file)
        return _interpolate(tokens, points, times_ms) * 1e6 + steps.per_token_s * tokens * _NS
    base_ns = (steps.base_s + steps.per_token_s * tokens) * _NS
    if base_ns.size > 1 and base_ns[1] < 1:
        raise FleetsimError(
            "`steps`: a step of one token would take less than a nanosecond; write `base` or `per_token`"
        )
    return base_ns


def _interpolate(tokens: np.ndarray, points: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Linear between the points, and on along the last two."""
    if len(points) == 1:
        return np.full_like(tokens, times[0])
    slope = (times[-1] - times[-2]) / (points[-1] - points[-2])
    beyond = times[-1] + slope * (tokens - points[-1])
    return np.where(tokens > points[-1], beyond, np.interp(tokens, points, times))


def _read_points(base: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The points of a step-time file, n_tokens rising; step_ms may fall, but not over the last two rows."""
    try:
        text, _ = read_text(inside(base, name))
    except ValueError as error:
        raise InputFaults([Fault(name, 1, "", str(error))]) from None
    rows = list(csv.reader(text.splitlines()))
    header = [cell.strip() for cell in rows[0]] if rows else []
    missing = [column for column in _COLUMNS if column not in header]
    if missing:
        what = f"no column {' or '.join(missing)}; the first line must name {' and '.join(_COLUMNS)}"
        raise InputFaults([Fault(name, 1, "", what)])
    where = [header.index(column) for column in _COLUMNS]
    faults: list[Fault] = []
    points: list[tuple[float, float]] = []
    for line, row in enumerate(rows[1:], start=2):
        if row:
            _add_point(points, faults, Fault(name, line, "", ""), [row[i] if i < len(row) else "" for i in where])
    if not points and not faults:
        faults.append(Fault(name, 1, "", "has no rows"))
    if len(points) > 1 and points[-1][1] < points[-2][1]:
        what = (
            "step_ms falls over the last two rows, so it cannot be carried on beyond them; add a row with more tokens"
        )
        faults.append(Fault(name, len(rows), "", what))
    if faults:
        raise InputFaults(faults)
    values = np.array(points)
    return values[:, 0], values[:, 1]


def _add_point(points: list[tuple[float, float]], faults: list[Fault], at: Fault, cells: list[str]) -> None:
    """Add one row's point, or the fault it has."""
    try:
        tokens, time_ms = float(cells[0]), float(cells[1])
    except ValueError:
        faults.append(Fault(at.file, at.line, "", f"{', '.join(cells)!r} is not a number of tokens and a time in ms"))
        return
    last = points[-1] if points else (-1.0, 0.0)
    if tokens != int(tokens if math.isfinite(tokens) else 0) or tokens < 0:
        what = f"n_tokens {cells[0].strip()} is not a whole number of 0 or more"
    elif not math.isfinite(time_ms) or time_ms * 1e6 < 1:
        what = f"step_ms {cells[1].strip()} is not a time of a nanosecond (0.000001) or more"
    elif tokens <= last[0]:
        what = f"n_tokens {cells[0].strip()} does not rise over {last[0]:g} of the row before"
    else:
        points.append((tokens, time_ms))
        return
    faults.append(Fault(at.file, at.line, "", what))
