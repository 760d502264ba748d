"""Weights in the host's memory: they make room, and every step waits for those it needs."""

import pytest

from fleetsim.catalog import load_hardware, load_model
from fleetsim.errors import DoesNotFit, FleetsimError
from fleetsim.hardware import Deployment, step_table

GB = 1e9


def table(model: str, hardware: str = "h100", offload_gb: float = 0.0, **keys):
    deployment = Deployment(load_model(model), load_hardware(hardware), cpu_offload_bytes=offload_gb * GB, **keys)
    return step_table(deployment)


def test_what_lies_with_the_host_leaves_room_for_kv():
    full, part = table("llama-3.1-8b"), table("llama-3.1-8b", offload_gb=6)
    assert part.memory["weights_bytes"] + part.memory["host_bytes"] == pytest.approx(full.memory["weights_bytes"])
    assert part.memory["kv_bytes"] - full.memory["kv_bytes"] == pytest.approx(6 * GB)
    with pytest.raises(DoesNotFit):
        table("llama-3.1-70b")
    assert table("llama-3.1-70b", offload_gb=90).kv_blocks > 0


def test_a_step_waits_for_the_link_to_the_host():
    full, part = table("llama-3.1-8b"), table("llama-3.1-8b", offload_gb=6)
    waits_s = (part.base_ns[1] - full.base_ns[1]) / 1e9
    over_the_link = 6 * GB / 64e9  # the data sheet's bandwidth; less is reached
    assert over_the_link < waits_s < over_the_link / 0.7
    assert part.base_ns[8192] < 1.25 * full.base_ns[8192]  # arithmetic hides most of it


def test_every_accelerator_has_a_host_link_of_its_own():
    one, two = table("llama-3.1-8b", offload_gb=6), table("llama-3.1-8b", offload_gb=3, tp=2)
    assert two.memory["host_bytes"] == pytest.approx(one.memory["host_bytes"])
    assert two.base_ns[1] == pytest.approx(one.base_ns[1] / 2, rel=0.05)


def test_experts_that_are_not_called_stay_where_they_are():
    part = table("qwen3-30b-a3b", offload_gb=30)
    share = part.memory["host_bytes"] / (part.memory["host_bytes"] + part.memory["weights_bytes"])
    all_of_it_s = part.memory["host_bytes"] / 64e9
    assert share > 0.4
    assert part.base_ns[1] / 1e9 < all_of_it_s / 4
    assert part.base_ns[512] / 1e9 > all_of_it_s


def test_more_than_there_is_and_devices_without_a_host_are_refused():
    with pytest.raises(FleetsimError, match=r"cpu_offload of 20.0 GB is more than the 16.1 GB of weights"):
        table("llama-3.1-8b", offload_gb=20)
    with pytest.raises(FleetsimError, match="needs a link to the host; write `host:` under `links:`"):
        table("llama-3.1-8b", "m2-ultra", offload_gb=2)
