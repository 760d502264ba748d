"""Saved results read again: the same report to the byte, the same figures in every format, and faults in words."""

import json
from dataclasses import replace

import pandas as pd
import pytest
from click.testing import CliRunner
from findings_made import all_findings
from small_scenarios import write

import fleetsim
from fleetsim.cli import commands
from fleetsim.errors import NoStudy
from fleetsim.study import numbers
from fleetsim.study.saved import read_saved


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return fleetsim.simulate(write(tmp_path_factory.mktemp("scenario")), replications=2)


@pytest.fixture
def folder(study, tmp_path):
    fleetsim.save(study, tmp_path / "out")
    return tmp_path / "out"


def run(*words):
    return CliRunner().invoke(commands, list(map(str, words)))


def test_the_report_of_saved_results_is_the_same_to_the_byte(folder):
    before = (folder / "report.html").read_bytes()
    (folder / "report.html").unlink()
    done = run("report", folder)
    assert done.exit_code == 0, done.output
    assert (folder / "report.html").read_bytes() == before


def test_records_figures_and_findings_come_back(study, tmp_path):
    names = tuple(arm.name for arm in study.arms)
    full = replace(study, findings=all_findings((*names, *names, *names)[:3]))
    fleetsim.save(full, tmp_path / "out", report=False)
    back = read_saved(tmp_path / "out")
    assert back.findings == full.findings
    assert (back.name, back.provenance, back.resolved) == (full.name, full.provenance, full.resolved)
    for arm, old in zip(back.arms, full.arms, strict=True):
        for figure in arm.figures:
            was = old.figure(figure.name, figure.scope)
            told = [(f.unit, f.better, f.low, f.high, f.interval) for f in (figure, was)]
            assert told[0] == told[1]
            assert figure.value == pytest.approx(was.value, rel=0, abs=0, nan_ok=True)
        for run_, was in zip(arm.runs, old.runs, strict=True):
            assert run_.facts == was.facts
            for table in ("calls", "tasks", "samples"):
                assert (getattr(run_.records, table) == getattr(was.records, table)).all()


def test_another_file_and_figures_in_every_format(folder, tmp_path):
    done = run("report", folder, "-o", tmp_path / "board.html", "--figures", "svg,csv,json,parquet", "-q")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "board.html").read_bytes() == (folder / "report.html").read_bytes()
    pictures = sorted((tmp_path / "figures").glob("*.svg"))
    assert len(pictures) == (tmp_path / "board.html").read_text().count('class="chart"')
    assert all("currentColor" not in path.read_text() for path in pictures)
    csv = pd.read_csv(tmp_path / "figures/figures.csv")
    parquet = pd.read_parquet(tmp_path / "figures/figures.parquet")
    told = json.loads((tmp_path / "figures/figures.json").read_text())
    assert len(csv) == len(parquet) == len(told) > 100
    assert csv["value"].tolist() == pytest.approx(parquet["value"].tolist(), nan_ok=True)
    assert [row["name"] for row in told] == csv["name"].tolist()


def test_a_png_is_drawn(folder, tmp_path):
    from fleetsim.report import pictures

    first, *_ = pictures.draw(read_saved(folder), tmp_path, ["png"])
    assert first.read_bytes().startswith(b"\x89PNG")


def test_findings_are_tables_too_and_no_text_of_theirs_is_a_formula(study, tmp_path):
    full = replace(study, findings=all_findings(("=1+1", "@B", "-C")))
    tables = numbers.tables(full)
    assert set(tables) == {
        "figures", "fleets", "curves", "crossings", "differences", "options", "tornado", "sensitivity",
    }  # fmt: skip
    numbers.write(full, tmp_path, ["csv"])
    kept = pd.read_csv(tmp_path / "differences.csv")
    assert set(kept["a"]) == {"'=1+1"}
    assert set(kept["b"]) == {"'@B"}
    assert kept["value"].dtype == float
    assert kept["value"].min() < 0


@pytest.mark.parametrize(
    ("harm", "said"),
    [(lambda f: (f / "summary.json").unlink(), "holds no summary.json"),
     (lambda f: (f / "summary.json").write_text("[1]"), "was not written by fleetsim"),
     (lambda f: (f / "summary.json").write_text('{"format": "fleetsim summary 1"}'), "this version reads"),
     (lambda f: (f / "calls.parquet").unlink(), "has lost calls.parquet"),
     (lambda f: (f / "tasks.parquet").write_bytes(b"no"), "does not hold together"),
     (lambda f: (f / "summary.json").write_text(
         (f / "summary.json").read_text().replace('"horizon_s"', '"horizon"')), "does not hold together")],
)  # fmt: skip
def test_what_cannot_be_read_is_told_in_words(folder, harm, said):
    harm(folder)
    with pytest.raises(NoStudy, match=said):
        read_saved(folder)
    done = run("report", folder)
    assert done.exit_code == 2
    assert said in done.output


def test_an_unknown_format_is_told_before_anything_is_done(folder):
    done = run("report", folder, "--figures", "png,gif")
    assert done.exit_code == 2
    assert "no format 'gif'; write some of png, svg, csv, json, parquet" in done.output
