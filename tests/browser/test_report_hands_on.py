"""The report as a reader uses it: seen, pointed at, typed at, printed, on a phone. Playwright drives Chromium.

On a machine without Chromium or Playwright the page's source is held to what these tests rest on.
"""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))

from chromium import Opened, ink
from findings_made import all_findings
from hostile import HOSTILE
from studies import reworded, study

from fleetsim.report.page import render

STRUCTURE = """() => [...document.querySelectorAll("*")]
    .map((e) => e.tagName + ":" + [...e.attributes].map((a) => a.name + "=" + (a.name === "content" ? "" : a.value)))"""


def made(tasks):
    of = study(3, tasks=tasks)
    return replace(of, findings=all_findings(tuple(arm.name for arm in of.arms)))


MADE = made(300)


@pytest.fixture(scope="module")
def text():
    return render(MADE)


@pytest.fixture(scope="module")
def file(text, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def tab(browser, file):
    if browser is None:
        yield None
        return
    opened = Opened(browser, file)
    yield opened
    assert opened.requests == [file.as_uri()]
    assert opened.said == []
    opened.page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_chart_has_ink(browser, file, text, scheme):
    if browser is None:
        assert text.count('class="chart"') == 20
        return
    opened = Opened(browser, file, color_scheme=scheme)
    charts = opened.page.locator(".chart")
    assert charts.count() == 20
    for i in range(charts.count()):
        assert ink(charts.nth(i).screenshot()) > 0.005, charts.nth(i).get_attribute("aria-labelledby")
    paper = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
    assert (opened.requests, opened.said) == ([file.as_uri()], [])
    opened.page.close()


def test_a_name_of_a_legend_is_picked_in_every_chart_by_mouse_and_by_keys(tab, text):
    if tab is None:
        assert 'class="pick" aria-pressed="false"' in text
        return
    name = MADE.arms[1].name
    buttons = tab.page.get_by_role("button", name=name, exact=True)
    assert buttons.count() > 3
    buttons.first.click()
    times = tab.chart_titled("Time to first token").get_attribute("id")
    assert tab.picked("chart-1") == tab.picked(times) == [name]
    assert {button.get_attribute("aria-pressed") for button in buttons.all()} == {"true"}
    assert name in tab.page.get_by_role("status").inner_text()
    pale = tab.page.locator(f"#{times} path[stroke]").evaluate_all("all => all.map((p) => p.getAttribute('opacity'))")
    assert "0.12" in pale
    tab.page.keyboard.press("Escape")
    assert tab.picked(times) == []
    buttons.nth(1).focus()
    tab.page.keyboard.press("Space")
    assert tab.picked(times) == [name]


def test_points_that_are_dragged_over_are_picked_in_every_chart(tab, text):
    if tab is None:
        assert '"name":"brush"' in text
        return
    chart = tab.chart_titled("Cost against the slowest one in a hundred")
    chart.scroll_into_view_if_needed()
    points = chart.locator("path[aria-roledescription=point]")
    box = points.nth(1).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse = tab.page.mouse
    mouse.move(x - 22, y - 22)
    mouse.down()
    mouse.move(x, y)
    mouse.move(x + 22, y + 22)
    mouse.up()
    tab.page.wait_for_function("document.getElementById('picked').textContent.startsWith('Picked')")
    times = tab.chart_titled("Time to first token").get_attribute("id")
    assert tab.picked(times) == [MADE.arms[1].name]
    frame = chart.bounding_box()
    mouse.click(frame["x"] + 100, frame["y"] + 20)
    tab.page.wait_for_function("document.getElementById('picked').hidden")
    points.nth(0).click()
    tab.page.wait_for_function("!document.getElementById('picked').hidden")
    assert tab.picked(times) == [MADE.arms[0].name]


def test_the_first_key_leads_past_the_navigation_and_every_landmark_has_a_name(tab, text):
    if tab is None:
        assert 'href="#content"' in text
        return
    tab.page.keyboard.press("Tab")
    assert tab.page.evaluate("document.activeElement.className") == "skip"
    assert tab.page.locator(".skip").bounding_box()["height"] > 10
    tab.page.keyboard.press("Enter")
    assert tab.page.evaluate("document.activeElement.id") == "content"
    for role in ("main", "navigation", "banner"):
        assert tab.page.get_by_role(role).count() == 1
    regions = tab.page.get_by_role("region")
    assert regions.count() == tab.page.locator("section").count() > 10
    for chart in tab.page.locator(".chart").all():
        named = chart.get_attribute("aria-labelledby")
        assert tab.page.locator(f"#{named}").inner_text().strip()


def test_a_phone_scrolls_one_way_only_and_paper_has_no_controls(tab, text):
    if tab is None:
        assert "@media print" in text
        return
    tab.page.set_viewport_size({"width": 390, "height": 800})
    assert tab.page.evaluate("document.documentElement.scrollWidth") == 390
    tab.page.emulate_media(media="print")
    assert not tab.page.locator("nav").is_visible()
    assert not tab.page.locator("details:not([open])").first.is_visible()
    assert tab.page.pdf().startswith(b"%PDF")


@pytest.mark.parametrize("first", range(0, len(HOSTILE), 12))
def test_a_browser_makes_the_same_elements_of_hostile_names(browser, tmp_path, first):
    few, numbers = made(60), {}

    def change(name):
        return name + HOSTILE[(first + numbers.setdefault(name, len(numbers))) % len(HOSTILE)]

    pages = [render(reworded(few, how)) for how in (change, lambda name: f"{name} ok")]
    if browser is None:
        assert [page.count("<") for page in pages] == [pages[0].count("<")] * 2
        return
    seen = []
    for number, page in enumerate(pages):
        (tmp_path / f"{number}.html").write_text(page, encoding="utf-8")
        context = browser.new_context(java_script_enabled=False)
        tab = context.new_page()
        tab.goto((tmp_path / f"{number}.html").as_uri())
        seen.append(tab.evaluate(STRUCTURE))
        context.close()
    assert seen[0] == seen[1]
