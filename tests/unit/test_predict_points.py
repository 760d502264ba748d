"""Tables of points in, tables of predictions out: row by row, in order, without exceptions."""

import gzip

import pytest
from click.testing import CliRunner

from fleetsim.catalog import load_framework, load_hardware
from fleetsim.cli import commands
from fleetsim.errors import FleetsimError
from fleetsim.predict import predict_points, predict_table, read_table

HEAD = "point_id,hardware,n_gpus,tp,model,precision,framework,isl,osl,load_type,load_value,num_requests,metric,unit"
ROWS = (
    "a,H100-SXM-80GB,1,1,Llama-3.1-8B,bf16,vllm,256,32,closed_loop_concurrency,4,40,ttft_mean,ms",
    "b,Abacus 9000,1,1,Llama-3.1-8B,bf16,vllm,256,32,closed_loop_concurrency,4,40,ttft_mean,ms",
    "a,H100-SXM-80GB,1,1,Llama-3.1-8B,bf16,vllm,256,32,closed_loop_concurrency,4,40,tpot_mean,s",
    "c,H100-SXM-80GB,1,1,Llama-3.1-405B,bf16,vllm,256,32,closed_loop_concurrency,4,40,ttft_mean,ms",
    "a,H100-SXM-80GB,1,1,Llama-3.1-8B,bf16,vllm,256,32,closed_loop_concurrency,4,40,smell,ms",
    "d,H100-SXM-80GB,x,1,Llama-3.1-8B,bf16,vllm,256,,static_batch,,,ttft,ms",
)


@pytest.fixture
def points(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text("\n".join([HEAD, *ROWS]) + "\n")
    return path


@pytest.fixture
def predicted(points):
    return predict_table(read_table(points))


def test_every_row_comes_back_in_its_place(predicted):
    assert predicted["point_id"].tolist() == ["a", "b", "a", "c", "a", "d"]
    assert predicted["metric"].tolist() == ["ttft_mean", "ttft_mean", "tpot_mean", "ttft_mean", "smell", "ttft"]


def test_a_row_that_cannot_be_expressed_is_empty_and_says_why(predicted):
    empty = predicted[predicted["predicted"] == ""]
    assert empty["point_id"].tolist() == ["b", "c", "a", "d"]
    assert [note.split(":")[0][:30] for note in empty["note"]] == [
        "no hardware profile for 'Abacu",
        "llama-3.1-405b on h100 does no",
        "metric 'smell' is not one that",
        "prompt and answer lengths are ",
    ]
    assert (empty["basis"] == "").all()


def test_predictions_have_the_unit_of_their_row_and_a_basis(predicted):
    ttft_ms, tpot_s = (float(predicted["predicted"][row]) for row in (0, 2))
    assert 5 < ttft_ms < 500
    assert 0.003 < tpot_s < 0.03
    assert set(predicted["basis"][[0, 2]]) <= {"measured", "calibrated", "family", "data sheet"}


def test_worker_processes_predict_the_same(points, predicted):
    assert predict_table(read_table(points), workers=2).equals(predicted)


def slowed(key="h100"):
    profile = load_hardware(key)
    slow = profile.calibration.model_copy(update={"memory_efficiency": profile.calibration.memory_efficiency / 4})
    return profile.model_copy(update={"calibration": slow})


def test_another_calibration_can_be_tried_in_memory(points):
    rows = read_table(points)[:1].assign(metric="tpot_mean")
    usual, slower = (predict_points(rows, override=override)[0].value for override in ({}, {"h100": slowed()}))
    assert slower > 2 * usual


def test_it_can_be_tried_over_processes_too(points):
    table, override = read_table(points), {"h100": slowed(), "vllm": load_framework("vllm")}
    assert predict_points(table, workers=2, override=override) == predict_points(table, override=override)


def test_over_processes_nothing_but_the_calibration_may_differ(points):
    other = load_hardware("h100").model_copy(update={"vendor": "nobody"})
    with pytest.raises(FleetsimError, match="more than the calibration"):
        predict_points(read_table(points), workers=2, override={"h100": other})


def test_a_table_without_the_columns_of_a_point_is_refused(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(FleetsimError, match="no column point_id, hardware"):
        read_table(path)


def test_the_command_reads_and_writes_compressed_tables(tmp_path, points):
    packed, out = tmp_path / "points.csv.gz", tmp_path / "folder" / "pred.csv.gz"
    packed.write_bytes(gzip.compress(points.read_bytes()))
    done = CliRunner().invoke(commands, ["predict", str(packed), "-o", str(out), "--workers", "1"])
    assert done.exit_code == 0, done.output
    assert "predicted 2 of 6 rows" in done.output
    first = out.read_bytes()
    CliRunner().invoke(commands, ["predict", str(packed), "-o", str(out), "--workers", "1"])
    assert out.read_bytes() == first
    assert gzip.decompress(first).decode().splitlines()[0].endswith("metric,unit,predicted,basis,note")


def test_the_command_says_which_file_is_missing(tmp_path):
    done = CliRunner().invoke(commands, ["predict", str(tmp_path / "no.csv"), "-o", str(tmp_path / "pred.csv")])
    assert done.exit_code == 1
    assert "no.csv: No such file" in done.output
