"""Findings made by formulas, for tests of what reads them."""

from __future__ import annotations

from fleetsim.findings import (
    Candidate,
    CapacityAnswer,
    Constraint,
    Crossing,
    Curve,
    CurvePoint,
    Difference,
    Finding,
    Front,
    Influence,
    Line,
    Option,
    Sensitivity,
    Swing,
    Tornado,
)
from fleetsim.metrics.contract import Figure


def figure(
    name: str, value: float, unit: str, better: str = "lower", scope: str = "all", width: float = 0.03
) -> Figure:
    """A figure with an interval of a width relative to its value."""
    return Figure(name, scope, value, unit, better, value * (1 - width), value * (1 + width), "replications")


def candidate(name: str, usd: float, kept: float) -> Candidate:
    """A fleet at a price that keeps a share of tasks within their targets."""
    figures = (
        figure("usd_per_hour", usd, "USD/h", width=0.0),
        figure("slo_attainment", kept, "share", "higher", "class chat", 0.001),
        figure("e2e_p99", 4000 / kept, "ms"),
    )
    settings = (("pools.chat.replicas", str(round(usd / 10))), ("pools.chat.hardware", "h100"))
    return Candidate(name, settings, figures, kept >= 0.99)


def capacity() -> CapacityAnswer:
    """A search that found its fleet."""
    chosen = candidate("chat on 4 H100", 42.0, 0.994)
    constraints = (
        Constraint(chosen.figures[1], 0.99, at_least=True, binding=True),
        Constraint(chosen.figures[2], 6000.0, at_least=False),
    )
    return CapacityAnswer(
        "usd_per_hour", chosen, candidate("chat on 5 H100", 52.5, 0.999), candidate("chat on 3 H100", 31.5, 0.92),
        candidate("one large model on 8 H200", 109.0, 0.995), constraints, 0.05, 1200, 1100, 60, 900,
        "bounds of a fluid model, then KN on common random numbers",
    )  # fmt: skip


def curves(arms: tuple[str, str]) -> Curve:
    """Cost against load of two arms that cross."""

    def line(arm: str, fixed: float, slope: float) -> Line:
        points = [(x / 10, fixed / x * 10 + slope) for x in range(1, 21)]
        return Line(arm, tuple(CurvePoint(x, y, y * 0.96, y * 1.04) for x, y in points))

    lines = (line(arms[0], 0.003, 0.001), line(arms[1], 0.001, 0.0036))
    crossing = Crossing(0.769, arms[1], arms[0], 0.70, 0.84)
    return Curve(
        "usd_per_slo_met_task", "USD", "workload.arrivals.rate", lines, "times", "lower", limit=0.009, here=1.0,
        crossings=(crossing,),
    )  # fmt: skip


def named_curve(arms: tuple[str, ...]) -> Curve:
    """A figure against values that are no numbers."""
    lines = tuple(
        Line(
            arm,
            tuple(
                CurvePoint(x, 3000.0 + 500 * x * (i + 1), 2900.0 + 480 * x, 3200.0 + 520 * x * (i + 1))
                for x in range(3)
            ),
        )
        for i, arm in enumerate(arms)
    )
    return Curve("e2e_p99", "ms", "pools.chat.balancer", lines, x_names=("round_robin", "least_tokens", "random"))


def differences(a: str, b: str) -> tuple[Difference, ...]:
    """One better, one worse, one that is no evidence."""
    return (
        Difference(
            "usd_per_slo_met_task", "USD", a, b, -0.0012, -0.0014, -0.001, 0.0074, "better", 12, 0.12, "all", "lower"
        ),
        Difference("e2e_p99", "ms", a, b, 900.0, 500.0, 1300.0, 8000.0, "worse", 12, 0.32, "all", "lower"),
        Difference(
            "slo_attainment", "share", a, b, 0.001, -0.004, 0.006, 0.99, "no evidence", 12, 0.7, "class chat", "higher"
        ),
    )


def front(arms: tuple[str, ...]) -> Front:
    """Thirty options of cost, latency and quality."""
    options = []
    for i in range(30):
        share = (i * 0.618) % 1
        figures = (
            figure("usd_per_hour", 20 + 90 * share, "USD/h"),
            figure("e2e_p99", 2000 + 6000 * (1 - share) ** 2 + 900 * (i % 4), "ms"),
            figure("accuracy", 0.72 + 0.2 * share**0.5 - 0.02 * (i % 3), "share", "higher", width=0.01),
        )
        options.append(Option(f"fleet {i}", figures, arms[i % len(arms)], i % 5 != 4, i == 7))
    return Front(("usd_per_hour", "e2e_p99", "accuracy"), tuple(options))


def influences(arm: str) -> tuple[Tornado, Sensitivity]:
    """One input at a time, and all at once."""
    swings = (
        Swing("workload.arrivals.rate", "8 per s", "4 per s", 0.0041, 0.0061),
        Swing("architectures.x.pools.chat.price", "$8 per h", "$14 per h", 0.0038, 0.0066),
        Swing("workload.lengths.output.mean", "150", "400", 0.0044, 0.0058),
        Swing("architectures.x.pools.chat.max_num_seqs", "256", "64", 0.0049, 0.0051, certain=False),
    )
    shares = (Influence("workload.arrivals.rate", 0.62, 0.55, 0.7, 0.5), Influence("price", 0.31, 0.25, 0.36, 0.3))
    return (
        Tornado("usd_per_task", "USD", arm, 0.005, swings, "lower"),
        Sensitivity("usd_per_task", "USD", arm, "Sobol", shares, 2048),
    )


def all_findings(arms: tuple[str, ...]) -> tuple[Finding, ...]:
    """One of every kind at least."""
    return (
        capacity(), curves((arms[0], arms[1])), named_curve(arms), *differences(arms[0], arms[1]), front(arms),
        *influences(arms[0]),
    )  # fmt: skip
