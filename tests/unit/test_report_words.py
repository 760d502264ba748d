"""How the report writes numbers and names."""

import math

import pytest

from fleetsim.metrics.contract import Figure
from fleetsim.report.figures import cell, kind_of, name_of, said
from fleetsim.report.view import distinct
from fleetsim.report.words import clean, digits, duration, label, listed, percent


def plain(text):
    """The text with ordinary spaces: numbers are tied to their units."""
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1, "1.00"), (9.996, "10.0"), (12.345, "12.3"), (999.6, "1,000"), (1234.5, "1,230"),
     (0.00123456, "0.00123"), (-4.5678, "-4.57"), (999_999, "1 million"), (1.2345e6, "1.23 million"),
     (2.5e9, "2.5 billion"), (1e-7, "1.00e-07"),
     (math.nan, "n/a"), (math.inf, "n/a")],
)  # fmt: skip
def test_numbers_have_three_digits(value, text):
    assert digits(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (1, "100 %"), (0.5, "50.0 %"), (0.98765, "98.8 %"), (0.9999, "99.99 %"), (0.99999999, "> 99.9999 %"),
     (0.0004, "0.04 %"), (1e-9, "< 0.0001 %"), (math.nan, "n/a")],
)  # fmt: skip
def test_a_share_is_never_rounded_to_all_or_nothing(share, text):
    assert plain(percent(share)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.25, "250 ms"), (45, "45 s"), (1200, "20 min"), (2.5, "2.50 s"), (3e-5, "30 µs"), (0, "0 ms"), (3600, "60 min")],
)
def test_durations_take_the_unit_that_suits_them(seconds, text):
    assert plain(duration(seconds)) == text


def test_names_lose_what_cannot_be_seen_and_what_is_too_long():
    assert clean("a\u202eb\u200bc\ud800d\x1b[0m\n") == "abcd[0m\n"
    assert label("  two\n words\t ") == "two words"
    assert label("\u200b") == "(no name)"
    assert label("x" * 100, 10) == "x" * 9 + "…"


def test_labels_that_read_alike_are_numbered():
    assert distinct(["a", "a\u200b", "b", "a (2)", "a"]) == ("a", "a (2)", "b", "a (2) (2)", "a (3)")


def test_lists_read_as_sentences():
    assert [listed(list("abcde")[:n]) for n in (1, 2, 3, 5)] == ["a", "a and b", "a, b and c", "a, b and 3 others"]


def test_an_interval_is_in_the_unit_of_its_value():
    figure = Figure("ttft_p99", "all", 980.0, "ms", "lower", 900.0, 1100.0, "sectioning")
    assert plain(said(figure)) == "980 ms (900 to 1,100 ms)"
    assert name_of("ttft_p999") == "Time to first token, p99.9"


def test_costs_per_task_are_shown_per_thousand():
    figure = Figure("usd_per_slo_met_task", "all", 0.00238, "USD", "lower", 0.00235, 0.0024, "batch means")
    assert plain(said(figure)) == "$2.38 ($2.35 to $2.40)"


def test_shares_close_to_one_keep_their_intervals_apart():
    figure = Figure("slo_attainment", "all", 0.9991, "share", "higher", 0.9989, 0.9993, "batch means")
    assert plain(said(figure)) == "99.91 % (99.89 to 99.93 %)"


def test_an_interval_of_no_width_and_a_missing_figure_say_nothing():
    assert cell(Figure("slo_attainment", "all", 1.0, "share", "higher", 1.0, 1.0, "batch means")).small == ""
    assert cell(None).text == "n/a"


def test_an_unknown_figure_is_shown_under_its_own_name_and_unit():
    figure = Figure("kv_moved", "all", 12.5, "GB")
    assert (name_of(figure.name), plain(kind_of(figure).say(figure.value))) == ("Kv moved", "12.5 GB")
