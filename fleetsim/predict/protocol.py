"""From a point to what its benchmark sent: who asks when, for how many tokens, and with which limits of the engine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fleetsim import luck
from fleetsim.errors import FleetsimError
from fleetsim.luck import Stream
from fleetsim.predict.frameworks import Framework, framework_name
from fleetsim.predict.rows import Point
from fleetsim.predict.series import is_nominal, is_served, spreads
from fleetsim.tables import TASKS, Scheduler
from fleetsim.workload.lengths.lognormal import Lognormal

SEED = 1
"""All points share their luck, so that what differs between them is not chance."""

FOREVER_NS = 10**17
"""A client who pauses this long (three years) does not come back."""

_ROUNDS = 10  # requests of a client where the point does not say how many there were
_STAGE_S = 600.0  # how long a rate is held where the point does not say: MLPerf's least duration
_MOST_REQUESTS = 100_000
_MLPERF_SAMPLES = 24_576  # least queries of an offline run
_SLACK = 1.1  # LoadGen sends that much more than what the expected rate needs for the least duration
_STATIC_BUDGET = 65_536
_LONGEST_SPREAD = 8.0  # longest over mean length of a skewed law


class UnknownProtocol(FleetsimError):
    """A load that cannot be sent as it was; the words are the row's note."""


@dataclass(frozen=True)
class Load:
    """What arrives, and what it is counted by."""

    tasks: np.recarray  # TASKS
    clients: int  # closed loop; 0: arrivals as in `tasks`
    max_num_seqs: int
    max_num_batched_tokens: int
    scheduler: Scheduler = Scheduler.CHUNKED
    batched: bool = False  # one batch from start to end: times are the batch's
    request_s: float = 0.0  # between client and engine
    processor_s: float = 0.0  # of it, in a model's processor of images
    wait_steps: float = 0.0  # and decode steps until the scheduler looks at a request
    held: bool = False  # a rate, for so long: LoadGen's server
    first_burst_s: float = 0.0  # what the first requests of all clients wait besides
    halted_s: float = 0.0  # of the makespan nothing happened
    notes: tuple[str, ...] = ()

    @property
    def longest_tokens(self) -> int:
        """Tokens of the longest prompt with its answer, and one to spare."""
        return int((self.tasks.prompt_tokens + self.tasks.output_tokens).max()) + 1


@dataclass(frozen=True)
class Lengths:
    """The law of prompt and answer lengths."""

    prompt: float
    output: float
    kind: str  # fixed; uniform: between 0.8 L and L; about: answers within a tenth; skewed: log-normal
    notes: tuple[str, ...] = ()

    def draw(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """int64[count] prompts and answers, at least one token each."""
        return (self._law(self.prompt, count, Stream.PROMPT), self._law(self.output, count, Stream.OUTPUT))

    def _law(self, length: float, count: int, stream: Stream) -> np.ndarray:
        if self.kind == "fixed" or (self.kind == "about" and stream == Stream.PROMPT):
            return np.full(count, max(1, round(length)), np.int64)
        draws = luck.uniforms(SEED, int(stream), 0, count, 0, 0)
        if self.kind == "uniform":
            low, high = round(0.8 * length), round(length)
            return np.maximum(low + np.floor(draws * (high - low + 1)).astype(np.int64), 1)
        if self.kind == "about":
            return np.maximum(np.rint(length * (0.9 + 0.2 * draws)).astype(np.int64), 1)
        law = Lognormal(mean=length, cv=1.0)  # spread as conversations are
        drawn = np.minimum(law.quantiles(Path())(draws), _LONGEST_SPREAD * length)
        return np.maximum(np.rint(drawn * (length / drawn.mean())).astype(np.int64), 1)


def load(point: Point, framework: Framework) -> Load:
    """What the benchmark of a point sent.

    Raises UnknownProtocol if the point does not say enough.
    """
    lengths, kind = _lengths(point), point.load_type
    if kind == "closed_loop_concurrency":
        return _closed_loop(point, framework, lengths)
    if kind.startswith("open_loop") or kind == "trace":
        if not point.load_value and "single-stream" in point.workload:
            return _static(point, framework, lengths, 1)
        return _open_loop(point, framework, lengths)
    if kind == "offline_all_at_once":
        return _offline(point, framework, lengths)
    if kind == "static_batch":
        return _static(point, framework, lengths, int(_number(point.load_value, "batch")))
    raise UnknownProtocol(f"load type {kind!r} is not one that is simulated")


_SKEWED = r"sharegpt|openorca"
_DATA_SETS = ((r"gsm8k", 200.0), (r"openorca", 294.0))
"""Mean prompt tokens of MLPerf's data sets, whose rows give answers only."""


def _lengths(point: Point) -> Lengths:
    workload = point.workload.lower()
    prompt, output, notes = point.isl, point.osl, []
    if prompt is None and (mean := re.search(r"in ~(\d+)", workload)):
        prompt = float(mean[1])
    if prompt is None:
        prompt = next((mean for pattern, mean in _DATA_SETS if re.search(pattern, workload)), None)
        notes += [f"prompt lengths not given: {prompt:g} tokens in the mean"] if prompt else []
    if prompt is None and output is None and re.search(r"single-stream|batch1", workload):
        prompt, output = 128.0, 256.0
        notes.append("lengths not given: 128 tokens in, 256 out")
    if prompt is None or output is None:
        raise UnknownProtocol("prompt and answer lengths are not given")
    return Lengths(prompt, output, _kind(point), tuple(notes))


def _kind(point: Point) -> str:
    """Which law lengths follow: equal answers keep clients in step, as they were in some runs and not in others."""
    if is_served(point):
        return "uniform"
    if is_nominal(point):
        return "about" if spreads(point, framework_name(point.framework)) else "fixed"
    return "skewed" if re.search(_SKEWED, point.workload.lower()) else "fixed"


def _number(text: str, what: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise UnknownProtocol(f"load_value {text!r} is not a {what}") from None
    if not 0 < number < float("inf"):
        raise UnknownProtocol(f"load_value {text!r} is not a {what}")
    return number


def _tasks(lengths: Lengths, count: int) -> np.recarray:
    tasks = TASKS.empty(count)
    tasks.prompt_tokens, tasks.output_tokens = lengths.draw(count)
    return tasks


def _closed_loop(point: Point, framework: Framework, lengths: Lengths) -> Load:
    """Clients who each send their share of the requests one after the other; all start at once."""
    clients = round(_number(point.load_value or _slots(point), "number of clients"))
    count = int(point.num_requests or _ROUNDS * clients)
    clients = max(1, min(clients, count))
    rounds = -(-count // clients)
    tasks = _tasks(lengths, rounds * clients)
    tasks.think_ns[max(count - clients, 0) :] = FOREVER_NS
    slots = max(clients - framework.late_slot, 1)
    budget = framework.budget(lengths.prompt, clients)
    received_s = framework.request_s and framework.request_s + clients * framework.client_s + framework.processor_s
    times = {"request_s": received_s, "processor_s": framework.processor_s, "wait_steps": framework.wait_steps}
    notes, compile_s = lengths.notes, framework.first_burst_s + framework.halted_s
    if compile_s and tasks.prompt_tokens[:clients].sum() > budget:  # a full step has a shape that has no kernel yet
        times |= {"first_burst_s": framework.first_burst_s, "halted_s": framework.halted_s}
        notes += (f"kernels taken to be compiled for {compile_s:g} s at the first full step",)
    return Load(tasks, clients, slots, budget, framework.scheduler, **times, notes=notes)


def _slots(point: Point) -> str:
    """Decode workers times their batch: the clients of a disaggregated point that does not give them."""
    found = {name: float(value) for name, value in re.findall(r"(workers|bs)=([\d.]+)", point.decode_cfg)}
    return str(found["workers"] * found["bs"]) if len(found) == 2 else ""


def _open_loop(point: Point, framework: Framework, lengths: Lengths) -> Load:
    """Arrivals at a rate: evenly spaced or Poisson; several stages one after the other."""
    rates = [_number(text, "rate") for text in point.load_value.split(";")]
    per_stage = [min(int(point.num_requests or rate * _STAGE_S), _MOST_REQUESTS) for rate in rates]
    tasks = _tasks(lengths, sum(per_stage))
    gaps_s = np.concatenate([np.full(count, 1.0 / rate) for rate, count in zip(rates, per_stage, strict=True)])
    if "constant-rate" not in point.workload:
        gaps_s = gaps_s * -np.log(luck.uniforms(SEED, int(Stream.ARRIVAL), 0, len(tasks), 0, 0))
    tasks.arrival_ns = np.rint(np.cumsum(gaps_s) * 1e9)
    budget = framework.budget(lengths.prompt, framework.max_num_seqs)
    limits = (framework.max_num_seqs, budget, framework.scheduler)
    held = point.load_type == "open_loop_poisson_qps" and not point.num_requests
    return Load(tasks, 0, *limits, request_s=framework.request_s, held=held, notes=lengths.notes)


def _offline(point: Point, framework: Framework, lengths: Lengths) -> Load:
    """All requests at once."""
    tasks = _tasks(lengths, int(point.num_requests or _samples(point)))
    slots = framework.max_num_seqs
    if "max_num_seqs = num_prompts" in point.notes:
        slots = len(tasks)
    slots = min(slots, len(tasks))
    return Load(tasks, 0, slots, framework.budget(lengths.prompt, slots), framework.scheduler, notes=lengths.notes)


def _samples(point: Point) -> float:
    """Requests of an offline run that does not give them: MLPerf's for the rate that was expected of the system."""
    try:
        expected = float(point.load_value) * _STAGE_S * _SLACK
    except ValueError:
        expected = 0.0
    return max(_MLPERF_SAMPLES, min(expected, _MOST_REQUESTS))


def _static(point: Point, framework: Framework, lengths: Lengths, batch: int) -> Load:
    """One batch, prefilled together and decoded to its end."""
    tasks = _tasks(lengths, batch)
    together = min(int(tasks.prompt_tokens.sum()), _STATIC_BUDGET)
    budget = max(framework.budget(lengths.prompt, batch), together)
    return Load(tasks, 0, batch, budget, Scheduler.STATIC, batched=True, notes=lengths.notes)
