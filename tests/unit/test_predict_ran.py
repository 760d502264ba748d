"""What is measured ran: memory that a server must have had, and models that no memory would have held."""

import pandas as pd
import pytest

from fleetsim.calibration.cases import cases
from fleetsim.catalog import load_framework, load_hardware, load_model
from fleetsim.errors import DoesNotFit
from fleetsim.hardware import Deployment, step_table
from fleetsim.predict.prediction import simulate_point
from fleetsim.predict.rows import Point


def simulated(hardware, model, load_type="static_batch", load_value="1", **said):
    point = Point(hardware, model, load_type, load_value, **({"isl": 128.0, "osl": 32.0} | said))
    outcome, notes = simulate_point(point, {})
    return outcome, "; ".join(notes)


def server(clients, **said):
    ranks = {"n_gpus": 4.0, "tp": 4.0, "precision": "fp8", "framework": "sglang"}
    return simulated(
        "b200", "deepseek-v3", "closed_loop_concurrency", clients, **(ranks | {"num_requests": 8.0} | said)
    )


def test_a_server_that_does_not_fit_by_default_takes_what_its_clients_need():
    few, said = server("4")
    assert "takes 0.89 of the memory" in said
    assert "by default 0.88: as it was measured, it ran" in said
    many, _ = server("8", isl=8192.0)
    assert few.table.memory["kv_bytes"] < many.table.memory["kv_bytes"]
    for outcome in (few, many):
        assert outcome.table.memory["kv_bytes"] >= 4 * 160 * 70e3
        used = sum(outcome.table.memory[part] for part in ("weights_bytes", "workspace_bytes", "kv_bytes"))
        assert used <= 0.96 * outcome.table.memory["total_bytes"] * (1 + 1e-9)


def test_a_server_that_fits_is_left_as_it_is():
    _, said = server("4", n_gpus=8.0, tp=8.0)
    assert "it ran" not in said


def test_weights_beyond_the_memory_did_not_run():
    with pytest.raises(DoesNotFit):
        server("4", n_gpus=2.0, tp=2.0)
    with pytest.raises(DoesNotFit):
        simulated("rtx-3060", "llama-3.1-70b", precision="Q4_K_M", framework="llama.cpp", n_gpus=1.0)


def test_disaggregated_sides_have_what_they_need():
    workers = "workers=1;tp=1;dp=4;moe_tp=1;moe_ep=4"
    sides = {"mode": "disagg", "prefill_cfg": workers, "decode_cfg": workers}
    _, said = simulated(
        "gb200", "deepseek-v3", "closed_loop_concurrency", "16", precision="fp8", framework="sglang", **sides
    )
    assert "it ran" in said


def test_llama_cpp_leaves_the_input_embedding_with_the_host():
    keys = {"precision": "int4", "max_num_seqs": 1, "max_num_batched_tokens": 512, "memory_utilisation": 1.0}
    model, framework = load_model("gpt-oss-20b"), load_framework("llama.cpp")
    card, unified = load_hardware("rtx-a4000"), load_hardware("m4-max")
    left = step_table(Deployment(model, card, framework=framework, **keys))
    beside = framework.scheduling.model_copy(update={"host_embedding": False})
    kept = step_table(Deployment(model, card, framework=framework.model_copy(update={"scheduling": beside}), **keys))
    embedding_bytes = 201_088 * 2_880  # of 8 bits, as the output embedding of llama.cpp's 4-bit files
    assert left.memory["host_bytes"] == embedding_bytes
    assert left.memory["kv_bytes"] - kept.memory["kv_bytes"] == pytest.approx(embedding_bytes)
    assert "host_bytes" not in step_table(Deployment(model, unified, framework=framework, **keys)).memory
    tied = step_table(Deployment(load_model("llama-3.2-3b"), card, framework=framework, **keys))
    assert "host_bytes" not in tied.memory


def test_no_layer_of_a_model_just_over_the_memory_is_left_with_the_host():
    """Measured on 12 GB cards: 163 and 84 tokens/s, 133 behind a Raspberry Pi that reads 17 GB/s itself."""
    for device, speed in (("RTX 4070 Ti", 163.14), ("RTX 3060", 83.96)):
        outcome, _ = simulated(device, "gpt-oss-20b", precision="Q4_K_M", framework="llama.cpp", n_gpus=1.0, osl=256.0)
        assert 0.6 < 1 / outcome.tpot_s.mean() / speed < 1.2


def test_a_cluster_of_boards_cuts_tensors():
    """Measured: 0.85 tokens/s, which ten boards of 17.1 GB/s in a row cannot give for 40 GB of weights."""
    cluster, said = simulated(
        "Raspberry Pi CM5 Cluster (10x 16GB)", "Llama 3.1:70b", precision="Q4_K_M", framework="llama.cpp", n_gpus=1.0
    )
    assert "over 8 of 10 boards" in said
    assert cluster.accelerators == 8
    in_a_row_s = cluster.table.memory["weights_bytes"] / 17.1e9
    assert cluster.tpot_s.mean() < 1 / 0.85 < in_a_row_s


def test_a_precision_that_the_device_cannot_keep_is_widened():
    _, said = simulated("Cerebras CS-3 cloud", "gpt-oss-120b")
    assert "bf16, as the device cannot keep the fp4 it is published in" in said


def test_fits_learn_nothing_from_memory_that_was_taken_for_granted():
    said = {"hardware": "b200", "model": "deepseek-v3", "precision": "fp8", "framework": "sglang", "mode": "agg"}
    said |= {"load_type": "closed_loop_concurrency", "load_value": "4", "isl": "128", "osl": "32", "num_requests": "8"}
    said |= {"metric": "tpot_mean", "unit": "ms", "value": "20"}
    short, roomy = (cases(pd.DataFrame([said | {"n_gpus": ranks, "tp": ranks}])) for ranks in ("4", "8"))
    assert (len(short), len(roomy)) == (0, 1)
