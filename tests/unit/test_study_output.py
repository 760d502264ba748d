"""A study as files: the same bytes every time, whole or not at all, never over what is not ours."""

import json
import math

import pandas as pd
import pyarrow.parquet as pq
import pytest
from small_scenarios import write

import fleetsim
from fleetsim import tables
from fleetsim.errors import NotWritten, OutputFolder
from fleetsim.metrics.vllm import vllm_summary
from fleetsim.study import columns, output

FILES = ["calls.parquet", "report.html", "summary.json", "tasks.parquet", "timeline.parquet"]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return fleetsim.simulate(write(tmp_path_factory.mktemp("scenario")), replications=2)


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_same_scenario_and_seed_give_the_same_bytes(tmp_path):
    path, read = write(tmp_path), {}
    for turn in ("first", "second"):
        fleetsim.save(fleetsim.simulate(path, replications=2), tmp_path / turn)
        read[turn] = {name: (tmp_path / turn / name).read_bytes() for name in names(tmp_path / turn)}
    assert list(read["first"]) == FILES
    assert read["first"] == read["second"]


def test_another_seed_gives_other_results(study, tmp_path):
    other = fleetsim.simulate(write(tmp_path), replications=2, seed=8)
    summaries = [json.dumps(output.summary(s)["arms"]) for s in (study, other)]
    assert summaries[0] != summaries[1]


def test_the_summary_holds_figures_pools_and_vllm_keys(study, tmp_path):
    fleetsim.save(study, tmp_path / "out", report=False)
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert next(iter(summary)) == "format"
    assert summary["provenance"]["laws"] == "held"
    assert summary["scenario"] == study.resolved
    for arm, plain in zip(study.arms, summary["arms"], strict=True):
        assert plain["vllm"] == pytest.approx(vllm_summary(arm.figures))
        assert [r["seed"] for r in plain["replicates"]] == [run.facts.seed for run in arm.runs]
        assert [pool["name"] for pool in plain["pools"]] == [pool.name for pool in arm.runs[0].facts.pools]
        for figure in arm.figures:
            told = plain["figures"][figure.scope][figure.name]
            assert told["unit"] == figure.unit
            assert told["value"] == (figure.value if math.isfinite(figure.value) else None)
    assert "seconds" not in json.dumps(summary["arms"])


def test_tables_hold_every_row_under_names(study, tmp_path, monkeypatch):
    monkeypatch.setattr(columns, "BLOCK_ROWS", 100)  # many blocks a run
    fleetsim.save(study, tmp_path / "out", report=False)
    for table, frame in (("calls", study.calls()), ("tasks", study.tasks()), ("timeline", study.timeline())):
        read = pd.read_parquet(tmp_path / "out" / f"{table}.parquet")
        pd.testing.assert_frame_equal(read, frame)
    schema = pq.read_schema(tmp_path / "out" / "calls.parquet")
    meanings = {column.name: column.meaning for column in tables.CALLS}
    assert schema.field("sent_ns").metadata[b"meaning"].decode() == meanings["sent_ns"]
    assert schema.names[:2] == ["arm", "replicate"]


def test_a_study_without_a_task_is_written_too(tmp_path):
    path = write(tmp_path)
    empty = fleetsim.simulate(path, sets=["workload.arrivals.rate=0.000001 per s"])
    fleetsim.save(empty, tmp_path / "out")
    assert pd.read_parquet(tmp_path / "out" / "calls.parquet").empty
    assert list(pd.read_parquet(tmp_path / "out" / "tasks.parquet").columns)[:2] == ["arm", "replicate"]


def test_a_folder_of_ours_is_written_again_and_an_old_report_taken_away(study, tmp_path):
    folder = tmp_path / "deep" / "out"
    fleetsim.save(study, folder)
    assert names(folder) == FILES
    (folder / "my_notes.txt").write_text("mine")
    written = fleetsim.save(study, folder, report=False)
    assert names(folder) == ["calls.parquet", "my_notes.txt", *FILES[2:]]
    assert sorted(path.name for path in written) == ["calls.parquet", *FILES[2:]]


@pytest.mark.parametrize("name", ["notes.txt", "summary.json"])
def test_a_folder_with_foreign_files_is_left_alone(study, tmp_path, name):
    (tmp_path / name).write_text('{"format": "of another program"}')
    with pytest.raises(OutputFolder, match="holds files that fleetsim did not write"):
        fleetsim.save(study, tmp_path)
    assert names(tmp_path) == [name]


def test_a_file_in_the_way_is_told(study, tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputFolder, match="out is a file"):
        fleetsim.save(study, tmp_path / "out")
    with pytest.raises(OutputFolder, match="cannot be written to"):
        fleetsim.save(study, tmp_path / "out" / "below")


def test_a_folder_that_was_made_in_vain_is_taken_away(tmp_path):
    with pytest.raises(KeyboardInterrupt), output.output_folder(tmp_path / "a" / "b"):
        raise KeyboardInterrupt
    assert names(tmp_path) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_an_interrupted_writing_leaves_the_folder_as_it_was(study, tmp_path, monkeypatch, error):
    fleetsim.save(study, tmp_path / "out", report=False)
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    def fail(*_):
        raise error

    monkeypatch.setattr(output, "_write_table", fail)
    with pytest.raises(KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else NotWritten):
        fleetsim.save(study, tmp_path / "out")
    assert {path: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
