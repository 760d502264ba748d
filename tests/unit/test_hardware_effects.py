"""What decides a step's time, against measured effects. Numbers are copied from the sources named beside them."""

from dataclasses import replace

import numpy as np
import pytest

from fleetsim.catalog import load_framework, load_hardware, load_model
from fleetsim.hardware import Deployment, Speculation, step_table
from fleetsim.hardware.collectives import Fabric
from fleetsim.hardware.moe import busiest_share, experts_touched
from fleetsim.hardware.operators import Device
from fleetsim.hardware.precision import Format
from fleetsim.predict import Point, Row, predict_points

BF16, FP8, FP4 = (Format(p, p, b) for p, b in (("bf16", 2.0), ("fp8", 1.0), ("fp4", 0.5625)))


def deployment(model, hardware, framework="vllm", **keys):
    keys = {"max_num_seqs": 512} | keys
    return Deployment(load_model(model), load_hardware(hardware), framework=load_framework(framework), **keys)


def tpot_ms(made, clients, context):
    """Time of a step in which so many clients decode at a context."""
    table = step_table(made)
    decode = table.base_ns[clients] + clients * (
        table.alpha_ns * context + table.window_alpha_ns * min(context, table.window_tokens)
    )
    return decode / 1e6


def _prompt_ns(made, tokens=7373):
    """Time of a step that is one prompt."""
    table = step_table(made)
    return table.base_ns[tokens] + table.beta_ns * tokens**2 / 2


def test_matrix_products_saturate_with_tokens():
    """Shares of the bf16 peak of H100 products of 30 to 300 million weights: aiconfigurator 095f58a, vllm 0.24.0."""
    device = Device(load_hardware("h100"), load_hardware("h100").calibration)
    tokens = np.array([64.0, 128.0, 256.0, 512.0, 1024.0])
    measured = np.array([0.17, 0.33, 0.58, 0.79, 0.83])
    weights = 8192.0 * 8192.0
    share = 2 * tokens * weights / device.matmul(tokens, weights, BF16) / 989e12
    assert np.all(np.diff(share) > 0)
    assert share == pytest.approx(measured, rel=0.35)


def test_small_products_in_four_bits_gain_less_than_their_bytes():
    """Bandwidth shares of 16-token products on B200: 0.71 bf16, 0.42 fp8, 0.34 nvfp4 (aiconfigurator 095f58a)."""
    device = Device(load_hardware("b200"), load_hardware("b200").calibration)
    weights = 8192.0 * 8192.0

    def share(kept):
        return weights * kept.weight_bytes / float(device.matmul(np.array([16.0]), weights, kept)[0]) / 7.7e12

    assert share(BF16) > share(FP8) > share(FP4)
    assert share(FP4) < 0.7 * share(BF16)


def test_tokens_go_to_fewer_experts_than_balanced_routing_says():
    """gpt-oss-120b on one B200, vLLM 0.15.1: TPOT 3.49, 5.84, 10.50 ms at 4, 16, 64 clients (InferenceX).

    Simulated as measured, for the prompts between the steps are part of those times.
    """
    device = load_hardware("b200")
    said = {"n_gpus": 1.0, "tp": 1.0, "precision": "fp4", "framework": "vllm", "isl": 1024.0, "osl": 1024.0}
    said |= {"workload": "random tokens, lengths uniform in [0.8L, L], ignore_eos, no prefix cache"}
    points = [Point("b200", "gpt-oss-120b", "closed_loop_concurrency", str(n), **said) for n in (4, 16, 64)]
    rows = [Row(point, "tpot_mean", "ms") for point in points]

    def growth(override):
        few, *more = (prediction.value for prediction in predict_points(rows, override=override))
        return np.array(more) / few

    measured = np.array([5.84 / 3.49, 10.50 / 3.49])
    as_fitted, balanced = growth({}), growth({"b200": _with(device, routing_evenness=None)})
    assert device.calibration.routing_evenness is not None
    assert np.abs(as_fitted / measured - 1).max() < np.abs(balanced / measured - 1).max()
    assert as_fitted == pytest.approx(measured, rel=0.25)


def test_copies_for_experts_do_not_get_fewer_with_more_ranks():
    """Prompts of 8192 tokens, gpt-oss-120b on one and four H200, vLLM 0.18: 408 and 180 ms (InferenceX, 4 clients)."""
    made = deployment("gpt-oss-120b", "h200", max_num_batched_tokens=8192, max_num_seqs=4)
    without = replace(made, hardware=_with(made.hardware, expert_passes=0.0))
    gain, ideal = (_prompt_ns(d) / _prompt_ns(replace(d, tp=4)) for d in (made, without))
    assert made.hardware.calibration.expert_passes > 0
    assert abs(gain / (408 / 180) - 1) < abs(ideal / (408 / 180) - 1)


def test_switches_that_add_up_make_all_reduces_of_many_ranks_cheap():
    """64 MiB on H100 with NVSwitch: 254, 329, 323 us on 2, 4, 8 ranks (aiconfigurator 095f58a, TensorRT-LLM)."""
    hopper, ampere = (load_hardware(key) for key in ("h100", "a100-80"))
    message = np.array([2.0**26])
    reduced, passed = (
        [float(Fabric(device, device.calibration).all_reduce(message, ranks)[0]) for ranks in (2, 4, 8)]
        for device in (hopper, ampere)
    )
    assert reduced[2] / reduced[0] == pytest.approx(323 / 254, rel=0.15)
    assert reduced[1] / reduced[0] == pytest.approx(329 / 254, rel=0.15)
    assert passed[2] / passed[0] > 1.7


def test_experts_in_native_four_bits_are_products_of_their_own():
    """gpt-oss-120b, TensorRT-LLM: computed in fp4 on B200, widened to bf16 on H200, which has no such peak."""
    native, widened = (deployment("gpt-oss-120b", key, "trtllm") for key in ("b200", "h200"))

    def without(made):
        own = made.framework
        same = {"expert_fp4_factor": own.calibration.expert_factor}
        return replace(made, framework=own.model_copy(update={"calibration": own.calibration.model_copy(update=same)}))

    assert tpot_ms(native, 16, 1500) != tpot_ms(without(native), 16, 1500)
    assert tpot_ms(widened, 16, 1500) == tpot_ms(without(widened), 16, 1500)


def test_grouped_products_of_experts_reach_less_of_the_peak_than_dense_ones():
    """gpt-oss-120b on one H200, vLLM 0.18.0, 4 clients: 408 ms to the first token of prompts of 8192 (InferenceX)."""
    made = deployment("gpt-oss-120b", "h200", max_num_batched_tokens=8192)
    own = made.framework
    figures = own.calibration.model_copy(update={"expert_compute_factor": 1.0})
    like_dense = replace(made, framework=own.model_copy(update={"calibration": figures}))
    assert own.calibration.expert_compute_factor > 1.2
    assert _prompt_ns(like_dense) < 0.9 * _prompt_ns(made)
    assert _prompt_ns(made) / 1e6 == pytest.approx(408, rel=0.35)
    assert tpot_ms(made, 4, 1500) == pytest.approx(tpot_ms(like_dense, 4, 1500), rel=0.05)


def test_a_prompt_lies_on_one_data_parallel_rank():
    """DeepSeek-V3 in fp4 on B200: 10 clients wait 695 ms for a prefill worker of dp 4 to read 8192 tokens (InferenceX).

    Of a worker of tp 4 on GB200 6 clients wait 288 ms.
    """
    keys = {"dp": 4, "ep": 4, "precision": "fp4", "max_num_batched_tokens": 4 * 7373, "max_num_seqs": 10}
    spread = deployment("deepseek-v3", "b200", "trtllm", **keys)
    whole = replace(spread, whole_prompt_tokens=7373)
    assert _prompt_ns(whole) > 1.5 * _prompt_ns(spread)
    assert _prompt_ns(whole) / 1e6 == pytest.approx(695, rel=0.5)
    assert _prompt_ns(whole, 4 * 7373) == pytest.approx(_prompt_ns(spread, 4 * 7373))


def test_experts_touched_at_both_ends():
    tokens = np.array([1.0, 16.0, 1e6])
    balanced, skewed = experts_touched(tokens, 128, 4), experts_touched(tokens, 128, 4, 0.5)
    assert balanced == pytest.approx([4.0, 128 * (1 - (1 - 4 / 128) ** 16), 128.0])
    assert skewed[0] == pytest.approx(4.0)
    assert skewed[1] < 0.8 * balanced[1]
    assert np.all(skewed <= balanced)


def test_chance_imbalance_of_expert_ranks_fades_with_tokens():
    share = busiest_share(np.array([4.0, 64.0, 4096.0]), 8, 8, 1.15, 0.5)
    assert share[0] > share[1] > share[2] > 1.15
    assert share[2] == pytest.approx(1.15, abs=0.05)


def test_expert_parallelism_costs_little_at_small_batch():
    """DeepSeek-R1 fp4 on 4 B200, SGLang 0.5.9: 9.00 ms with ep 4 and 10.01 ms without, 4 clients (InferenceX)."""
    sliced = deployment("deepseek-r1", "b200", "sglang", tp=4, precision="fp4")
    whole = replace(sliced, ep=4)
    assert 0.8 < tpot_ms(whole, 4, 1500) / tpot_ms(sliced, 4, 1500) < 1.25


def test_latent_attention_reads_one_latent_and_rope_key():
    """512 + 64 elements a layer, 61 layers, bf16: 70,272 bytes a token against 61 * 2 * 128 * 128 * 2 of full heads."""
    device = load_hardware("h200")
    table = step_table(deployment("deepseek-v3", "h200", tp=8))
    fit, framework = device.calibration, load_framework("vllm").calibration
    read_s = 70_272 * framework.kv_factor / (4.8e12 * fit.kv_efficiency)
    assert table.alpha_ns >= read_s * 1e9 * 0.999
    assert table.memory["kv_bytes"] / table.kv_blocks == pytest.approx(70_272 * 16 * 8, rel=1e-3)


def test_sliding_windows_stop_growing():
    """gpt-oss-120b, vLLM on B200: 8,192 instead of 1,024 tokens out: TPOT -7 % (InferenceX)."""
    table = step_table(deployment("gpt-oss-120b", "b200"))
    short, long = (table.base_ns[16] + 16 * (table.alpha_ns * c + table.window_alpha_ns * 128) for c in (1500, 5000))
    assert long / short < 1.1


def test_tensor_parallelism_gains_less_with_every_doubling():
    """Llama-3.1-70B fp8 on H200, vLLM: TPOT 21.8, 13.9, 9.9, 7.9 ms on 1, 2, 4, 8 (InferenceX, 4 clients)."""
    measured = np.array([21.8, 13.9, 9.9, 7.9])
    made = [deployment("llama-3.1-70b", "h200", tp=n, precision="fp8", kv_precision="fp8") for n in (1, 2, 4, 8)]
    predicted = np.array([tpot_ms(d, 4, 1500) for d in made])
    assert predicted == pytest.approx(measured, rel=0.15)


def test_data_parallel_attention_pays_at_large_batch():
    """DeepSeek-R1 fp4 on 8 B200, TensorRT-LLM: 23.9 ms with attention dp 8 and 27.5 with tp 8, 256 clients."""
    tensor = deployment("deepseek-r1", "b200", "trtllm", tp=8, precision="fp4", kv_precision="fp8")
    data = replace(tensor, tp=1, dp=8, ep=8)
    assert tpot_ms(data, 256, 1500) < tpot_ms(tensor, 256, 1500)
    assert tpot_ms(data, 8, 1500) > 0.9 * tpot_ms(tensor, 8, 1500)


def test_eight_bit_kv_halves_the_reads_that_rule_large_batches():
    """Llama-3.1-70B fp8 on one B200, TensorRT-LLM: 29.4 ms at 128 clients (InferenceX)."""
    half = deployment("llama-3.1-70b", "b200", "trtllm", precision="fp8", kv_precision="fp8")
    assert tpot_ms(half, 128, 1382) < 29.4 < 1.15 * tpot_ms(replace(half, kv_precision="bf16"), 128, 1382)


def test_captured_steps_are_padded_and_larger_ones_launched():
    table = step_table(deployment("llama-3.1-8b", "h100"))
    eager = load_framework("vllm").calibration.eager_layer_s * 32 * 1e9
    assert table.base_ns[9] == pytest.approx(table.base_ns[16], rel=0.01)
    assert table.base_ns[513] - table.base_ns[512] > eager
    bare = step_table(replace(deployment("llama-3.1-8b", "h100"), framework=None))
    assert bare.base_ns[513] - bare.base_ns[512] < eager / 10


def test_the_gain_of_speculation_fades_with_batch():
    """EAGLE-3 on an 8B model on H100, SGLang: 2.4 times faster at batch 1, 1.38 at batch 64 (arXiv:2503.01840)."""
    plain = deployment("llama-3.1-8b", "h100", "sglang", max_num_seqs=256)
    drafted = replace(plain, speculation=Speculation(draft_tokens=4, accepted=2.0, draft_cost=0.05))
    gain = {n: tpot_ms(plain, n, 1000) / tpot_ms(drafted, n, 1000) for n in (1, 64, 256)}
    assert 2.0 < gain[1] < 2.9
    assert 1.1 < gain[64] < 2.2
    assert gain[1] > gain[64] > gain[256]


def test_a_state_of_fixed_size_does_not_grow_with_context():
    """Qwen3.5-397B-A17B keeps KV in 15 of 60 layers: 2 * 2 * 256 elements each."""
    table = step_table(deployment("qwen3.5-397b-a17b", "b200", "sglang", tp=8))
    assert table.window_tokens == 1
    assert table.memory["kv_bytes"] / table.kv_blocks == pytest.approx(15 * 1024 * 2 * 4 * 16, rel=1e-3)


def test_pipelines_leave_bubbles():
    one = step_table(deployment("llama-3.1-70b", "h100", tp=2, precision="fp8"))
    two = step_table(deployment("llama-3.1-70b", "h100", tp=2, pp=2, precision="fp8"))
    assert two.base_ns[1] >= one.base_ns[1]
    assert 0.5 < two.base_ns[8192] / one.base_ns[8192] < 0.75


def _with(hardware, **figures):
    return hardware.model_copy(update={"calibration": hardware.calibration.model_copy(update=figures)})
