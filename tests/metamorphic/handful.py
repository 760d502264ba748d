"""A handful of ordinary scenarios in which much happens, and ways to compare what came out of two runs.

Durations are whole nanoseconds times `k`, so that all of a scenario can be slowed k times without any rounding.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from theory_runs import Run, fleet, write_trace

HORIZON_NS = 4 * 10**9
CALL_TIMES = ("sent_ns", "queued_ns", "admitted_ns", "first_token_ns", "finish_ns")
TASK_TIMES = ("arrival_ns", "first_token_ns", "finish_ns")
TABLES = {"calls": CALL_TIMES, "tasks": TASK_TIMES}


def trace(folder: Path, *, tasks: int = 1500, k: int = 1, shift_ns: int = 0, seed: int = 3) -> dict:
    """Arrivals from a file: bursts, ties and lengths of all sizes before HORIZON_NS."""
    rng = np.random.Generator(np.random.Philox(seed))
    arrival_ns = np.sort(rng.integers(0, HORIZON_NS // 1000, tasks) * 1000 // 7 * 7)
    arrival_ns[::5] = arrival_ns[: len(arrival_ns[::5]) * 5 : 5] // 10_000_000 * 10_000_000  # some come together
    arrival_ns = np.sort(arrival_ns)
    prompt, output = rng.geometric(1 / 120, tasks).clip(1, 900), rng.geometric(1 / 40, tasks).clip(1, 300)
    write_trace(folder / "arrivals.csv", k * (arrival_ns + shift_ns), prompt, output)
    return {"kind": "trace", "file": "arrivals.csv"}


def a_pool(k: int = 1, **keys: object) -> dict:
    """A pool whose steps have a fixed part and parts by token, by context and by token pair."""
    steps = {
        "base": f"{1_200_000 * k} ns",
        "per_token": f"{9_000 * k} ns",
        "per_context_token": f"{40 * k} ns",
        "per_token_pair": f"{20 * k} ns",
        "context": 4_000,
    } | keys.pop("steps", {})
    return {"steps": steps, "max_num_seqs": 8, "block_size": 16, "network": f"{150_000 * k} ns"} | keys


def tight(arrivals: dict, k: int = 1, **keys: object) -> dict:
    """Three replicas short of memory, with chunked prompts and preemptions."""
    servers = a_pool(k, replicas=3, max_num_batched_tokens=128, steps={"kv_tokens": 1_120}) | keys
    return _document(arrivals, {"servers": servers}, None, k)


def routed(arrivals: dict, k: int = 1) -> dict:
    """A classifier that is often wrong, and two pools behind it."""
    pools = {
        "sorter": a_pool(k, max_num_seqs=16),
        "chat": a_pool(k, replicas=2, balancer="least_kv"),
        "code": a_pool(k, replicas=3, balancer="power_of_two", network="0 s"),
    }
    workflow = {
        "kind": "route",
        "classifier": {"pool": "sorter", "accuracy": 0.7, "prompt_limit": 64},
        "routes": {"chat": "chat", "code": "code"},
    }
    return _document(arrivals, pools, workflow, k, domains={"chat": 2.0, "code": 1.0})


def closed(k: int = 1, clients: int = 40) -> dict:
    """Clients who wait for answers of fixed sizes from replicas taken in turn."""
    think = {"kind": "fixed", "mean": f"{30_000_000 * k} ns"}
    arrivals = {"kind": "closed_loop", "clients": clients, "think": think, "ramp": f"{1_000_000 * clients * k} ns"}
    lengths = {"prompt": {"kind": "geometric", "mean": 120, "max": 900}, "output": {"kind": "geometric", "mean": 25}}
    pools = {"servers": a_pool(k, replicas=2, balancer="round_robin", max_num_batched_tokens=256)}
    return _document(arrivals, pools, None, k, **lengths)


def open_lengths() -> dict:
    """Lengths for arrivals that bring none."""
    return {"prompt": {"kind": "geometric", "mean": 120, "max": 900}, "output": {"kind": "geometric", "mean": 25}}


def _document(arrivals: dict, pools: dict, workflow: dict | None, k: int, **task: object) -> dict:
    document = fleet(arrivals, {"job": task}, pools, workflow)
    return document | {"horizon": f"{HORIZON_NS * k} ns", "drain": f"{400 * k} s", "samples": 40}


def columns(rows: np.ndarray, leave_out: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    """A table's columns by name."""
    return {name: np.asarray(rows[name]) for name in rows.dtype.names if name not in leave_out}


def assert_same(one: Run, other: Run, leave_out: tuple[str, ...] = ()) -> None:
    """Every column of calls and tasks is equal."""
    for table in TABLES:
        a, b = (columns(getattr(run.records, table), leave_out) for run in (one, other))
        for name in a:
            np.testing.assert_array_equal(a[name], b[name], err_msg=f"{table}.{name}")


def moved(times_ns: np.ndarray, k: int = 1, shift_ns: int = 0) -> np.ndarray:
    """Times of another clock; -1, for never, stays."""
    return np.where(times_ns == -1, -1, k * times_ns + shift_ns)


def assert_moved(one: Run, other: Run, k: int = 1, shift_ns: int = 0) -> None:
    """The other run is the one with all times moved and nothing else changed."""
    for table, times in TABLES.items():
        a, b = columns(getattr(one.records, table)), columns(getattr(other.records, table))
        for name in a:
            expected = moved(a[name], k, shift_ns) if name in times else a[name]
            np.testing.assert_array_equal(b[name], expected, err_msg=f"{table}.{name}")


def known_at(run: Run, time_ns: int) -> dict[str, dict[str, np.ndarray]]:
    """What had happened before a time: rows begun before it, times from it on left out as not reached."""
    known = {}
    for table, times in TABLES.items():
        rows = getattr(run.records, table)
        rows = rows[rows[times[0]] < time_ns]
        known[table] = {name: np.where(rows[name] < time_ns, rows[name], -1) for name in times}
        sizes = ("task", "node", "pool", "prompt_tokens") if table == "calls" else ("task", "class_id", "domain")
        known[table] |= {name: np.asarray(rows[name]) for name in sizes}
    chosen = known["calls"]["queued_ns"] >= 0
    calls = run.records.calls
    known["calls"]["replica"] = np.where(chosen, calls.replica[calls.sent_ns < time_ns], -1)
    return known


def assert_same_until(one: Run, other: Run, time_ns: int) -> None:
    """Nothing before that time differs."""
    a, b = known_at(one, time_ns), known_at(other, time_ns)
    for table in TABLES:
        for name in a[table]:
            np.testing.assert_array_equal(a[table][name], b[table][name], err_msg=f"{table}.{name}")
