"""Everything that can be named in a scenario says what it means; every figure of a profile says where it is from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from sources import ROOT

from fleetsim import catalog
from fleetsim.claims.stated.contract import CLAIMS
from fleetsim.metrics.contract import METRICS
from fleetsim.policies.balancers import BALANCERS
from fleetsim.policies.scheduling import QUEUE_ORDERS
from fleetsim.policies.selectors import SELECTORS
from fleetsim.registry import Family
from fleetsim.report.contract import SECTIONS
from fleetsim.scenario.families import ARRIVALS, LENGTHS, WORKFLOWS
from fleetsim.scenario.fields import Model
from fleetsim.tables import Table
from fleetsim.workload.traces import FORMATS

FAMILIES = [METRICS, BALANCERS, QUEUE_ORDERS, SELECTORS, SECTIONS, ARRIVALS, LENGTHS, WORKFLOWS, FORMATS, CLAIMS]
MEMBERS = [(family, name) for family in FAMILIES for name in family]

DEVICES, MODELS = 16, 20
"""How many profiles there are at least."""


@pytest.mark.parametrize(("family", "name"), MEMBERS, ids=[f"{f.noun} {n}" for f, n in MEMBERS])
def test_members_say_what_they_mean(family: Family, name: str) -> None:
    member = family[name]
    rule = getattr(member, "rule", None) or getattr(member, "reader", None) or member
    words = getattr(member, "meaning", "") or getattr(member, "sentence", "") or getattr(rule, "__doc__", "") or ""
    assert len(words.split()) >= 3, f"{family.noun} {name}: {words!r}"


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.noun)
def test_families_have_members(family: Family) -> None:
    assert len(family) > 0


@pytest.mark.parametrize("family", [ARRIVALS, LENGTHS, WORKFLOWS], ids=lambda f: f.noun)
def test_keys_of_the_scenario_language_are_explained(family: Family[type[Model]]) -> None:
    for name, member in family.items():
        silent = [key for key, field in member.model_fields.items() if key != "kind" and not field.description]
        assert not silent, f"{family.noun} {name}: {silent}"


def _figures(value: Any, path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every mapping that holds a `value`, with its path."""
    if isinstance(value, Mapping):
        if "value" in value:
            yield path, value
        for key, inner in value.items():
            yield from _figures(inner, f"{path}.{key}".lstrip("."))


@pytest.mark.parametrize("name", catalog.hardware_names())
def test_every_figure_of_a_device_has_a_source(name: str) -> None:
    profile = catalog.load_hardware(name)
    figures = dict(_figures(profile.model_dump()))
    assert figures
    for path, figure in figures.items():
        assert figure["source"].strip(), f"{name}: {path}"
        assert figure["confidence"], f"{name}: {path}"
    assert profile.calibration is None or profile.calibration.data.strip()


@pytest.mark.parametrize("name", catalog.model_names())
def test_every_model_has_a_source(name: str) -> None:
    profile = catalog.load_model(name)
    assert profile.source.strip()
    assert profile.confidence
    for path, figure in _figures(profile.model_dump()):
        assert figure["source"].strip(), f"{name}: {path}"


@pytest.mark.parametrize("name", catalog.model_names())
def test_every_capability_is_explained(name: str) -> None:
    explained = (ROOT / "docs/quality.md").read_text(encoding="utf-8")
    for kind, figure in catalog.load_model(name).capability.items():
        assert f"| `{kind}` |" in explained, kind
        assert figure.source.strip()
        assert figure.confidence


def test_there_are_enough_profiles() -> None:
    assert len(catalog.hardware_names()) >= DEVICES
    assert len(catalog.model_names()) >= MODELS


def test_profiles_are_where_the_wheel_takes_them_from() -> None:
    for folder, names in (
        ("hardware_profiles", catalog.hardware_names()),
        ("model_profiles", catalog.model_names()),
        ("framework_profiles", catalog.framework_names()),
        ("vendor_profiles", catalog.vendor_names()),
    ):
        assert sorted(path.stem for path in (ROOT / folder).iterdir()) == names


def test_every_column_has_a_meaning() -> None:
    from fleetsim import tables

    for name, table in vars(tables).items():
        if isinstance(table, Table):
            silent = [column.name for column in table if not column.meaning]
            assert not silent, f"{name}: {silent}"
