"""Length laws: means, CVs and whole distributions against theory, bounds, and faults of what users write."""

import gzip
import math

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError
from scipy import stats

from fleetsim import luck
from fleetsim.errors import InputFaults
from fleetsim.workload.lengths import LENGTHS
from fleetsim.workload.lengths.empirical import Empirical
from fleetsim.workload.lengths.mixture import Mixture

DRAWS = 100_000
UNIFORMS = luck.uniforms(20, 4, 0, DRAWS, 0, 0)


def law(**knobs):
    return TypeAdapter(LENGTHS[knobs["kind"]]).validate_python(knobs)


def lengths(base, **knobs):
    return law(**knobs).sampler(base)(UNIFORMS)


# knobs, mean, CV (of the law before rounding; rounding adds a variance of 1/12 at most)
LAWS = [
    ({"kind": "uniform", "low": 11, "high": 1010}, 510.5, math.sqrt((1000**2 - 1) / 12) / 510.5),
    ({"kind": "lognormal", "mean": 555, "cv": 1.2}, 555, 1.2),
    ({"kind": "lognormal", "median": 300, "sigma": 0.5}, 300 * math.exp(0.125), math.sqrt(math.exp(0.25) - 1)),
    ({"kind": "geometric", "mean": 20}, 20, math.sqrt(1 - 1 / 20)),
    ({"kind": "gamma", "mean": 400, "cv": 0.5}, 400, 0.5),
    ({"kind": "gamma", "mean": 4000, "cv": 1.0}, 4000, 1.0),
]


@pytest.mark.parametrize(("knobs", "mean", "cv"), LAWS)
def test_mean_and_cv_are_the_laws(tmp_path, knobs, mean, cv):
    drawn = lengths(tmp_path, **knobs)
    kurtosis = stats.kurtosis(drawn, fisher=False)
    assert drawn.mean() == pytest.approx(mean, rel=4 * cv / math.sqrt(DRAWS))
    assert drawn.std() / drawn.mean() == pytest.approx(cv, rel=4 * math.sqrt(kurtosis / 4 / DRAWS))


CONTINUOUS = [
    ({"kind": "lognormal", "median": 1e6, "sigma": 1.5}, stats.lognorm(1.5, scale=1e6)),
    ({"kind": "gamma", "mean": 1e6, "cv": 0.5}, stats.gamma(4, scale=2.5e5)),
    ({"kind": "uniform", "low": 1, "high": 1_000_000}, stats.uniform(0.5, 1e6)),
]


@pytest.mark.parametrize(("knobs", "theory"), CONTINUOUS)
def test_distribution_is_the_laws(tmp_path, knobs, theory):
    assert stats.kstest(lengths(tmp_path, **knobs), theory.cdf).pvalue > 0.01


def test_geometric_is_exact_in_whole_tokens(tmp_path):
    drawn = lengths(tmp_path, kind="geometric", mean=4)
    counts = np.bincount(drawn.astype(int), minlength=21)[1:21]
    expected = DRAWS * stats.geom(0.25).pmf(np.arange(1, 21))
    assert stats.chi2(20).sf(((counts - expected) ** 2 / expected).sum()) > 0.01


def test_uniform_gives_both_bounds_as_often_as_the_others(tmp_path):
    counts = np.bincount(lengths(tmp_path, kind="uniform", low=3, high=6).astype(int))
    assert counts[:3].sum() == 0
    assert np.abs(counts[3:] - DRAWS / 4).max() < 4 * math.sqrt(DRAWS * 3 / 16)


def test_fixed_and_a_geometric_of_mean_one_are_constant(tmp_path):
    assert set(lengths(tmp_path, kind="fixed", tokens="512 tokens")) == {512}
    assert set(lengths(tmp_path, kind="geometric", mean=1)) == {1}


def test_bounds_move_lengths_to_them(tmp_path):
    free = lengths(tmp_path, kind="lognormal", mean=500, cv=2)
    bounded = lengths(tmp_path, kind="lognormal", mean=500, cv=2, min=100, max=900)
    assert np.array_equal(bounded, np.clip(free, 100, 900))


def test_no_length_is_below_one_or_above_what_a_column_holds(tmp_path):
    wild = lengths(tmp_path, kind="lognormal", median=1e6, sigma=10)
    assert wild.min() == 1
    assert wild.max() == 2**31 - 1


def test_mixture_draws_each_part_by_its_weight(tmp_path):
    near = {"kind": "uniform", "low": 1, "high": 1000}
    far = {"kind": "uniform", "low": 10_001, "high": 11_000}
    drawn = lengths(tmp_path, kind="mixture", parts=[{"weight": 3, "law": near}, {"weight": 1, "law": far}])
    assert (drawn > 5000).mean() == pytest.approx(0.25, abs=4 * math.sqrt(0.25 * 0.75 / DRAWS))
    assert stats.kstest(drawn[drawn < 5000], stats.uniform(0.5, 1000).cdf).pvalue > 0.01
    assert stats.kstest(drawn[drawn > 5000], stats.uniform(10_000.5, 1000).cdf).pvalue > 0.01


def test_mixture_of_bounded_laws_keeps_their_bounds(tmp_path):
    part = {"kind": "gamma", "mean": 100, "cv": 1, "max": 50}
    assert lengths(tmp_path, kind="mixture", parts=[{"weight": 1, "law": part}]).max() == 50


def test_empirical_column_gives_each_row_equally_often(tmp_path):
    with gzip.open(tmp_path / "lengths.csv.gz", "wt") as file:
        file.write("prompt,output\n5,0\n7,2\n5,3\n100,4\n")
    knobs = {"kind": "empirical", "file": "lengths.csv.gz"}
    counts = np.bincount(lengths(tmp_path, **knobs, column="prompt").astype(int))
    assert set(np.flatnonzero(counts)) == {5, 7, 100}
    assert counts[5] == pytest.approx(DRAWS / 2, rel=0.02)
    assert set(lengths(tmp_path, **knobs, column="output")) == {1, 2, 3, 4}


def test_empirical_quantiles_are_met(tmp_path):
    table = {"0 %": 10, "50 %": 200, "90 %": 1000, "100 %": 4000}
    drawn = lengths(tmp_path, kind="empirical", quantiles=table)
    for share, length in ((0.5, 200), (0.7, 600), (0.9, 1000), (0.95, 2500)):
        assert (drawn <= length).mean() == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / DRAWS))
    assert (drawn.min(), drawn.max()) == (10, 4000)


BAD_FILES = [
    ("prompt\n5\n-3\n", "bad.csv:3  prompt  '-3' is not a length; write a whole number of tokens"),
    ("prompt\n5\n1.5\n", "bad.csv:3  prompt  '1.5' is not a length; write a whole number of tokens"),
    ("promt\n5\n", "bad.csv:1  prompt  no column 'prompt'; did you mean 'promt'?"),
    ("prompt\n", "bad.csv:1  prompt  there is no row under 'prompt'"),
]


@pytest.mark.parametrize(("text", "fault"), BAD_FILES)
def test_bad_files_are_faults_with_their_line(tmp_path, text, fault):
    (tmp_path / "bad.csv").write_text(text)
    bad = Empirical(kind="empirical", file="bad.csv", column="prompt")
    assert [what for _, what in bad.faults(tmp_path)] == [fault]
    with pytest.raises(InputFaults, match=r"bad\.csv"):
        bad.sampler(tmp_path)


@pytest.mark.parametrize("name", ["../x.csv", "/etc/passwd", "none.csv"])
def test_files_elsewhere_are_refused(tmp_path, name):
    bad = Empirical(kind="empirical", file=name, column="a")
    assert [path for path, _ in bad.faults(tmp_path)] == ["file"]
    nested = Mixture(kind="mixture", parts=[{"weight": 1, "law": bad.model_dump(by_alias=True)}])
    assert [path for path, _ in nested.faults(tmp_path)] == ["parts.0.law.file"]


BAD_KNOBS = [
    {"kind": "lognormal", "mean": 5},
    {"kind": "lognormal", "mean": 5, "cv": 1, "sigma": 1},
    {"kind": "lognormal", "mean": 5, "cv": 0},
    {"kind": "lognormal", "mean": 5, "cv": True},
    {"kind": "uniform", "low": 5, "high": 4},
    {"kind": "gamma", "mean": 5, "cv": 1, "min": 10, "max": 9},
    {"kind": "geometric", "mean": 0},
    {"kind": "empirical"},
    {"kind": "empirical", "file": "a.csv"},
    {"kind": "empirical", "quantiles": {"10 %": 1, "100 %": 2}},
    {"kind": "empirical", "quantiles": {"0 %": 3, "100 %": 2}},
    {"kind": "mixture", "parts": []},
    {"kind": "mixture", "parts": [{"weight": 1, "law": {"kind": "mixture", "parts": []}}]},
]


@pytest.mark.parametrize("knobs", BAD_KNOBS)
def test_bad_knobs_are_refused(knobs):
    with pytest.raises(ValidationError):
        law(**knobs)


def test_every_law_gives_whole_tokens_and_a_schema(tmp_path):
    part = {"weight": 1, "law": {"kind": "fixed", "tokens": 5}}
    examples = [knobs for knobs, _, _ in LAWS]
    examples += [{"kind": "fixed", "tokens": 5}, {"kind": "mixture", "parts": [part]}]
    examples += [{"kind": "empirical", "quantiles": {"0 %": 1, "100 %": 9}}]
    assert {knobs["kind"] for knobs in examples} == set(LENGTHS)
    for knobs in examples:
        drawn = lengths(tmp_path, **knobs)
        assert np.array_equal(drawn, np.rint(drawn))
        assert TypeAdapter(LENGTHS[knobs["kind"]]).json_schema()["properties"]["kind"]["const"] == knobs["kind"]
