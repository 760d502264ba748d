"""Points whose sequences share a replica, whose replicas share the load, or whose clients wait for their answers."""

from __future__ import annotations

import theory_figures as see
import theory_formulas as formulas
from theory_point import Check, Point, Span, checks_of, point, values_of
from theory_queues import LOGNORMAL
from theory_runs import TOKENS_PER_S, exponential, fleet, job, poisson, pool, queue

_SHARED = {"base": "0 s", "per_token": "10 us", "slots": 2_000}
"""A step of b sequences lasts b times as long as a step of one: the replica's speed is shared among them."""


def _uniform(mean_s: float) -> dict:
    return {"kind": "uniform", "low": 1, "high": 2 * mean_s * TOKENS_PER_S}


def processor_sharing() -> list[Point]:
    """Any number of sequences share a replica; means do not depend on the law of sizes."""
    conditional = {"slowdown": see.slowdown, "W_of_x2": see.sojourn_of_size(2.0)}
    mgps = checks_of("MGPS-70", {"W": see.sojourn, "L": see.number()} | conditional, {"L": 0.02, "W_of_x2": 0.02})
    values = values_of("MMPS-70")
    squared = Check("E[W^2]", values["varW"] + values["W"] ** 2, see.sojourn_squared, 0.04)
    classes = {
        "short": job(exponential(0.5), arrivals=poisson(0.6)),
        "long": job(_uniform(2), arrivals=poisson(0.2)),
    }
    bcmp = checks_of("BCMP-PS2", {"W_0": see.sojourn_of(0), "W_1": see.sojourn_of(1)}, {"W_0": 0.02, "W_1": 0.02})
    return [
        point("MGPS-70", queue(poisson(0.7), job(LOGNORMAL), **_SHARED), Span(500, 120_000, 20_000, 1), mgps),
        point(
            "MMPS-70",
            queue(poisson(0.7), job(exponential(1)), **_SHARED),
            Span(500, 150_000),
            (*checks_of("MMPS-70", {"W": see.sojourn}), squared),
        ),
        point("BCMP-PS2", fleet(None, classes, {"servers": pool(**_SHARED)}), Span(500, 150_000), bcmp),
    ]


def ample_servers() -> list[Point]:
    """A slot for everybody: the number inside is Poisson, whatever the law of sizes and however the rate moves."""
    counts = checks_of("MGinf-20", {"L": see.number(), "P_le_25": see.state_share(0, 25)})
    spread = Check("varL", values_of("MGinf-20")["varL"], see.number_spread(20.0), 0.02)
    wave = {"kind": "diurnal", "rate": "10 per s", "amplitude": 0.8, "period": "24 s", "peak": "6 s"}
    phases = {f"m_at_{hour}": see.number_at_phase(hour // 6, 4) for hour in (0, 6, 12, 18)}
    return [
        point(
            "MGinf-20", queue(poisson(4), job(_uniform(5)), slots=2_000), Span(100, 20_000, None, 1), (*counts, spread)
        ),
        point(
            "MtMinf",
            queue(wave, job(exponential(2)), slots=2_000),
            Span(48, 24_000, None, 6),
            checks_of("MtMinf", phases),
        ),
    ]


def limited_sharing() -> list[Point]:
    """Speed that depends on the number in the batch, with a queue behind it."""
    lps = queue(poisson(8), job(exponential(1)), base="10 us", per_token="0.25 us", slots=16)
    rps = queue(poisson(10), job(exponential(1 / 12)), slots=3)
    beyond_step = {"W": see.sojourn, "L": see.number(), "Pwait": see.waited(20e-6)}
    shares = {f"p{n}": see.state_share(n, n) for n in range(7)}
    caps = {"p3": 0.02, "p4": 0.03, "p5": 0.04, "p6": 0.08}
    return [
        point(
            "LPS-16", lps, Span(100, 8_000, 2_000, 0.5), checks_of("LPS-16", beyond_step, {"Pwait": 0.06, "L": 0.02})
        ),
        point("RPS-3", rps, Span(50, 15_000, None, 0.2), checks_of("RPS-3", shares, caps)),
    ]


def batching() -> list[Point]:
    """Continuous batching with geometric answers, and batches of one step: Markov chains at the starts of steps."""
    chain = {
        "W": see.sojourn,
        "L": see.number(),
        "mean_running_at_iteration": see.batch,
        "tok_rate": see.token_rate,
        "mean_tbt_token_weighted": see.token_gap,
    }
    answers = {"kind": "geometric", "mean": 50}
    long_answers = {"kind": "geometric", "mean": 200}
    cb16 = queue(poisson(8), job(answers), base="20 ms", per_token="0.5 ms", slots=16)
    cb64 = queue(poisson(7), job(long_answers), base="15 ms", per_token="0.3 ms", slots=64)
    batch = {"W": see.sojourn, "L": see.number(), "mean_batch": see.batch}
    points = [
        point("CB-16", cb16, Span(100, 8_000, 2_000, 0.1), checks_of("CB-16", chain), bias=0.0),
        point("CB-64", cb64, Span(200, 12_000, 3_000, 0.1), checks_of("CB-64", chain), bias=0.0),
    ]
    for name, lam, per_token, slots in (
        ("DB-inf", 6, "0.1 s", 8_000),
        ("DB-8", 3.6, "0.1 s", 8),
        ("MDb-8", 6, "0 s", 8),
    ):
        document = queue(poisson(lam), job(1), base="1 s", per_token=per_token, slots=slots)
        fast = 6_000 if name == "DB-8" else None
        checks = checks_of(name, batch)
        if slots == 8:  # without that limit the replica is idle too seldom to be counted
            checks += (Check("idle", 1 - values_of(name)["util"], see.idle_time, 0.1),)
        points.append(point(name, document, Span(200, 25_000, fast, 0.37), checks, bias=0.0))
    return points


def _dealt(balancer: object, replicas: int, per_replica: float) -> dict:
    return queue(poisson(per_replica * replicas), job(exponential(1)), replicas=replicas, balancer=balancer)


def balancing() -> list[Point]:
    """Replicas of one slot behind a balancer: the shortest of two queues, and the better of a few of many."""
    idle = {"W": see.sojourn, "L": see.number(), "P_idle_both": see.all_idle, "P_some_idle": see.some_idle}
    points = [
        point(
            name,
            _dealt("least_outstanding", 2, rho),
            span,
            checks_of(name, idle, dict.fromkeys(idle, cap)),
        )
        for name, rho, span, cap in (
            ("JSQ2-80", 0.8, Span(1_000, 100_000, 20_000, 1), 0.02),
            ("JSQ2-95", 0.95, Span(10_000, 250_000, None, 1), 0.03),
        )
    ]
    for name, choices in (("PoD-2-90", 2), ("PoD-3-90", 3)):
        rule = {"kind": "power_of_two", "choices": choices}
        figures = {"W": see.sojourn, "s2": see.replicas_with(2), "s3": see.replicas_with(3)}
        document = tuple(_dealt(rule, replicas, 0.9) for replicas in (100, 200))
        span = Span(100, 1_500, None, 1)
        # The bias of N replicas is of order 1/N: twice the value at 2N less that at N is free of it.
        points.append(point(name, document, span, checks_of(name, figures, {"s3": 0.02}), combined=_extrapolated))
    return points


def _extrapolated(values: list[float]) -> float:
    return 2 * values[1] - values[0]


def networks() -> list[Point]:
    """Clients who wait and think, and workflows through several pools: product forms."""
    closed = {"kind": "closed_loop", "clients": 20, "think": {"kind": "exponential", "mean": "5 s"}}
    repair = {"kind": "closed_loop", "clients": 16, "think": {"kind": "exponential", "mean": "4 s"}}
    mva = {"X": see.task_rate, "R": see.sojourn}
    mva |= {f"Q_{k}": see.number(k) for k in (0, 1)} | {f"U_{k}": see.busy(k) for k in (0, 1)}
    finite = {"X": see.task_rate, "L": see.number(), "W": see.sojourn, "util": see.slots_busy(3)}
    tandem = _routed(closed, 0.3, {"answers": (0.1, 1, 1.0)})
    return [
        point("MVA-20", tandem, Span(200, 30_000, 6_000, 1), checks_of("MVA-20", mva, {"Q_0": 0.02, "Q_1": 0.02})),
        point(
            "REPAIR-16",
            queue(repair, job(exponential(1)), slots=3),
            Span(200, 30_000, None, 1),
            checks_of("REPAIR-16", finite),
        ),
        _jackson(),
    ]


_PROMPT_TOKENS = 10_000


def _routed(arrivals: dict, sorting_s: float, stations: dict[str, tuple[float, int, float]]) -> dict:
    """A classifier of one slot that works through exponential prompts, then stations (mean answer, slots, share)."""
    room = 1 << 18  # a prompt longer than a step's budget has probability exp(-26)
    per_token = f"{sorting_s / _PROMPT_TOKENS * 1e9} ns"
    pools = {"sorter": pool(base="0 s", per_token=per_token, max_num_batched_tokens=room)}
    mean_s = next(iter(stations.values()))[0]
    for name, (own_mean_s, slots, _) in stations.items():
        step = f"{10 * own_mean_s / mean_s} us"
        pools[name] = pool(base=step, slots=slots, max_num_batched_tokens=room)
    shares = {name: share for name, (_, _, share) in stations.items()}
    classifier = {"pool": "sorter", "confusion": {next(iter(stations)): shares}, "prompt_limit": room}
    workflow = {"kind": "route", "classifier": classifier, "routes": {name: name for name in stations}}
    task = job(exponential(mean_s), domains={next(iter(stations)): 1.0})
    return fleet(arrivals, task | {"prompt": {"kind": "geometric", "mean": _PROMPT_TOKENS}}, pools, workflow)


def _jackson() -> Point:
    """M/M/1, then one of two M/M/c by chance: departures of M/M/c are Poisson (Burke), stations independent."""
    stations = {"chat": (0.5, 2, 0.6), "code": (2.0, 4, 0.4)}
    sorter_s = formulas.mmc_sojourn_s(3, 1 / 0.2, 1)
    chat_s, code_s = formulas.mmc_sojourn_s(1.8, 1 / 0.5, 2), formulas.mmc_sojourn_s(1.2, 1 / 2.0, 4)
    checks = (
        Check("W", sorter_s + 0.6 * chat_s + 0.4 * code_s, see.sojourn),
        Check("W_sorter", sorter_s, see.call_time(0)),
        Check("W_chat", chat_s, see.call_time(1)),
        Check("W_code", code_s, see.call_time(2)),
    )
    family, source = "open Jackson network: M/M/1, then M/M/2 or M/M/4", "Jackson 1957; Burke 1956"
    return Point("JACK-ROUTE", family, source, (_routed(poisson(3), 0.2, stations),), Span(500, 30_000), checks)
