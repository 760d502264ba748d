"""Points with one queue and first come, first served: M/M/c, M/G/1, M/D/c, and arrivals of other kinds."""

from __future__ import annotations

import math

import theory_figures as see
import theory_formulas as formulas
from theory_point import Check, Point, Span, checks_of, oracles, point, tail_checks, values_of
from theory_runs import TOKENS_PER_S, exponential, fixed, job, poisson, queue

_LONG_TAIL = {"p50": 0.04, "p90": 0.06, "p99": 0.15}

LOGNORMAL = {"kind": "lognormal", "median": math.exp(-0.5) * TOKENS_PER_S, "sigma": 1.0}
"""Mean one second."""

_H2 = {
    "kind": "mixture",
    "parts": [{"weight": 0.9, "law": exponential(0.5)}, {"weight": 0.1, "law": exponential(5.5)}],
}


def _mmc(
    name: str, lam: float, mean_s: float, slots: int, span: Span, tails: tuple[str, ...], cap: float = 0.01
) -> Point:
    figures = {"Wq": see.wait(), "W": see.sojourn, "Pwait": see.waited(), "L": see.number()}
    checks = checks_of(name, figures, {"Wq": 2 * cap, "L": 2 * cap, "W": cap})
    checks += tail_checks(name, *tails, caps=_LONG_TAIL if cap > 0.01 else None)
    return point(name, queue(poisson(lam), job(exponential(mean_s)), slots=slots), span, checks)


def memoryless() -> list[Point]:
    """M/M/1 and M/M/c: one replica with one slot or c slots."""
    waits = "p50_Wq", "p90_Wq", "p99_Wq"
    both = (*waits, "p50_W", "p99_W")
    return [
        _mmc("MM1-50", 0.5, 1, 1, Span(200, 100_000, None, 1), ("p90_Wq", "p99_Wq", "p999_Wq", "p50_W", "p99_W")),
        _mmc("MM1-80", 0.8, 1, 1, Span(2_000, 250_000, 40_000, 1), (*both, "p999_Wq")),
        _mmc("MM1-95", 0.95, 1, 1, Span(20_000, 700_000, None, 1), (*waits, "p99_W"), 0.02),
        _mmc("MMc-3-0.2", 0.2, 10, 3, Span(2_000, 500_000, None, 10), both[1:]),
        _mmc("MMc-4-0.2", 0.2, 10, 4, Span(2_000, 500_000, None, 10), both[1:]),
        _mmc("MMc-8-7.2", 7.2, 1, 8, Span(500, 60_000, 8_000, 1), both),
        _mmc("MMc-32-30", 30, 1, 32, Span(500, 25_000, None, 1), both),
    ]


def _mg1(name: str, lam: float, law: dict, span: Span, cap: float = 0.01) -> Point:
    figures = {"Wq": see.wait(), "W": see.sojourn, "L": see.number()}
    values = values_of(name)
    squared = Check("E[Wq^2]", values["varWq"] + values["Wq"] ** 2, see.wait_squared, 5 * cap)
    checks = checks_of(name, figures, {"Wq": 2 * cap, "W": cap, "L": 2 * cap})
    return point(name, queue(poisson(lam), job(law)), span, (*checks, squared))


def _mdc(name: str, lam: float, slots: int, span: Span) -> Point:
    figures = {"Wq": see.wait(), "W": see.sojourn, "Pwait": see.waited()}
    checks = checks_of(name, figures, {"Wq": 0.02}) + tail_checks(name, "p50_Wq", "p99_Wq", "p999_Wq")
    return point(name, queue(poisson(lam), job(fixed(1)), slots=slots), span, checks)


def general_sizes() -> list[Point]:
    """M/G/1 (Pollaczek and Khinchine) and M/D/c."""
    erlang2 = {"kind": "gamma", "mean": TOKENS_PER_S, "cv": math.sqrt(0.5)}
    uniform = {"kind": "uniform", "low": 0.5 * TOKENS_PER_S, "high": 1.5 * TOKENS_PER_S}
    return [
        _mdc("MD1-80", 0.8, 1, Span(1_000, 150_000, 30_000)),
        _mdc("MDc-4-90", 3.6, 4, Span(1_000, 120_000)),
        _mg1("ME2-70", 0.7, erlang2, Span(1_000, 100_000, None, 1)),
        _mg1("MH2-70", 0.7, _H2, Span(5_000, 400_000, None, 1), 0.02),
        _mg1("MLN-60", 0.6, LOGNORMAL, Span(2_000, 400_000, None, 1), 0.02),
        _mg1("MU-85", 0.85, uniform, Span(2_000, 150_000, None, 1)),
    ]


def other_arrivals() -> list[Point]:
    """Arrivals evenly spaced, dealt in turn to four replicas, bursty; and bounds for any renewal arrivals."""
    row = oracles()["KING-U-90"]
    gamma = {"kind": "gamma", "rate": "0.9 per s", "cv": math.sqrt(row["params"]["ca2"])}
    states = [{"rate": f"{rate} per s", "dwell": "20 s"} for rate in (1.5, 0.3)]
    bounds = (
        Check("Wq <= Daley", row["values"]["Wq_upper_daley"], see.wait(), 0.03, "at most"),
        Check("Wq <= Kingman", row["values"]["Wq_upper"], see.wait(), 0.03, "at most"),
        Check("Wq >= Marchal", formulas.marchal_lower_bound_s(0.9, 1, 5.5), see.wait(), 0.03, "at least"),
    )
    even = queue({"kind": "constant", "rate": "0.8 per s"}, job(exponential(1)))
    turns = queue(poisson(3.2), job(exponential(1)), replicas=4, balancer="round_robin")
    bursts = queue({"kind": "mmpp", "states": states}, job(exponential(1 / 1.2)))
    renewal = {
        name: checks_of(name, {"Wq": see.wait(), "W": see.sojourn}, {"Wq": 0.02}) + tail_checks(name, "p99_Wq", "p99_W")
        for name in ("DM1-80", "RR4-80")
    }
    modulated = checks_of("MMPP", {"W": see.sojourn, "L": see.number()}, {"W": 0.03, "L": 0.03})
    return [
        point("DM1-80", even, Span(500, 100_000, 20_000), renewal["DM1-80"]),
        point("RR4-80", turns, Span(500, 40_000, 8_000), renewal["RR4-80"]),
        point("MMPP", bursts, Span(5_000, 500_000, None, 1), modulated),
        point("KING-U-90", queue(gamma, job(_H2)), Span(20_000, 500_000), bounds),
    ]
