"""The report's page: self-contained, deterministic, readable without sight or script, and closed to hostile names."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from findings_made import all_findings
from hostile import HOSTILE
from studies import reworded, study

from fleetsim import report
from fleetsim.report.page import data_script, render

_EMPTY = {"meta", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """Elements with their attributes in order, the open elements around each, and all text by element."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.texts, self._open = [], [], []
        self.feed(text)
        self.close()
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, tuple(attrs)))
        if tag not in _EMPTY and tag != "path":
            self._open.append(tag)

    def handle_endtag(self, tag):
        if tag != "path":
            assert self._open[-1:] == [tag], f"</{tag}> closes {self._open}"
            self._open.pop()

    def handle_data(self, data):
        self.texts.append((self._open[-1] if self._open else "", data))

    def inside(self, tag):
        return [text for where, text in self.texts if where == tag]


@pytest.fixture(scope="module")
def page():
    return Page(render(study(3)))


def test_the_page_refers_to_nothing_outside_itself(page):
    for tag, attrs in page.elements:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form"}
        for name, value in attrs:
            assert name not in {"src", "srcset", "action", "style"}, (tag, name)
            assert not name.startswith("on"), (tag, name)
            if name == "href":
                assert value.startswith("#"), value
    styles = "".join(page.inside("style"))
    assert "url(" not in styles
    assert "@import" not in styles


def test_the_policy_allows_the_scripts_and_the_style_of_the_page_and_nothing_else(page):
    policy = next(
        dict(attrs)["content"] for tag, attrs in page.elements if ("http-equiv", "Content-Security-Policy") in attrs
    )
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))

    def sources(texts):
        return " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(t.encode()).digest()).decode()}'" for t in texts)

    scripts = [text for text in page.inside("script") if not text.startswith("[")]
    assert directives == {
        "default-src": "'none'", "script-src": sources(scripts), "style-src": sources(page.inside("style")),
        "base-uri": "'none'", "form-action": "'none'",
    }  # fmt: skip


def test_every_link_leads_to_a_section_and_ids_are_unique(page):
    ids = [dict(attrs)["id"] for _, attrs in page.elements if "id" in dict(attrs)]
    assert len(ids) == len(set(ids))
    for tag, attrs in page.elements:
        for name in ("href", "aria-labelledby"):
            if name in dict(attrs):
                assert dict(attrs)[name].lstrip("#") in ids, tag


def test_every_chart_has_a_label_and_a_table_that_says_the_same(page):
    charts = [dict(attrs) for tag, attrs in page.elements if dict(attrs).get("class") == "chart"]
    specs = json.loads(next(text for text in page.inside("script") if text.startswith("[")))
    assert [chart["id"] for chart in charts] == [f"chart-{i}" for i in range(len(specs))]
    ids = {dict(attrs).get("id") for _, attrs in page.elements}
    for chart in charts:
        assert chart["role"] == "img"
        assert {chart["aria-labelledby"], chart["aria-describedby"]} <= ids
    tags = [tag for tag, _ in page.elements]
    assert tags.count("figure") == len(charts)
    at = [i for i, tag in enumerate(tags) if tag == "figure"]
    for start, stop in zip(at, [*at[1:], len(tags)], strict=True):
        assert "table" in tags[start:stop]


def test_tables_have_captions_and_header_cells(page):
    tags = [tag for tag, _ in page.elements]
    assert tags.count("caption") == tags.count("table")
    assert all(dict(attrs).get("scope") in {"col", "row"} for tag, attrs in page.elements if tag == "th")


def test_headings_do_not_skip_a_level(page):
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_same_study_gives_the_same_bytes(tmp_path):
    report.write(study(2), tmp_path / "a.html")
    report.write(study(2), tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


@pytest.mark.parametrize("arms", [1, 12])
def test_one_to_twelve_arms_stay_below_five_megabytes(arms):
    text = render(study(arms, replicates=2))
    Page(text)
    assert len(text.encode()) < 5_000_000
    assert text.count('class="chart"') == (arms > 1) + 6 + 2 * arms + arms // 3


def test_writing_leaves_nothing_beside_the_page_and_keeps_the_old_page_if_it_fails(tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    report.write(study(1), path)
    before = path.read_bytes()

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        report.write(study(2), path)
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
    assert path.read_bytes() == before


def test_there_are_sixty_hostile_strings():
    assert len(set(HOSTILE)) >= 60


def _shape(of):
    """Elements and attributes, the kinds of everything in the charts' data, but no text."""
    page = Page(render(of))
    specs = next(text for text in page.inside("script") if text.startswith("["))
    return page.elements, _kinds(json.loads(specs)), len(page.inside("script"))


def _kinds(value):
    if isinstance(value, dict):
        return {key: _kinds(inner) for key, inner in value.items()}
    return [_kinds(inner) for inner in value] if isinstance(value, list) else type(value).__name__


def with_findings(of):
    names = tuple(arm.name for arm in of.arms)
    return replace(of, findings=all_findings(names if len(names) > 1 else (*names, "Another")))


ONE = with_findings(study(1, tasks=60))
SEVERAL = with_findings(study(3, tasks=60))


@pytest.fixture(scope="module")
def shape():
    return _shape(reworded(ONE, lambda text: f"{text} ok"))


@pytest.mark.parametrize("hostile", HOSTILE, ids=[f"{i:02d}" for i in range(len(HOSTILE))])
def test_no_string_of_a_study_changes_an_element_or_attribute(hostile, shape):
    assert _shape(reworded(ONE, lambda text: f"{text}{hostile}")) == shape


@pytest.mark.parametrize("first", range(0, len(HOSTILE), 12))
def test_no_mixture_of_hostile_names_does_either(first):
    """Every name gets a hostile string of its own, the same name always the same."""
    numbers: dict[str, int] = {}

    def change(text):
        return text + HOSTILE[(first + numbers.setdefault(text, len(numbers))) % len(HOSTILE)]

    assert _shape(reworded(SEVERAL, change)) == _shape(reworded(SEVERAL, lambda text: f"{text} ok"))


def test_hidden_characters_reach_neither_text_nor_charts():
    text = render(reworded(ONE, lambda text: f"{text}\u202e\u200b\u0007\u2028\ud800"))
    body = text[: text.index('<script type="application/json"')]
    assert not set(body) & set("\u202e\u200b\u0007\u2028\ud800")
    charts = re.search(r'id="charts">(.*?)</script>', text, re.S)[1]
    assert not re.search(r"\\u(202e|200b|0007|2028|d800)", charts)


def test_data_in_a_script_element_cannot_end_it():
    text = data_script({"a": "</script><!--&\u2028\u2029é"})
    assert text == r'{"a":"\u003c/script\u003e\u003c!--\u0026\u00e9"}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        data_script([float("nan")])
