"""Layers one card after the other, against what was measured on cards that reach each other by their host's bus alone.

Fujitsu's server of eight L40S on Llama-2-70B (MLPerf Inference v4.1, MLP-95 of the calibration table): 11 requests a
second, 293 tokens of prompt and of answer in the mean, 142.7 ms a token in the median.
"""

import pytest

from fleetsim.predict import predict_points
from fleetsim.predict.rows import Point, Row

MEASURED_MS = 142.7


def ms_a_token(**layout):
    server = Point(
        "NVIDIA L40S",
        "llama2-70b-99.9",
        "open_loop_poisson_qps",
        "11",
        n_gpus=8.0,
        precision="fp8",
        framework="TensorRT 10.2, CUDA 12.4",
        workload="OpenOrca",
        osl=293.0,
        num_requests=2000.0,
        **layout,
    )
    return predict_points([Row(server, "tpot_p50", "ms")])[0]


def test_cards_on_a_bus_are_a_pipeline():
    found = ms_a_token()
    assert "4 of tp 1, pp 2" in found.note
    assert found.value == pytest.approx(MEASURED_MS, rel=0.25)


def test_tensors_cut_over_a_bus_could_not_have_kept_up():
    assert ms_a_token(tp=2.0).value > 2 * MEASURED_MS
