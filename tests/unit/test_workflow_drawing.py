"""Workflows as text and pictures."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from workflow_cases import CASES

from fleetsim.scenario import schema  # noqa: F401  the families are whole once the language is
from fleetsim.scenario.families import WORKFLOWS
from fleetsim.workflow.drawing import as_svg, as_text

DOMAINS = ("x", "y")


@pytest.mark.parametrize("kind", CASES)
def test_every_node_is_in_the_text_and_in_the_picture(kind):
    nodes = WORKFLOWS[kind].model_validate({"kind": kind, **CASES[kind]}).nodes(DOMAINS)
    rows = list(as_text(nodes))
    assert {name for name, _, _ in rows} == set(nodes)
    assert rows[0][0] == next(iter(nodes))
    root = ElementTree.fromstring(as_svg(nodes, "a <b> & c"))
    tag = "{http://www.w3.org/2000/svg}"
    assert root.find(f"{tag}title").text == "a <b> & c"
    boxes = {(box.get("x"), box.get("y")) for box in root.iter(f"{tag}rect")}
    assert len(boxes) == len(nodes)


def test_ways_are_named_by_what_they_mean():
    nodes = WORKFLOWS["cascade"].model_validate({"kind": "cascade", **CASES["cascade"]}).nodes(DOMAINS)
    leads = {name: to for name, _, to in as_text(nodes)}
    assert leads["check 1 verdict"] == "passes: end, fails: try 2"


def test_a_check_that_keeps_the_best_says_so():
    nodes = WORKFLOWS["abmcts"].model_validate({"kind": "abmcts", **CASES["abmcts"]}).nodes(DOMAINS)
    assert {name: what for name, what, _ in as_text(nodes)}["score"] == "verify, keeps the best"


def test_show_draws_the_graph_of_a_scenario(tmp_path):
    from click.testing import CliRunner

    from fleetsim.cli import commands

    done = CliRunner().invoke(commands, ["show", "quickstart", "--graph", "--svg", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "answer  call chat" in done.output
    assert sorted(file.name for file in tmp_path.iterdir()) == ["one_H100.svg", "two_L40S.svg"]
