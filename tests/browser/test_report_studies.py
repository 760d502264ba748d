"""The pages of comparisons, what-ifs and capacity searches in Chromium, as their commands write them.

On a machine without Chromium the page's source is held to what these tests rest on.
"""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))

from chromium import Opened, ink
from hostile import HOSTILE
from small_scenarios import PAIR, write
from studies import reworded

import fleetsim
from fleetsim.report.page import render
from fleetsim.study.findings_of import capacity, comparison, whatif

RATE = "workload.arrivals.rate"
LIMITS = """\
capacity:
  variables: {architectures.fast.pools.p.replicas: "1:8", architectures.wide.pools.p.replicas: "1:8"}
  constraints: [{figure: e2e_p99, at_most: 600 ms}]
  baseline: fast
  loads: [0.5, 1.0, 2.0]
  curves: {fast ones: [fast], wide ones: [wide]}
"""
CHARTS = {"compare": "Paired differences", "whatif": "Time to the whole answer, p99 against", "tornado": "one input at",
          "latin": "hangs on", "capacity": "The alternatives that were searched"}  # fmt: skip
"""A chart that the page of each kind of study has."""


def made(kind, path):
    if kind == "compare":
        return comparison.study_of(fleetsim.compare(path, budget=4, workers=1))
    if kind == "capacity":
        return capacity.study_of(fleetsim.capacity(path))
    vary = [f"{RATE}=4 per s,8 per s,16 per s", "site.pue=1.1,1.4"]
    design = {"tornado": "one-at-a-time", "latin": "latin"}.get(kind, "grid")
    more = {"break_even": "e2e_mean"} if design == "grid" else {"samples": 6}
    return whatif.study_of(
        fleetsim.whatif(path, vary=vary[: 1 if design == "grid" else 2], design=design, figures=["e2e_p99"],
                        replications=3, **more)
    )  # fmt: skip


@pytest.fixture(scope="module", params=list(CHARTS))
def study(request, tmp_path_factory):
    """(kind, study, page)."""
    folder = tmp_path_factory.mktemp("studies")
    found = made(request.param, write(folder, PAIR + LIMITS))
    (folder / "report.html").write_text(render(found), encoding="utf-8")
    return request.param, found, folder / "report.html"


def test_the_page_is_small_and_lets_nothing_in(study):
    _, _, file = study
    assert file.stat().st_size <= 5_000_000
    assert "default-src &#39;none&#39;" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_chart_is_drawn_and_nothing_is_requested(browser, study, scheme):
    kind, _, file = study
    text = file.read_text(encoding="utf-8")
    assert CHARTS[kind] in text
    if browser is None:
        assert text.count('class="chart"') > 5
        return
    opened = Opened(browser, file, color_scheme=scheme)
    charts = opened.page.locator(".chart")
    assert charts.count() == text.count('class="chart"') > 5
    assert opened.page.locator(".chart[data-drawn=yes]").count() == charts.count()
    for i in range(charts.count()):
        assert ink(charts.nth(i).screenshot()) > 0.003, charts.nth(i).get_attribute("aria-labelledby")
    assert (opened.requests, opened.said) == ([file.as_uri()], [])
    opened.page.close()


def test_a_name_is_picked_in_every_chart(browser, study):
    kind, found, file = study
    if browser is None:
        assert 'class="pick" aria-pressed="false"' in file.read_text(encoding="utf-8")
        return
    opened = Opened(browser, file)
    name = found.arms[1].name
    buttons = opened.page.get_by_role("button", name=name, exact=True)
    assert buttons.count() > 1
    buttons.first.click()
    times = opened.chart_titled("Time to first token").first.get_attribute("id")
    assert opened.picked(times) == [name]
    opened.page.keyboard.press("Escape")
    assert opened.picked(times) == []
    if kind == "capacity":
        legend = opened.page.locator("figure", has=opened.page.get_by_role("heading", name=CHARTS[kind]))
        legend.get_by_role("button", name="wide", exact=True).click()
        assert opened.picked(legend.locator(".chart").get_attribute("id")) == ["wide"]
    assert (opened.requests, opened.said) == ([file.as_uri()], [])
    opened.page.close()


def test_a_phone_scrolls_one_way_only(browser, study):
    if browser is None:
        assert "@media (max-width: 640px)" in study[2].read_text(encoding="utf-8")
        return
    opened = Opened(browser, study[2])
    opened.page.set_viewport_size({"width": 390, "height": 800})
    assert opened.page.evaluate("document.documentElement.scrollWidth") == 390
    opened.page.close()


def test_hostile_names_make_the_same_elements(study):
    """Every string of every study of this kind, sixty hostile ones in turn: as many elements as with plain ones."""
    _, found, _ = study
    few, numbers = replace(found, arms=found.arms[:2]), {}

    def change(name):
        return name + HOSTILE[numbers.setdefault(name, len(numbers)) % len(HOSTILE)]

    pages = [render(reworded(few, how)) for how in (change, lambda name: f"{name} ok")]
    assert len({page.count("<") for page in pages}) == 1
    assert len(numbers) > 20
