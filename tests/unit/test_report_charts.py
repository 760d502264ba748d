"""The report's charts: valid specifications, numbers that are the records' own, few rows, looks told apart."""

import itertools
from dataclasses import replace

import altair as alt
import jsonschema
import numpy as np
import pytest
from findings_made import all_findings
from studies import WARM_UP_S, study

from fleetsim.metrics.contract import Figure
from fleetsim.report.charts.distribution import distribution, levels, nines
from fleetsim.report.charts.money import money
from fleetsim.report.charts.pareto import Spot, on_front, pareto
from fleetsim.report.charts.sankey import Band, Node, sankey
from fleetsim.report.charts.timeline import POINTS, pool_curves
from fleetsim.report.contract import SECTIONS, Chart
from fleetsim.report.palette import Key, look
from fleetsim.report.paths import ANSWER, TASK, flows, steps
from fleetsim.report.sections.cost_latency import cost_latency
from fleetsim.report.view import View
from fleetsim.tables import Status


@pytest.fixture(scope="module")
def view():
    return View(study(3))


def charts(of):
    return [block for section in SECTIONS.values() for block in section.rule(of) if isinstance(block, Chart)]


@pytest.mark.parametrize("arms", [1, 3, 12])
def test_every_chart_is_valid_vega_lite_and_has_few_rows(arms):
    valid = jsonschema.Draft7Validator(alt.load_schema())
    made = study(arms)
    names = tuple(arm.name for arm in made.arms)
    for chart in charts(View(replace(made, findings=all_findings((*names, *names)[: max(2, arms)])))):
        valid.validate(chart.spec)
        assert sum(len(rows) for rows in chart.spec["datasets"].values()) < 5000
        assert all(chart.table.rows), chart.title


def test_sections_are_found_by_folder_and_come_in_an_order_of_their_own():
    orders = [section.order for section in SECTIONS.values()]
    assert len(set(orders)) == len(orders) == 19


def test_a_curve_is_made_of_the_quantiles_of_the_finished_tasks_behind_the_warm_up(view):
    rows = distribution(view, "e2e").spec["datasets"]["rows0"]
    tasks = view.arms[1].first.records.tasks
    kept = (tasks.status == Status.FINISHED) & (tasks.arrival_ns >= WARM_UP_S * 1e9)
    times_s = (tasks.finish_ns - tasks.arrival_ns)[kept] / 1e9
    mine = [row for row in rows if row["arm"] == "Mixture of experts"]
    expected = np.quantile(times_s, levels(len(times_s)))
    assert np.allclose([row["s"] for row in mine], expected, rtol=1e-3)
    assert [row["n"] for row in mine] == sorted(row["n"] for row in mine)


@pytest.mark.parametrize("count", [2, 15, 50, 150, 1000, 1_000_000])
def test_levels_stop_where_fewer_than_ten_values_lie_beyond(count):
    shares = levels(count)
    assert len(shares) <= 160
    assert (np.diff(shares) > 0).all()
    assert shares[-1] <= max(0.5, 1 - 10 / count) + 1e-12


def test_the_axis_of_nines():
    assert np.allclose(nines(np.array([0.0, 0.9, 0.99, 0.999])), [0, 1, 2, 3])


def test_busy_shares_are_the_growth_of_the_work_counters(view):
    arm = view.arms[2]
    pool = arm.facts.pools[2]
    curves = pool_curves(arm, pool)
    samples = arm.first.records.samples
    last, first = samples[samples.time_ns == samples.time_ns.max()], samples[samples.time_ns == 0]
    mine = (last.replica >= pool.first_replica) & (last.replica < pool.first_replica + pool.replicas)
    worked = (last.prefill_ns + last.decode_ns - first.prefill_ns - first.decode_ns)[mine].sum()
    assert len(curves["time"]) == POINTS
    widths = np.diff(np.concatenate([[0], curves["time"]]))
    assert np.isclose((curves["busy"] * widths).sum(), worked / pool.replicas / 1e9, rtol=0.01)


def test_memory_that_is_not_limited_has_no_curve(view):
    router = view.arms[2].facts.pools[0]
    assert np.isnan(pool_curves(view.arms[2], router)["kv"]).all()


def test_money_adds_up_to_the_price_of_the_fleet(view):
    rows = money(view).spec["datasets"]["rows0"]
    for arm in view.arms:
        spent = sum(row["stop"] - row["start"] for row in rows if row["arm"] == arm.label)
        assert np.isclose(spent, arm.figure("usd_per_hour").value, rtol=1e-4)


def test_points_lie_at_their_figures(view):
    rows = cost_latency(view)[0].spec["datasets"]["rows0"]
    for row, arm in zip(rows, view.arms, strict=True):
        assert np.isclose(row["x"], arm.figure("ttft_p99").value / 1e3, rtol=1e-4)
        assert np.isclose(row["y"], arm.figure("usd_per_slo_met_task").value * 1e3, rtol=1e-4)


@pytest.mark.parametrize(
    ("points", "front"),
    [([(1, 5), (2, 3), (3, 4), (4, 1)], [True, True, False, True]), ([(1, 1), (1, 1)], [True, True]),
     ([(1, 2, 3), (1, 2, 2), (0, 9, 9)], [False, True, True]), ([], [])],
)  # fmt: skip
def test_the_front_holds_what_nothing_beats(points, front):
    assert on_front(points) == front


def test_every_call_flows_from_its_class_through_its_pool_to_an_outcome(view):
    arm = view.arms[2]
    found, tasks = flows(arm), arm.first.records.tasks
    counted = int((tasks.arrival_ns >= WARM_UP_S * 1e9).sum())
    assert found.calls.sum() == found.ended.sum() == 2 * counted  # the router's and a specialist's
    assert found.calls[:, 0].tolist() == found.tasks.sum(axis=1).tolist()
    assert found.calls[0, 2] == found.calls[1, 1] == 0
    assert (found.handed == np.diag(np.diag(found.handed))).all()
    answered_s = (tasks.finish_ns - tasks.arrival_ns - 1_000_000)[tasks.arrival_ns >= WARM_UP_S * 1e9].sum() / 1e9
    assert np.isclose(found.work_s[1:].sum(), answered_s)


def test_steps_follow_the_order_of_calls(view):
    found, calls = steps(view.arms[2])
    ways = {(step.source, step.target): step.count for step in found}
    tasks = len(calls[0])
    assert ways == {
        (TASK, 0): tasks, (0, 1): len(calls[1]), (0, 2): len(calls[2]), (1, ANSWER): len(calls[1]),
        (2, ANSWER): len(calls[2]),
    }  # fmt: skip


def test_bands_are_as_wide_as_their_amounts_and_nodes_as_their_bands():
    a, b, c = Node("a", 0), Node("b", 1), Node("c", 1)
    data = {}
    sankey(data, [a, b, c], [Band(a, b, 3.0, "red", ""), Band(a, c, 1.0, "red", "")], width=400, title="", arm="x")
    widths = {row["band"]: row["y1"] - row["y"] for row in data["rows0"]}
    assert np.isclose(widths[0], 3 * widths[1], atol=0.3)
    assert np.isclose(a.size, b.size + c.size)
    assert c.top > b.top + b.size


def test_no_two_of_twelve_arms_look_alike_and_an_arm_looks_the_same_in_every_chart(view):
    assert len({(look(i).colour, look(i).shape, look(i).filled, look(i).dash) for i in range(12)}) == 12
    assert len({(look(i).shape, look(i).filled) for i in range(12)}) == 12
    assert [arm.look for arm in view.arms] == [look(i) for i in range(3)]


def _luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return np.dot(linear, [0.2126, 0.7152, 0.0722])


def _contrast(one, other):
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_colours_stand_out_on_light_and_dark_paper():
    """WCAG 2.2, success criterion 1.4.11: 3:1 for graphics."""
    for i, paper in itertools.product(range(6), ("#ffffff", "#15181c")):
        assert _contrast(look(i).colour, paper) >= 3, (i, paper)


def test_the_front_is_of_what_holds_and_no_layer_is_empty():
    def spot(n, name, usd, ms, faint):
        figures = {"usd_per_hour": Figure("usd_per_hour", "all", usd, "USD/h", "lower"),
                   "e2e_p99": Figure("e2e_p99", "all", ms, "ms", "lower")}  # fmt: skip
        return Spot(Key(name, look(n)), figures.get, faint)

    def fronts(*spots):
        chart = pareto("Fleets", "", spots, [("usd_per_hour", "e2e_p99")])
        (rows,) = chart.spec["datasets"].values()
        return [row["front"] for row in rows], "datum.front" in str(chart.spec)

    better, worse = spot(0, "broken", 1.0, 100.0, True), spot(1, "held", 2.0, 200.0, False)
    assert fronts(better, worse) == ([False, True], True)
    assert fronts(better, spot(1, "broken too", 2.0, 200.0, True)) == ([False, False], False)
