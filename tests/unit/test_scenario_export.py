"""A scenario back as text, and the language as JSON Schema."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetsim import units
from fleetsim.scenario import json_schema, load
from fleetsim.scenario.export import readable
from fleetsim.scenario.read import parse

GOOD = (Path(__file__).parents[1] / "bad" / "good.yaml").read_text()


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "scenario.yaml"
    file.write_text(GOOD)
    return file


@pytest.fixture(scope="module")
def schema():
    return json_schema()


class TestResolved:
    def test_every_default_is_shown_with_its_unit(self, path):
        text = load(path).resolved()
        for line in (
            "horizon: 10 min",
            "drain: 5 min",
            "warm_up: auto",
            "price: $2.5 per h",
            "memory_utilisation: 90 %",
        ):
            assert line in text
        for line in ("tokens: 2000 tokens", "rate: 12 per s", "per_token: 50 us", "carbon: 350 g/kWh", "ttft: 2 s"):
            assert line in text
        assert parse(text, "resolved").faults == []

    def test_it_loads_to_an_equal_scenario(self, path):
        loaded = load(path)
        path.write_text(loaded.resolved())
        again = load(path)
        assert again.scenario == loaded.scenario
        assert again.resolved() == loaded.resolved()

    @pytest.mark.parametrize(
        "arrivals",
        [
            "{kind: poisson, rate: 1000000 per d}",
            "{kind: mmpp, states: [{rate: 1 per s, dwell: 10 s}, {rate: 7 per s, dwell: 333 ms}]}",
            "{kind: diurnal, rate: 1 per s, amplitude: 33 %}",
        ],
    )
    @pytest.mark.parametrize(
        "length",
        [
            "{kind: empirical, quantiles: {0 %: 1, 33.3 %: 20, 100 %: 4k tokens}}",
            "{kind: lognormal, median: 7, sigma: 0.3, max: 9k tokens}",
            "{kind: mixture, parts: [{weight: 1, law: {kind: fixed, tokens: 3}}]}",
            "7",
        ],
    )
    def test_for_members_of_the_families(self, path, arrivals, length):
        path.write_text(GOOD)
        loaded = load(path, ["vary={}", f"workload.arrivals={arrivals}", f"workload.classes.chat.output={length}"])
        path.write_text(loaded.resolved())
        assert load(path).scenario == loaded.scenario

    @settings(max_examples=300, deadline=None)
    @given(st.floats(0, 1e15, allow_subnormal=False), st.sampled_from(["s", "ms", "h", "d"]))
    def test_quantities_parse_to_the_very_same_value(self, number, unit):
        value = units.parse(f"{number!r} {unit}", units.DURATION)
        for dimension in (d for d in vars(units).values() if isinstance(d, units.Dimension)):
            assert units.parse(readable(value, dimension), dimension) == value

    @pytest.mark.parametrize(
        ("value", "dimension", "text"),
        [
            (0.25, units.DURATION, "250 ms"),
            (600.0, units.DURATION, "10 min"),
            (0.0, units.DURATION, "0 s"),
            (1.5, units.DURATION, "1.5 s"),
            (80e9, units.BYTES, "80 GB"),
            (48 * 2.0**30, units.BYTES, "48 GiB"),
            (3.35e12, units.BANDWIDTH, "3.35 TB/s"),
            (989e12, units.COMPUTE, "989 TFLOP/s"),
            (12.0, units.RATE, "12 per s"),
            (5.0, units.RATE, "5 per s"),
            (700.0, units.POWER, "700 W"),
            (2.5 / 3600, units.PRICE_RATE, "$2.5 per h"),
            (2.5, units.PRICE, "$2.5"),
            (1.0, units.TOKENS, "1 token"),
            (0.125, units.FRACTION, "12.5 %"),
            (0.95, units.FRACTION, "95 %"),
        ],
    )
    def test_quantities_read_well(self, value, dimension, text):
        assert readable(value, dimension) == text


class TestJsonSchema:
    def test_it_is_valid_and_takes_sound_scenarios(self, schema, path):
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        validator.validate(parse(GOOD, "good").data)
        validator.validate(parse(load(path).resolved(), "resolved").data)

    @pytest.mark.parametrize(
        ("was", "now"),
        [
            ("seed: 7", "sede: 7"),
            ("replicas: 4", "replicas: four"),
            ("kind: poisson", "kind: poison"),
            ("horizon: 10 min", "horizon: 10"),
            ("kind: power_of_two", "kind: power"),
            ("choices: 3", "choises: 3"),
            ("    chat:", "    <b>:"),
        ],
    )
    def test_it_marks_what_loading_refuses(self, schema, was, now):
        data = parse(GOOD.replace(was, now), "bad").data
        assert not jsonschema.Draft202012Validator(schema).is_valid(data)

    def test_defaults_are_in_the_language(self, schema):
        assert schema["properties"]["drain"]["default"] == "5 min"
        assert schema["$defs"]["Pool"]["properties"]["balancer"]["default"] == {"kind": "least_outstanding"}
        assert schema["$defs"]["Poisson"]["properties"]["rate"]["examples"] == ["12 per s", "300 per min"]

    def test_mappings_are_closed(self, schema):
        shapes = [shape for shape in schema["$defs"].values() if "properties" in shape]
        assert all(shape["additionalProperties"] is False for shape in shapes)
        assert schema["additionalProperties"] is False
