"""Scores by hand, and the command that prints and writes them."""

import math

import pandas as pd
import pytest
from click.testing import CliRunner

from fleetsim.accuracy import leave_out, prepared, scores
from fleetsim.cli import commands
from fleetsim.errors import FleetsimError, UnknownName

COLUMNS = [
    "point_id",
    "hardware",
    "model",
    "framework",
    "load_type",
    "metric",
    "unit",
    "value",
    "predicted",
    "basis",
    "note",
]


def table(*rows):
    """Rows of (hardware, model, metric, value, predicted)."""
    load = "closed_loop_concurrency"
    cells = [
        [f"p{i}", device, model, "vllm", load, metric, "ms", str(value), str(predicted), "family", ""]
        for i, (device, model, metric, value, predicted) in enumerate(rows)
    ]
    return pd.DataFrame(cells, columns=COLUMNS)


TPOT = [
    ("H100-SXM-80GB", "Llama-3.1-8B", "tpot_mean", 10 * k, p)
    for k, p in zip(range(1, 6), (11, 18, 30, 40, 60), strict=True)
]


def test_median_p90_and_bias_by_hand():
    (found,) = scores(prepared(table(*TPOT)), [])  # ratios 1.1, 0.9, 1, 1, 1.2
    assert (found.rows, found.covered) == (5, 5)
    assert found.median == pytest.approx(0.1)
    assert found.p90 == pytest.approx(0.16)
    assert found.bias == pytest.approx(0.0)


def test_rank_is_one_when_the_order_is_right_and_less_when_two_change_places():
    assert scores(prepared(table(*TPOT)), [])[0].rank == pytest.approx(1.0)
    swapped = [*TPOT[:3], (*TPOT[3][:4], 60), (*TPOT[4][:4], 40)]
    assert scores(prepared(table(*swapped)), [])[0].rank == pytest.approx(0.9)  # 1 - 6 * 2 / (5 * 24)


def test_four_configurations_have_no_rank():
    assert math.isnan(scores(prepared(table(*TPOT[:4])), [])[0].rank)


def test_an_empty_prediction_costs_coverage_and_nothing_else():
    (found,) = scores(prepared(table(*TPOT, ("Abacus", "Llama-3.1-8B", "tpot_mean", 5, ""))), [])
    assert found.coverage == pytest.approx(5 / 6)
    assert found.median == pytest.approx(0.1)


def test_rows_without_a_measured_value_are_not_scored():
    assert len(prepared(table(*TPOT, ("Abacus", "x", "tpot_mean", "", 5), ("Abacus", "x", "tpot_mean", 0, 5)))) == 5


def test_names_of_one_device_are_one_group():
    rows = prepared(table(("H100-SXM-80GB", "m", "x", 1, 1), ("NVIDIA H100-SXM-80GB", "m", "x", 1, 1)))
    assert [(s.group, s.rows) for s in scores(rows, ["device"])] == [(("h100",), 2)]


def test_an_unknown_group_or_fold_is_refused():
    with pytest.raises(UnknownName, match="did you mean 'device'"):
        scores(prepared(table(*TPOT)), ["devise"])
    with pytest.raises(UnknownName, match="fold"):
        leave_out(table(*TPOT), "weekday")


def test_predictions_are_needed():
    with pytest.raises(FleetsimError, match="no column predicted"):
        prepared(table(*TPOT).drop(columns="predicted"))


def test_each_fold_is_predicted_by_a_calibration_without_it(monkeypatch):
    from fleetsim import accuracy

    seen = []

    def fit(rows, *, workers):
        seen.append(sorted(set(rows["hardware"])))
        return {"fitted without": seen[-1]}

    def predict(rows, *, workers, override):
        return rows.assign(predicted=str(override["fitted without"]))

    monkeypatch.setattr(accuracy.folds, "predict_table", predict)
    points = table(("h100", "m", "x", 1, ""), ("h200", "m", "x", 1, ""), ("h100", "m", "x", 1, ""))
    found = accuracy.folds.leave_out(points, "device", fit=fit)
    assert seen == [["h200"], ["h100"]]
    assert found["predicted"].tolist() == ["['h200']", "['h100']", "['h200']"]
    assert found["point_id"].tolist() == ["p0", "p1", "p2"]


def test_the_command_prints_scores_and_writes_a_page(tmp_path):
    pred = tmp_path / "pred.csv"
    table(*TPOT).to_csv(pred, index=False)
    out = tmp_path / "accuracy"
    done = CliRunner().invoke(
        commands, ["accuracy", "--pred", str(pred), "-o", str(out), "--by", "device,device+metric"]
    )
    assert done.exit_code == 0, done.output
    assert "everything" in done.output
    assert "h100, tpot_mean" in done.output
    assert sorted(path.name for path in out.iterdir()) == ["accuracy.html", "predictions.csv.gz", "scores.csv"]
    page = (out / "accuracy.html").read_text()
    assert "Time per output token" in page
    assert page.count('class="chart"') == 1


def test_the_command_wants_one_table():
    done = CliRunner().invoke(commands, ["accuracy"])
    assert done.exit_code == 2
    assert "give POINTS, or --pred" in done.output
