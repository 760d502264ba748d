"""Two clients of one replica that are often backlogged together, and what each of them was served (Sheng et al. 2024).

Service is w_in for each prompt token, when its call is admitted, and w_out for each token of an answer, when it is
emitted; both are read off the records.
"""

from __future__ import annotations

import numpy as np
from theory_runs import Run, fleet, simulate

from fleetsim.engine.steps import run_end_ns
from fleetsim.tables import RunKind

SEATS, PROMPT_MOST, ANSWER_MOST = 6, 60, 40


def backlogs(number: int, order: str | dict) -> Run:
    """The run of that number: both classes come in bursts, together more than the replica can do."""
    dice = np.random.default_rng(number)
    classes = {}
    for name in ("one", "other"):
        rates = {"rate_on": f"{dice.uniform(4, 40):.3f} per s", "on": f"{dice.uniform(2, 20):.3f} s"}
        classes[name] = {
            "arrivals": {"kind": "on_off", "off": f"{dice.uniform(0.1, 10):.3f} s", **rates},
            "prompt": _length(dice, PROMPT_MOST),
            "output": _length(dice, ANSWER_MOST),
        }
    steps = {"base": "20 ms", "per_token": "1 ms", "context": 10_000}
    servers = {"steps": steps, "max_num_seqs": SEATS, "max_num_batched_tokens": 32, "queue_order": order}
    return simulate(fleet(None, classes, {"servers": servers}, horizon_s=60.0), seed=number)


def _length(dice: np.random.Generator, most: int) -> dict:
    """All of one length, short or long, or anything between."""
    low, high = ((1, 1), (most, most), (1, most))[dice.integers(3)]
    return {"kind": "uniform", "low": low, "high": high}


def classes_of(run: Run) -> np.ndarray:
    """The class of every call."""
    tasks = run.records.tasks
    return tasks.class_id[np.searchsorted(tasks.task, run.records.calls.task)]


def step_ends_ns(run: Run) -> np.ndarray:
    """When steps with decoding sequences ended; such a step gives each of them a token."""
    rows = run.records.runs.rows
    ends = [
        run_end_ns(int(row.start_ns), float(row.first_ns), float(row.growth_ns), step + 1)
        for row in rows
        if row.kind == RunKind.STEPS
        for step in range(row.steps)
    ]
    return np.sort(np.array(ends, np.int64))


def services(run: Run, w_in: float, w_out: float) -> tuple[np.ndarray, np.ndarray]:
    """Times in order, and what had been served to class 0 less what to class 1 from each of them on."""
    calls, class_ids, ends_ns = run.records.calls, classes_of(run), step_ends_ns(run)
    times, gains = [], []
    for call, class_id in zip(calls, class_ids, strict=True):
        later = ends_ns[(ends_ns > call.first_token_ns) & (ends_ns <= call.finish_ns)]
        assert len(later) == call.output_tokens - 1
        sign = 1.0 if class_id == 0 else -1.0
        times += [call.admitted_ns, call.first_token_ns, *later]
        gains += [sign * w_in * call.prompt_tokens] + [sign * w_out] * call.output_tokens
    order = np.argsort(times, kind="stable")
    return np.array(times)[order], np.cumsum(np.array(gains)[order])


def both_backlogged(run: Run) -> list[tuple[int, int]]:
    """The longest spans of time in which both classes have calls waiting."""
    calls, class_ids = run.records.calls, classes_of(run)
    changes = [(int(call.queued_ns), int(k), 1) for call, k in zip(calls, class_ids, strict=True)]
    changes += [(int(call.admitted_ns), int(k), -1) for call, k in zip(calls, class_ids, strict=True)]
    waiting, spans, since = [0, 0], [], -1
    for at, class_id, change in sorted(changes):
        waiting[class_id] += change
        if min(waiting) > 0 and since < 0:
            since = at
        elif min(waiting) == 0 and since >= 0:
            spans += [(since, at)] if at > since else []
            since = -1
    return spans


def widest_gap(run: Run, w_in: float = 1.0, w_out: float = 2.0) -> float:
    """The greatest difference between what two classes were served in any time in which both were backlogged.

    Within a span the difference is D(t2) - D(t1): the widest is the greatest D less the least. What is served at the
    very end of a span, by admitting the last call of one of them, is no longer within it.
    """
    times, ahead = services(run, w_in, w_out)
    widest = 0.0
    for start, end in both_backlogged(run):
        first, last = np.searchsorted(times, start, "right") - 1, np.searchsorted(times, end, "left")
        within = [0.0] if first < 0 else []
        within += ahead[max(first, 0) : last].tolist()
        widest = max(widest, max(within) - min(within)) if within else widest
    return widest
