"""Measured rows as the fit sees them: a deployment, and for each row a weighted sum of its step times."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from fleetsim.calibration.families import FAMILIES, FRAMEWORKS
from fleetsim.calibration.parameters import parameters, profiles
from fleetsim.calibration.readings import READINGS, reading
from fleetsim.calibration.schedule import Pace, Schedule, Sum, knots, schedule
from fleetsim.errors import FleetsimError
from fleetsim.hardware import Deployment, StepTable, step_table
from fleetsim.hardware.attention import attention_cost
from fleetsim.hardware.precision import Formats, formats
from fleetsim.predict.deployment import NotExpressible, Profiles, Setup, setup
from fleetsim.predict.frameworks import Framework, framework_of
from fleetsim.predict.names import hardware_key
from fleetsim.predict.prediction import room, token_s
from fleetsim.predict.protocol import FOREVER_NS, Load, load
from fleetsim.predict.rows import Point, rows_of
from fleetsim.tables import Scheduler

if TYPE_CHECKING:
    import pandas as pd

_LARGEST = 65_536
_ROUNDS = 4  # of an open loop
_GOLDEN = 0.6180339887  # its multiples are spread evenly
_MOST_REQUESTS = 8192  # of a benchmark; more add time and no knowledge


_UNLIKE = (
    ("framework_version", r"1\.3\.0rc|1\.2\.0rc6\.post1", "workload", "nominal"),  # no setting of the row gives them
    ("framework_version", r"0\.11\.2", "framework", "vllm"),  # sequences at once are limited, to how many is not said
    ("model", r"nvidia/Llama-3\.1-8B", "workload", "nominal"),  # prompts faster than the peak allows: reused
)


@dataclass(frozen=True)
class Row:
    """One measured value: a weighted sum of step times, or so many tokens over it."""

    total: Sum
    tokens: float  # 0: the value is the time itself
    requested: bool  # a server received the request first: its overhead is part of the value
    clients: int  # of that server
    processor_s: float  # a part of the value that is not fitted
    measured: float  # s, or tokens per s
    first: bool = False  # a time to first token: noisier than the rest
    steady: bool = False  # of an open loop at its level


@dataclass
class Case:
    """One deployment and the rows measured on it."""

    deployment: Deployment
    used: Formats
    sizes: np.ndarray  # knots of the step table
    framework: str
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class _Placed:
    """A point: its case, its steps, and what its rates are made of."""

    case: Case
    steps: Schedule
    tokens: dict[str, float]
    accelerators: int
    served: bool
    clients: int
    processor_s: float
    waits: float  # steps before the scheduler looks at a request, in the mean
    steady: bool  # an open loop at its level
    decode_only: bool  # only its times per token say anything

    def row(self, metric: str, value: float) -> Row:
        reading = READINGS[metric]
        tokens = self.tokens[reading.per_s] if reading.per_s else 0.0
        if reading.each:
            tokens /= self.accelerators
        first = reading.of == "ttft" and not reading.per_s
        total = getattr(self.steps, reading.of)
        if first:
            total = total.plus(self.steps.tpot, self.waits)
        processor_s = self.processor_s if first else 0.0
        return Row(total, tokens, first and self.served, self.clients, processor_s, value, first, self.steady)


def cases(table: pd.DataFrame) -> list[Case]:
    """The cases of a table of measurements (the tidy schema), in order of first mention.

    Rows whose steps depend on times (arrivals at a rate), that cannot be expressed, or that are disaggregated are
    left out. Schedules of equal benchmarks are made once.
    """
    found: dict[tuple, Case] = {}
    schedules: dict[tuple, Schedule] = {}
    points: dict[Point, _Placed | None] = {}
    starts = profiles({(p.owner, p.name): p.start for p in parameters([*FAMILIES, *FRAMEWORKS])})
    rows = rows_of(table)
    values = [reading(text, row.unit) for row, text in zip(rows, table["value"].tolist(), strict=True)]
    seconds: dict[Point, dict[str, float]] = {}
    for row, value in zip(rows, values, strict=True):
        seconds.setdefault(row.point, {})[row.metric] = value
    for row, value in zip(rows, values, strict=True):
        if row.metric not in READINGS or not value > 0:
            continue
        if row.point not in points:
            points[row.point] = _place(row.point, seconds.get(row.point, {}), starts, found, schedules)
        placed = points[row.point]
        if placed is not None and (not placed.decode_only or READINGS[row.metric].of == "tpot"):
            placed.case.rows.append(placed.row(row.metric, value))
    return [case for case in found.values() if case.rows]


def _place(
    point: Point,
    seconds: dict[str, float],
    starts: Profiles,
    found: dict[tuple, Case],
    schedules: dict[tuple, Schedule],
) -> _Placed | None:
    if not _summed(point):
        return None
    try:
        framework = framework_of(point, starts)
        sent = load(point, framework)
        made = setup(point, framework, sent, starts)
        if open_loop := point.load_type.startswith("open_loop"):
            sent = _at_its_level(point, sent, seconds, made.replicas)
        table, sent, _ = room(step_table(made.deployment), sent, framework)
        case = _case(hardware_key(point.hardware), made.deployment, framework, sent.max_num_seqs, found)
    except FleetsimError:
        return None
    steps, count = _schedule(sent, table, made, case, schedules, settles=open_loop)
    prompt, output = (float(sent.tasks[name][:count].sum()) for name in ("prompt_tokens", "output_tokens"))
    each = {"prompt": prompt, "output": output, "total": prompt + output}
    return _Placed(
        case,
        steps,
        tokens={name: total * made.replicas for name, total in each.items()} | {"one": 1.0},
        accelerators=made.accelerators,
        served=sent.request_s > 0,
        clients=sent.clients,
        processor_s=sent.processor_s,
        waits=sent.wait_steps * made.deployment.tokens_per_step,
        steady=open_loop,
        decode_only=open_loop or sent.first_burst_s > 0,
    )


def _summed(point: Point) -> bool:
    """Whether a point's steps add up without their times; those of decode replicas wait for others' prompts."""
    known = point.load_type.startswith(("closed_loop", "static_batch", "offline", "open_loop"))
    return known and point.mode == "agg" and not _unlike(point)


def _case(
    device: str, deployment: Deployment, framework: Framework, max_num_seqs: int, found: dict[tuple, Case]
) -> Case:
    """The case of a deployment, made if it is new."""
    name = framework.profile.key if framework.profile else framework.name
    layout = (deployment.tp, deployment.pp, deployment.dp, deployment.ep, deployment.precision, deployment.kv_precision)
    key = (device, deployment.model.key, name, *layout, deployment.speculation, deployment.streamed, max_num_seqs)
    if key not in found:
        at = knots(max(_LARGEST, deployment.max_num_batched_tokens))
        found[key] = Case(deployment, formats(deployment), at, name)
    return found[key]


def _at_its_level(point: Point, sent: Load, seconds: dict[str, float], replicas: int) -> Load:
    """An open loop as the closed one of as many clients as were answered at once, by Little's law.

    The level follows from what was measured. First answers are of all lengths up to the whole, as one finds them.
    Raises NotExpressible if the measured values do not tell.
    """
    try:
        rate, first_s, token_s = float(point.load_value), seconds["ttft_p50"], seconds["tpot_p50"]
    except (ValueError, KeyError):
        raise NotExpressible("an open loop without its level") from None
    clients = max(round(rate * (first_s + token_s * float(sent.tasks.output_tokens.mean()))), 1)
    tasks, first = sent.tasks[: clients * _ROUNDS].copy(), max(clients // replicas, 1)
    share = (np.arange(first) * _GOLDEN) % 1.0
    tasks.output_tokens[:first] = np.maximum(tasks.output_tokens[:first] * share, 2)
    tasks.think_ns[-clients:] = FOREVER_NS
    return replace(sent, tasks=tasks, clients=clients)


def _unlike(point: Point) -> bool:
    """Whether a point was measured on something a fit must not learn from."""
    return any(
        re.search(pattern, getattr(point, column)) and re.search(other, getattr(point, second))
        for column, pattern, second, other in _UNLIKE
    )


def _pace(sent: Load, table: StepTable, made: Setup, at: np.ndarray) -> Pace:
    """How the steps of a deployment go, about, and requests between them."""
    linear = np.array([table.alpha_ns, table.window_alpha_ns, table.beta_ns])
    waits_s = sent.wait_steps * made.deployment.tokens_per_step * token_s(table, sent)
    base_ns = np.interp(at, np.arange(len(table.base_ns)), table.base_ns)
    return Pace(base_ns, linear, 1e9 * (sent.request_s + waits_s))


def _schedule(
    sent: Load, table: StepTable, made: Setup, case: Case, schedules: dict[tuple, Schedule], settles: bool
) -> tuple[Schedule, int]:
    """The schedule of one of the replicas, and how many tasks it is of.

    `settles`: the first requests of its clients only bring the engine to its level.
    """
    tasks, clients, replicas = sent.tasks, sent.clients, made.replicas
    pace = _pace(sent, table, made, case.sizes)
    if clients:
        count = int(np.count_nonzero(tasks.think_ns < FOREVER_NS)) + clients
    else:
        count = clients = len(tasks)
    count, clients = max(count // replicas, 1), max(clients // replicas, 1)
    count = min(count, max(_MOST_REQUESTS, clients)) if sent.clients else min(count, _MOST_REQUESTS)
    window = attention_cost(case.deployment.model).window_tokens
    largest = int(case.sizes[-1])
    kv_tokens = int(min(table.kv_blocks * table.block_tokens, 2**62))
    limits = (min(sent.max_num_batched_tokens, largest), sent.max_num_seqs, kv_tokens)
    prompts, answers = (
        np.ascontiguousarray(tasks[name][:count], np.int64) for name in ("prompt_tokens", "output_tokens")
    )
    first = sent.scheduler == Scheduler.PREFILL_FIRST
    clients = min(clients, count)
    settling = clients if settles and count > clients else 0
    timed = (pace.base_ns.tobytes(), pace.linear_ns.tobytes(), pace.delay_ns)
    lengths = (prompts.tobytes(), answers.tobytes())
    key = (count, clients, limits, first, settling, window, len(case.sizes), *lengths, *timed)
    if key not in schedules:
        schedules[key] = schedule(prompts, answers, clients, limits, window, case.sizes, first, settling, pace)
    return schedules[key], count
