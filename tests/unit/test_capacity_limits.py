"""What binds a capacity search beside latency: budget, power, availability, regions; and prices that it needs."""

from __future__ import annotations

import pytest
from small_scenarios import SERVERS, write

import fleetsim
from fleetsim.errors import InputFaults

REGIONS = """\
site:
  carbon: 400 g/kWh
  regions:
    north: {carbon: 20 g/kWh, network: 150 ms}
    south: {pue: 1.5, prices: 0.5}
workload:
"""
SCENARIO = SERVERS
for was, now in {
    "workload:\n": REGIONS,
    ", sizes: {short: 20, long: 60}": "",
    "idle_power: 20 W": "idle_power: 60 W",
    "decode_power: 300 W, prefill_power: 300 W": "decode_power: 60 W, prefill_power: 60 W",
    "60 W, idle_power: 60 W": "60 W, idle_power: 10 W",
    "price: $4 per h": "price: $6 per h",
    "  baseline: large\n": "",
    "loads: [0.5, 1.0]": "loads: []",
}.items():
    assert was in SCENARIO
    SCENARIO = SCENARIO.replace(was, now)
LATENCY = "{figure: e2e_mean, at_most: 300 ms}"


def found(tmp_path, *sets: str):
    return fleetsim.capacity(write(tmp_path, SCENARIO), sets=sets, more=False)


@pytest.fixture(scope="module")
def free(tmp_path_factory):
    """The answer where nothing but latency binds."""
    return found(tmp_path_factory.mktemp("free"))


def test_a_limit_on_power_buys_the_dearer_machines_that_draw_less(tmp_path, free):
    assert free.answer.architecture == "small"
    answer = found(tmp_path, f"capacity.constraints=[{LATENCY}, {{figure: power, at_most: 0.5 kW}}]")
    assert answer.answer.architecture == "large"
    power = next(kept for kept in answer.answer.kept if kept.figure == "power")
    assert power.value <= 500
    assert power.unit == "W"


def test_a_budget_just_below_the_answer_leaves_none_and_one_above_changes_nothing(tmp_path, free):
    def within(usd: float):
        return found(tmp_path, f"capacity.constraints=[{LATENCY}, {{figure: usd_per_hour, at_most: ${usd} per h}}]")

    assert within(free.answer.usd_per_hour - 0.5).answer is None
    same = within(free.answer.usd_per_hour + 0.5).answer
    assert (same.architecture, same.replicas) == (free.answer.architecture, free.answer.replicas)


@pytest.mark.parametrize("gone", [1, 2])
def test_with_replicas_gone_the_answer_has_as_many_more(tmp_path, free, gone):
    answer = found(tmp_path, f"capacity.failures={gone}", "capacity.architectures=[small]")
    assert answer.answer.replicas["small"] == free.answer.replicas["small"] + gone
    assert answer.answer.gone == "small"


def placed(tmp_path, allowed: str, limit: str = LATENCY):
    """The answer of the small machines alone, in one of the regions."""
    text = SCENARIO.replace(
        '    architectures.large.pools.large.replicas: "1:20"\n',
        "    architectures.small.pools.small.region: [north, south]\n",
    ).replace("  loads: []", f"  loads: []\n  architectures: [small]\n  regions: {allowed}")
    return fleetsim.capacity(write(tmp_path, text), sets=[f"capacity.constraints=[{limit}]"], more=False)


def test_only_allowed_regions_are_bought_in(tmp_path):
    only = placed(tmp_path, "[north]", LATENCY.replace("300", "600"))
    assert only.answer.settings == {"architectures.small.pools.small.region": "north"}
    assert only.effort.impossible == (
        "small [region=south]: pool small would stand in south, which is none of `capacity.regions`",
    )
    assert all("south" not in point.name for point in only.front)


def test_the_delay_to_a_region_is_part_of_what_clients_see(tmp_path, free):
    """150 ms each way are all that 300 ms allow."""
    near = placed(tmp_path, "[north, south]")
    assert near.answer.settings == {"architectures.small.pools.small.region": "south"}
    assert near.answer.replicas == free.answer.replicas
    assert placed(tmp_path, "[north]").answer is None


def test_a_region_has_a_grid_of_its_own(tmp_path):
    text = SCENARIO.replace(", network: 150 ms", "")
    text = text.replace("max_num_seqs: 1\n", "max_num_seqs: 1\n        replicas: 10\n        region: REGION\n")
    grams, joules = {}, {}
    for region in ("north", "south"):
        run = fleetsim.simulate(write(tmp_path, text.replace("REGION", region))).arms[0]
        grams[region] = run.value("grams_co2_per_task")
        joules[region] = run.value("joules_per_task")
    assert joules["south"] / joules["north"] == pytest.approx(1.5 / 1.2, rel=1e-3)
    assert grams["south"] / grams["north"] == pytest.approx(1.5 / 1.2 * 400 / 20, rel=1e-3)


def test_the_prices_of_profiles_are_those_of_the_region(tmp_path):
    text = SCENARIO.replace(
        "        steps: {base: 10 ms, decode_power: 100 W, prefill_power: 100 W, idle_power: 60 W}\n",
        "        model: llama-3.1-8b\n        hardware: l4\n        region: REGION\n",
    ).replace("        price: $1 per h\n", "")
    usd = [
        fleetsim.simulate(write(tmp_path, text.replace("REGION", r))).arms[0].value("usd_per_hour")
        for r in ("north", "south")
    ]
    assert usd[1] == pytest.approx(usd[0] / 2)


def test_faults_of_regions_are_told(tmp_path):
    text = SCENARIO.replace("  loads: []", "  loads: []\n  regions: [nort]").replace(
        "max_num_seqs: 1\n", "max_num_seqs: 1\n        region: sout\n"
    )
    with pytest.raises(InputFaults) as caught:
        fleetsim.load(write(tmp_path, text))
    said = str(caught.value)
    assert "did you mean 'north'" in said
    assert "did you mean 'south'" in said
    assert "architectures.large.pools.large" in said
    assert "has no region" in said


def test_a_pool_without_a_price_is_named(tmp_path):
    with pytest.raises(InputFaults) as caught:
        fleetsim.capacity(write(tmp_path, SCENARIO.replace("        price: $6 per h\n", "")), more=False)
    said = str(caught.value)
    assert "architectures.large.pools.large" in said
    assert "write `price: $2 per h`" in said
    assert "pools.small" not in said
