"""Step tables from profiles: worked by hand where all overheads are taken away, and by law where they are not."""

import numpy as np
import pytest

from fleetsim.catalog import hardware_names, load_framework, load_hardware, load_model, model_names
from fleetsim.errors import FleetsimError
from fleetsim.hardware import Deployment, step_table
from fleetsim.hardware.precision import formats

IDEAL = {
    "matmul_latency_s": {},
    "overlap": 200.0,
    "routing_evenness": None,
    "expert_chance": 1.0,
    "half_tokens": dict.fromkeys(("bf16", "fp8", "int8", "int4", "fp4"), 0.0),
    "layer_latency_s": 0.0,
    "moe_latency_s": 0.0,
    "mla_latency_s": 0.0,
    "activation_passes": 0.0,
    "expert_passes": 0.0,
    "collective_latency_s": 0.0,
    "collective_hop_s": 0.0,
    "link_efficiency": 1.0,
    "step_overhead_s": 0.0,
    "sequence_overhead_s": 0.0,
    "pipeline_bubble": 0.0,
    "expert_imbalance": 1.0,
    "expert_factor": 1.0,
}
BANDWIDTH = 3.35e12


def ideal(name: str = "h100", **figures):
    """A device without latencies and overheads: what is left is arithmetic and traffic."""
    profile = load_hardware(name)
    return profile.model_copy(update={"calibration": profile.calibration.model_copy(update=IDEAL | figures)})


def table(model: str, hardware="h100", **keys):
    device = load_hardware(hardware) if isinstance(hardware, str) else hardware
    return step_table(Deployment(load_model(model), device, **keys))


def test_one_token_of_llama_8b_reads_all_weights_once():
    device = ideal()
    weights = 2 * (32 * 218_103_808 + 128_256 * 4096)
    seconds = weights / (BANDWIDTH * device.calibration.memory_efficiency)
    assert table("llama-3.1-8b", device).base_ns[1] == pytest.approx(seconds * 1e9, rel=1e-9)


def test_many_tokens_of_llama_8b_take_their_flops():
    device = ideal()
    speed = 989e12 * device.calibration.compute_efficiency["bf16"]
    made = table("llama-3.1-8b", device, max_num_seqs=8)
    per_token = 2 * 32 * 218_103_808 / speed * 1e9  # the head is computed for 8 sampled tokens only
    assert made.base_ns[8000] - made.base_ns[4000] == pytest.approx(4000 * per_token, rel=1e-9)


def test_few_tokens_cost_as_much_as_some_more():
    device = ideal(half_tokens=IDEAL["half_tokens"] | {"bf16": 100.0})
    plain, tiled = table("llama-3.1-8b", ideal()), table("llama-3.1-8b", device)
    speed = 989e12 * device.calibration.compute_efficiency["bf16"]
    assert tiled.base_ns[8000] - plain.base_ns[8000] > 100 * 2 * 32 * 218_103_808 / speed * 1e9
    assert tiled.base_ns[1] == plain.base_ns[1]


def test_alpha_is_the_time_to_read_one_token_of_kv():
    device = load_hardware("h100")
    seconds = 131_072 / (BANDWIDTH * device.calibration.kv_efficiency)
    assert table("llama-3.1-8b").alpha_ns == pytest.approx(seconds * 1e9)
    assert table("llama-3.1-8b", kv_precision="fp8").alpha_ns == pytest.approx(seconds * 0.5e9)


def test_beta_is_the_time_of_one_pair():
    device = load_hardware("h100")
    flops = 32 * 4 * 32 * 128
    expected = flops / (989e12 * device.calibration.attention_efficiency) * 1e9
    assert table("llama-3.1-8b").beta_ns == pytest.approx(expected)


def test_windowed_layers_have_an_alpha_of_their_own():
    made = table("gemma-3-27b", "h200")
    assert made.window_tokens == 1024
    assert made.window_alpha_ns / made.alpha_ns == pytest.approx(52 / 10)
    assert table("llama-3.1-8b").window_tokens == table("llama-3.1-8b").window_alpha_ns == 0
    assert made.beta_ns < table("gemma-3-27b", "h200", max_num_batched_tokens=1024).beta_ns


def test_tensor_parallelism_shares_weights_kv_and_pairs():
    one, two = table("llama-3.1-8b", ideal()), table("llama-3.1-8b", ideal(), tp=2)
    assert two.base_ns[1] == pytest.approx(one.base_ns[1] / 2, rel=1e-3)
    assert two.alpha_ns == pytest.approx(one.alpha_ns / 2)
    assert two.beta_ns == pytest.approx(one.beta_ns / 2)
    assert two.accelerators == 2
    assert (two.idle_w, two.prefill_w, two.decode_w) == (2 * one.idle_w, 2 * one.prefill_w, 2 * one.decode_w)


def test_all_reduces_make_tensor_parallelism_cost_something():
    one, eight = table("llama-3.1-70b", "h200", precision="fp8"), table("llama-3.1-70b", "h200", precision="fp8", tp=8)
    assert one.base_ns[1] / 8 < eight.base_ns[1] < one.base_ns[1]


def test_kv_heads_bound_how_far_kv_reads_are_shared():
    assert table("qwen3-30b-a3b", "h200", tp=8).alpha_ns == table("qwen3-30b-a3b", "h200", tp=4).alpha_ns


def test_latent_attention_is_shared_by_data_parallel_ranks_only():
    tensor = table("deepseek-v3", ideal("h200", attention_efficiency=1.0), tp=8)
    data = table("deepseek-v3", ideal("h200", attention_efficiency=1.0), dp=8, ep=8)
    assert tensor.alpha_ns >= 70_272 / 4.8e12 * 1e9
    assert data.alpha_ns < tensor.alpha_ns / 4
    assert data.accelerators == tensor.accelerators == 8


def test_a_pipeline_saves_one_sequence_no_time_but_holds_more():
    device = ideal()
    one, two = table("llama-3.1-8b", device), table("llama-3.1-8b", device, pp=2)
    assert two.base_ns[1] == pytest.approx(one.base_ns[1], rel=1e-3)
    assert two.base_ns[8192] == pytest.approx(one.base_ns[8192] / 2, rel=0.05)
    assert two.alpha_ns == pytest.approx(one.alpha_ns / 2)
    assert two.kv_blocks > 2 * one.kv_blocks
    bubbly = table("llama-3.1-8b", ideal(pipeline_bubble=0.5), pp=2)
    assert bubbly.base_ns[8192] > 1.2 * two.base_ns[8192]


def test_one_token_of_a_mixture_reads_its_own_experts_only():
    device = ideal()
    attention = 2 * 4096 * 4096 + 2 * 4096 * 1024
    expert = 3 * 4096 * 14336
    read = 32 * (attention + 2 * expert + 4096 * 8) + 32_000 * 4096
    speed = BANDWIDTH * device.calibration.memory_efficiency
    made = table("mixtral-8x7b", device, precision="fp8")
    head = 32_000 * 4096  # in bf16, so once more
    assert made.base_ns[1] == pytest.approx((read + head) / speed * 1e9, rel=1e-6)


@pytest.mark.parametrize(
    ("framework", "precision", "weight_bytes"),
    [("llama.cpp", "int4", 1), ("llama.cpp", "bf16", 2), ("vllm", "int4", 2)],
)
def test_four_bit_files_of_llama_cpp_have_a_smaller_output_embedding(framework, precision, weight_bytes):
    model, card = load_model("llama-3.2-3b"), load_hardware("rtx-3060")
    used = formats(Deployment(model, card, precision=precision, framework=load_framework(framework)))
    assert used.head.weight_bytes == weight_bytes


def test_expert_parallelism_waits_for_the_busiest_rank():
    balanced = table("qwen3-235b-a22b", ideal("h200"), tp=8, ep=8, precision="fp8")
    lopsided = table("qwen3-235b-a22b", ideal("h200", expert_imbalance=1.8), tp=8, ep=8, precision="fp8")
    assert np.all(lopsided.base_ns[1:] >= balanced.base_ns[1:])
    assert lopsided.base_ns[4096] > 1.2 * balanced.base_ns[4096]
    sliced = table("qwen3-235b-a22b", ideal("h200", expert_imbalance=1.8), tp=8, precision="fp8")
    assert sliced.base_ns[64] < lopsided.base_ns[64]


def test_w4a16_speeds_up_small_batches_and_not_large_ones():
    full, four = table("llama-3.1-8b"), table("llama-3.1-8b", precision="int4")
    assert four.base_ns[1] < 0.55 * full.base_ns[1]
    assert four.base_ns[8192] == pytest.approx(full.base_ns[8192], rel=0.01)
    assert any("widened to bf16" in note for note in four.notes)


def test_precisions_that_cannot_be():
    with pytest.raises(FleetsimError, match=r"tpu-v5e cannot compute in fp4: .* write `precision:` bf16 or"):
        table("qwen2.5-7b", "tpu-v5e", precision="fp4")
    with pytest.raises(FleetsimError, match="no precision 'fp88'; did you mean 'fp8'"):
        table("qwen2.5-7b", precision="fp88")
    with pytest.raises(FleetsimError, match="no KV precision 'int4'"):
        table("qwen2.5-7b", kv_precision="int4")


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"model": "qwen2.5-0.5b", "tp": 4}, "14 heads, which tp 4 does not divide; write tp of 1, 2, 7, 14"),
        ({"model": "llama-3.1-8b", "tp": 2, "ep": 2}, "has no experts"),
        ({"model": "mixtral-8x7b", "tp": 4, "ep": 3}, "ep 3 does not divide tp . dp = 4"),
        ({"model": "mixtral-8x7b", "tp": 16, "ep": 16}, "8 experts, fewer than ep 16"),
        ({"model": "llama-3.1-8b", "pp": 64}, "32 layers: pp 64 leaves stages without any"),
        ({"model": "llama-3.1-8b", "hardware": "m4-max", "tp": 2}, "m4-max cannot work as 2 ranks: its links join 1"),
    ],
)
def test_layouts_that_cannot_be(keys, told):
    with pytest.raises(FleetsimError, match=told):
        table(**keys)


def test_a_wafer_is_bound_by_its_layers_then_by_its_issue_interval():
    profile = load_hardware("wse-3")
    fit = profile.calibration
    made = table("llama-3.1-8b", "wse-3")
    through = 32 * (fit.layer_time_s + 4096 * fit.layer_time_per_hidden_s) * 1e9
    in_flight = int(32 * fit.pipeline_tokens_per_layer)
    assert made.base_ns[1] == made.base_ns[in_flight] == pytest.approx(through)
    steps = np.diff(made.base_ns[in_flight:])
    assert steps == pytest.approx(max(fit.issue_interval_s * 1e9, 15_009_316_864 / (15.8e15 * 0.3) * 1e9))
    assert 1500 < 1e9 / made.base_ns[1] < 2100  # tokens a second and user; the bandwidth roofline says over a million


def test_an_edge_device_is_bound_by_its_bandwidth():
    made = table("llama-3.2-3b", "raspberry-pi-5", precision="int4", max_num_batched_tokens=512, max_model_len=4096)
    assert 3 < 1e9 / made.base_ns[1] < 7
    assert made.context_tokens == 4096
    assert any("about 4 sequences at once" in note for note in made.notes)


@pytest.mark.parametrize("hardware", hardware_names())
@pytest.mark.parametrize("model", ["qwen2.5-0.5b", "all-minilm-l6-v2", "modernbert-base"])
def test_small_models_run_everywhere(hardware, model):
    made = table(model, hardware, max_num_batched_tokens=2048)
    assert len(made.base_ns) == 2049
    assert np.all(np.isfinite(made.base_ns))
    assert np.all(made.base_ns[1:] >= 1)
    assert np.all(np.diff(made.base_ns) >= 0)
    coefficients = (made.alpha_ns, made.window_alpha_ns, made.beta_ns)
    assert all(np.isfinite(c) and c >= 0 for c in coefficients)
    assert made.basis in ("data sheet", "family", "calibrated")
    assert all(len(row) == 4 and all(row) for row in made.sources)


@pytest.mark.parametrize("model", model_names())
def test_every_model_runs_on_eight_large_gpus(model):
    heads = load_model(model).attention.heads
    ways = {"tp": 8} if heads % 8 == 0 else {"pp": 8} if load_model(model).layers >= 8 else {}
    made = table(model, "mi325x", **ways)
    assert np.all(np.diff(made.base_ns) >= 0)
    assert made.base_ns[1] >= 1
    assert made.kv_blocks > 1000


def test_max_model_len_cannot_exceed_the_models_context():
    assert table("llama-2-7b", "h200", max_model_len=100_000).context_tokens == 4096


def test_profiles_without_measurements_say_so():
    made = table("llama-3.1-8b", "gaudi-3")
    assert made.basis == "data sheet"
    assert any("none was measured" in note for note in made.notes)
    assert table("llama-3.1-8b", "h100").basis == "calibrated"
