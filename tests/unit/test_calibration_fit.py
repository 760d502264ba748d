"""Fits of tables that were made from known numbers, and the blocks they write."""

import numpy as np
import pytest

from fleetsim.calibration import cases, fit
from fleetsim.calibration.cases import READINGS
from fleetsim.calibration.families import FAMILIES, FRAMEWORKS
from fleetsim.calibration.parameters import SPREADS, device_fit, family_of, parameters, profiles, shipped_values
from fleetsim.calibration.solve import blocks
from fleetsim.calibration.write import block
from fleetsim.catalog import framework_names, hardware_names, load_framework, load_hardware
from fleetsim.predict import predict_points

_COLUMNS = ("hardware", "n_gpus", "tp", "model", "precision", "framework", "workload", "isl", "osl")


def table(rows):
    import pandas as pd

    return pd.DataFrame(rows)


def measured(value, clients, metric="tpot_mean", hardware="H100-SXM-80GB", model="meta-llama/Llama-3.1-8B-Instruct"):
    point = dict(zip(_COLUMNS, (hardware, "1", "1", model, "bf16", "vllm", "fixed", "256", "32"), strict=True))
    load = {"load_type": "closed_loop_concurrency", "load_value": str(clients), "num_requests": str(4 * clients)}
    return point | load | {"metric": metric, "value": str(value), "unit": "ms", "mode": "agg", "notes": ""}


def test_every_parameter_has_a_spread_and_every_device_a_profile():
    for owner in (*FAMILIES, *FRAMEWORKS):
        assert all(p.name in SPREADS and p.start > 0 for p in parameters([owner]))
    assert {key for family in FAMILIES.values() for key in family.devices} <= set(hardware_names())
    assert set(FRAMEWORKS) <= set(framework_names())


def test_few_parameters_and_none_for_a_model():
    assert all(len(family.start) <= 22 for family in FAMILIES.values())
    assert all(len(start) <= 14 for start in FRAMEWORKS.values())
    assert family_of("h200") is family_of("h100")
    assert family_of("wse-3") is None


def test_the_shipped_values_make_the_shipped_profiles():
    made = profiles(shipped_values())
    for key in ("h100", "b200", "m2-ultra"):
        assert made[key].calibration == load_hardware(key).calibration
    for key in ("vllm", "trtllm-mlperf", "llama.cpp"):
        assert made[key].calibration == load_framework(key).calibration


def test_a_fit_finds_what_made_the_measurements():
    """Times of a device a fifth slower in memory than its family's start are mostly explained by its bandwidth."""
    start = {(p.owner, p.name): p.start for p in parameters([*FAMILIES, *FRAMEWORKS])}
    slower = profiles(start | {("hopper", "memory"): 0.8 * start["hopper", "memory"]})
    made = blocks(cases(table([measured(1.0, n) for n in (1, 2, 4, 8, 16)])))
    truth = np.concatenate([b.predicted(slower) for b in made]) * 1e3
    rows = table(20 * [measured(value, n) for value, n in zip(truth, (1, 2, 4, 8, 16), strict=True)])
    fitted = fit(rows)
    again = np.concatenate([b.predicted(fitted) for b in made]) * 1e3
    assert again == pytest.approx(truth, rel=0.02)
    assert fitted["h100"].calibration.memory_efficiency < start["hopper", "memory"]
    assert fitted["h200"].calibration.memory_efficiency == fitted["h100"].calibration.memory_efficiency
    assert fitted["b200"].calibration.memory_efficiency == pytest.approx(start["blackwell", "memory"])


@pytest.mark.parametrize("clients", [4, 8, 64])
def test_a_fit_sees_what_the_simulator_gives(clients):
    """Times of a server's requests, who arrive while a step runs: summed for a fit, and simulated.

    With many clients prompts meet in a step: sums that do not know which are 18 % of TTFT short with 64 of them.
    """
    lengths = {"workload": "random tokens, lengths uniform in [0.8L, L]", "isl": "1024", "osl": "256"}
    rows = table([measured(1.0, clients, metric) | lengths for metric in ("ttft_mean", "tpot_mean")])
    summed = np.concatenate([b.predicted(profiles(shipped_values())) for b in blocks(cases(rows))]) * 1e3
    simulated = [prediction.value for prediction in predict_points(rows)]
    assert summed == pytest.approx(simulated, rel=0.1)


def test_the_same_table_gives_the_same_fit():
    rows = table([measured(value, n) for value, n in ((6.1, 1), (6.9, 8))])
    assert fit(rows)["h100"] == fit(rows)["h100"]


def test_rows_that_cannot_be_summed_are_left_out():
    rows = [measured(6.1, 1), measured(6.1, 1, metric="power"), measured(1, 1, hardware="abacus")]
    rows += [measured(6.1, 1) | {"load_type": "open_loop_qps"}, measured("", 1)]
    rows += [measured(6.1, 1) | {"mode": "disagg", "decode_cfg": "workers=1;tp=1", "prefill_cfg": "workers=1;tp=1"}]
    found = cases(table(rows))
    assert sum(len(case.rows) for case in found) == 1
    assert "ttft_mean" in READINGS


def test_a_block_is_read_back_as_it_was_written(tmp_path):
    family = FAMILIES["hopper"]
    hardware = load_hardware("h100")
    values = {("hopper", name): value for name, value in family.start.items()}
    made = device_fit(hardware, family, values)
    about = {"basis": "calibrated", "data": "some", "date": '"2026-11-22"', "error": '"1 %"', "command": '"c"'}
    text = _shipped("hardware_profiles", "h100")
    (tmp_path / "mine.yaml").write_text(text[: text.index("calibration:\n")] + block(made, about))
    read = load_hardware("mine.yaml", tmp_path).calibration
    assert block(read, about) == block(made, about)
    assert (read.basis, read.data, read.date, read.command) == ("calibrated", "some", "2026-11-22", "c")


def test_every_framework_profile_says_where_it_is_from():
    for key in framework_names():
        profile = load_framework(key)
        assert len(profile.scheduling.source) > 6
        assert profile.calibration.data
        assert profile.scheduling.max_num_batched_tokens >= 256


def _shipped(folder, key):
    from fleetsim.catalog.shipped import shipped_folder

    return (shipped_folder(folder) / f"{key}.yaml").read_text()
