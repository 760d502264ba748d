"""Studies made by formulas, for tests of what reads a study: no engine runs, arrays are worked out from their index."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace

import numpy as np

from fleetsim.metrics.contract import METRICS, ClassFacts, Figure, PoolFacts, RunFacts
from fleetsim.metrics.view import View
from fleetsim.records import Records
from fleetsim.records.run_log import RunLog
from fleetsim.study.results import Arm, Run, Study
from fleetsim.tables import CALLS, SAMPLES, TASK_RECORDS, UNLIMITED_BLOCKS, Status

HORIZON_S = 600.0
WARM_UP_S = 60.0
CLASSES = (ClassFacts("chat", 2.0, 0.1, None), ClassFacts("code", None, None, 30.0))
_NAMES = (
    "One large model", "Mixture of experts", "Router and specialists", "Large model, spot price",
    "Large model on fewer GPUs", "Small model alone", "Router (replicas=2)", "Router (replicas=4)",
    "Router (replicas=8)", "Experts, FP8", "Experts, TP16", "Experts on B200 with a rather long name of its own",
)  # fmt: skip
_SPEED = (1.0, 0.45, 0.62, 1.04, 2.6, 0.3, 0.9, 0.7, 0.6, 0.41, 0.38, 0.33)
_PRICE = (57.6, 38.0, 21.4, 31.0, 30.0, 6.0, 18.0, 24.0, 36.0, 37.0, 70.0, 90.0)


def study(
    arms: int = 3, *, tasks: int = 1500, replicates: int = 1, slowdown: float = 1.0, targets: bool = True
) -> Study:
    """A study of so many arms; `slowdown` above 4 makes every arm miss its targets."""
    made = tuple(_arm(index, tasks, replicates, slowdown, targets) for index in range(arms))
    provenance = {
        "fleetsim": "0.1.0", "engine": "core", "seed": 7, "python": "3.11.9",
        "libraries": {"numpy": "2.1.0", "numba": "0.61.0"},
        "scenario_sha256": "9f" * 32,
        "inputs": {"scenarios/monolith.yaml": "ab" * 32, "traces/azure conversation.csv": "cd" * 32},
        "command": ["fleetsim", "run", "scenarios/monolith vs mosaic.yaml", "--set", "seed=7"],
    }  # fmt: skip
    resolved = "name: monolith_vs_mosaic\nseed: 7\nworkload:\n  classes:\n    chat: {share: 2.0}\n"
    return Study(
        "Monolith or mosaic", "Which serves this production hour cheaper and faster?", made, provenance, resolved
    )


def reworded(of: Study, change) -> Study:
    """The study with every text of its facts and provenance replaced by `change(text)`."""

    def deep(value):
        if isinstance(value, str):
            return change(value)
        if isinstance(value, dict):
            return {change(str(k)): deep(v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(deep(v) for v in value)
        return value

    def facts(of_run: RunFacts) -> RunFacts:
        pools = tuple(replace(p, **{k: deep(v) for k, v in vars(p).items()}) for p in of_run.pools)
        classes = tuple(replace(c, name=change(c.name)) for c in of_run.classes)
        texts = {k: deep(getattr(of_run, k)) for k in ("arm", "architecture", "description", "variation", "domains")}
        return replace(of_run, **texts, pools=pools, classes=classes)

    def figure(old: Figure) -> Figure:
        kind, _, name = old.scope.partition(" ")
        return replace(
            old, scope=f"{kind} {change(name)}" if name else kind, interval=old.interval and change(old.interval)
        )

    def arm(old: Arm) -> Arm:
        runs = tuple(replace(r, facts=facts(r.facts), figures=tuple(map(figure, r.figures))) for r in old.runs)
        return Arm(change(old.name), runs, tuple(map(figure, old.figures)))

    def finding(old):
        """Every text but what names a figure, a verdict or a method: those are words of the program."""
        if isinstance(old, Figure):
            return figure(old)
        if is_dataclass(old):
            kept = {f.name: getattr(old, f.name) for f in fields(old)}
            return type(old)(**{k: v if k in _WORDS_OF_OURS else finding(v) for k, v in kept.items()})
        if isinstance(old, tuple):
            return tuple(map(finding, old))
        return change(old) if isinstance(old, str) and old else old

    provenance = {k: deep(v) for k, v in of.provenance.items()}
    findings = tuple(map(finding, of.findings))
    return Study(
        change(of.name), change(of.question), tuple(map(arm, of.arms)), provenance, change(of.resolved), findings
    )


_WORDS_OF_OURS = {"figure", "objective", "axes", "unit", "better", "verdict", "scope"}


def _pools(index: int) -> tuple[PoolFacts, ...]:
    share, first = _PRICE[index] / 3600, 0
    plans = [("large", "Llama-3.1-405B", "H200", 2, 0.5, 90_000, "calibrated")]
    if index % 3 == 2:
        plans = [("router", "ModernBERT", "Xeon with AMX", 2, 0.01, UNLIMITED_BLOCKS, "family"),
                 ("chat wafer", "Llama-3.1-8B", "WSE-3", 1, 0.58, 20_000, "data sheet"),
                 ("coder", "Qwen2.5-Coder-32B", "H100", 4, 0.1, 30_000, "measured")]  # fmt: skip
    out = []
    for name, model, hardware, replicas, part, blocks, basis in plans:
        sources = (("memory bandwidth", "4.8 TB/s", "vendor data sheet, 2024", "high"),
                   ("price", f"${share * part * 3600:.2f} per h", "list price, on demand", "medium"))  # fmt: skip
        notes = ("List price of a system, spread over five years.",) if hardware == "WSE-3" else ()
        out.append(PoolFacts(name, model, hardware, replicas, first, 8, share * part, "list price; confidence medium",
                             600.0, 5600.0, 4200.0, blocks, 16, 256, basis, sources, notes,
                             pue=1.2, carbon_g_per_kwh=350.0))  # fmt: skip
        first += replicas
    return tuple(out)


def _arm(index: int, tasks: int, replicates: int, slowdown: float, targets: bool) -> Arm:
    classes = CLASSES if targets else tuple(ClassFacts(c.name) for c in CLASSES)
    runs = []
    for replicate in range(replicates):
        facts = RunFacts(
            _NAMES[index], _NAMES[index], f"Alternative number {index + 1} of the question.", (), replicate,
            7 + replicate, HORIZON_S, WARM_UP_S, _pools(index), classes, ("chat", "code"), 0.99,
        )  # fmt: skip
        records = _records(index, tasks, replicate, slowdown, facts.pools)
        runs.append(Run(facts, records, _figures(facts, records), WARM_UP_S, 0.5))
    return Arm(_NAMES[index], tuple(runs), runs[0].figures)


def _records(index: int, count: int, replicate: int, slowdown: float, pools: tuple[PoolFacts, ...]) -> Records:
    tasks, i = TASK_RECORDS.empty(count), np.arange(count)
    spread = ((i * 0.6180339887 + replicate * 0.37) % 1 + 0.5 / count) * (
        1 - 1 / count
    )  # even over (0, 1), out of order
    other = (i * 0.7548776662 + 0.1) % 1
    tasks.task, tasks.class_id = i, i % 3 == 2
    tasks.arrival_ns = ((i + 0.5 * other) / count * HORIZON_S * 1e9).astype(np.int64)
    tasks.prompt_tokens, tasks.output_tokens = 200 + 900 * other, 20 + 380 * (1 - other) ** 2
    speed = _SPEED[index] * slowdown
    ttft_s = 0.22 * speed * np.exp(0.55 * np.log(spread / (1 - spread)) * 0.62)
    tpot_s = 0.028 * speed * (1 + 0.35 * other)
    tasks.first_token_ns = tasks.arrival_ns + (ttft_s * 1e9).astype(np.int64)
    tasks.finish_ns = tasks.first_token_ns + (tpot_s * (tasks.output_tokens - 1) * 1e9).astype(np.int64)
    tasks.status, tasks.calls = Status.FINISHED, 1
    if index == 4:  # overloaded: the end of its tasks is still in flight
        late = i > count * 0.96
        tasks.status[late], tasks.first_token_ns[late], tasks.finish_ns[late] = Status.IN_FLIGHT, -1, -1
    samples = _samples(index, pools)
    final = samples[len(samples) - sum(p.replicas for p in pools) :]
    return Records(_calls(index, tasks, pools), tasks, RunLog(), samples, final)


def _calls(index: int, tasks: np.recarray, pools: tuple[PoolFacts, ...]) -> np.recarray:
    """One call a task, of the only pool; or a router's, then a specialist's by class of task."""
    routed = len(pools) == 3
    calls = CALLS.empty(len(tasks) * (2 if routed else 1))
    last = calls[1::2] if routed else calls
    calls.task = np.repeat(tasks.task, 2 if routed else 1)
    calls.prefill_replica, calls.transferred_ns = -1, -1
    last.node = last.pool = 1 + tasks.class_id if routed else 0
    last.replica = np.array([pool.first_replica for pool in pools])[last.pool]
    last.status, last.finish_ns, last.first_token_ns = tasks.status, tasks.finish_ns, tasks.first_token_ns
    last.sent_ns = last.queued_ns = last.admitted_ns = tasks.arrival_ns
    if routed:
        first = calls[::2]
        first.status, first.sent_ns, first.queued_ns, first.admitted_ns = Status.FINISHED, *[tasks.arrival_ns] * 3
        first.finish_ns = first.first_token_ns = tasks.arrival_ns + 1_000_000
        last.sent_ns = last.queued_ns = last.admitted_ns = first.finish_ns
    return calls


def _samples(index: int, pools: tuple[PoolFacts, ...]) -> np.recarray:
    replicas = sum(p.replicas for p in pools)
    samples = SAMPLES.empty(241 * replicas)
    step, r = np.divmod(np.arange(len(samples)), replicas)
    t = step / 240
    samples.time_ns, samples.replica = (t * HORIZON_S * 1e9).astype(np.int64), r
    busy = 0.45 + 0.08 * (index % 4) + 0.05 * r
    worked = HORIZON_S * 1e9 * (busy * t + 0.03 * np.sin(6 * t) - 0.03 * np.sin(0.0))
    samples.decode_ns, samples.prefill_ns = (0.8 * worked).astype(np.int64), (0.2 * worked).astype(np.int64)
    samples.waiting = np.maximum(0, 6 * np.sin(9 * t + r) + 4 * np.sin(31 * t) + (60 * t if index == 4 else 0))
    samples.running, samples.steps = 20 + 8 * np.sin(7 * t), step * 200
    samples.kv_blocks = (9000 + 7000 * np.sin(5 * t + 0.5 * r)).astype(np.int64)
    return samples


def _figures(facts: RunFacts, records: Records) -> tuple[Figure, ...]:
    view = View(facts, records)
    return tuple(figure for metric in METRICS.values() for figure in metric.rule(view))
