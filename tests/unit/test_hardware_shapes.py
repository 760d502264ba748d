"""Parameters, FLOPs and KV bytes, against numbers worked out by hand."""

import numpy as np
import pytest

from fleetsim.catalog import load_model
from fleetsim.hardware.attention import attention_cost
from fleetsim.hardware.moe import busiest_share, experts_touched
from fleetsim.hardware.shapes import shapes


def test_llama_8b_by_hand():
    parts = shapes(load_model("llama-3.1-8b"))
    assert parts.attention_parameters == 2 * 4096 * 4096 + 2 * 4096 * 1024 == 41_943_040
    assert parts.mlp_parameters == 3 * 4096 * 14336 == 176_160_768
    assert parts.layer_parameters == 32 * 218_103_808
    assert parts.head_parameters == 128_256 * 4096
    assert parts.flops_per_token() == 15_009_316_864


def test_deepseek_v3_by_hand():
    parts = shapes(load_model("deepseek-v3"))
    query = 7168 * 1536 + 1536 * 128 * 192
    latent = 7168 * 576 + 512 * 128 * 256
    assert parts.attention_parameters == query + latent + 128 * 128 * 7168 == 187_105_280
    assert parts.expert_parameters == 3 * 7168 * 2048
    assert (parts.dense_layers, parts.moe_layers) == (3, 58)
    active = parts.flops_per_token(active_experts=8) / 2
    assert active == pytest.approx(36.6e9, rel=0.01)  # 37.6 billion active, less the input embedding


@pytest.mark.parametrize(
    ("model", "kv_bytes"),
    [
        ("llama-3.1-8b", 131_072),
        ("llama-3.1-70b", 327_680),
        ("llama-3.1-405b", 516_096),
        ("deepseek-v3", 70_272),
        ("kimi-k2", 70_272),
        ("qwen2.5-0.5b", 12_288),
        ("qwen3-235b-a22b", 192_512),
        ("gpt-oss-120b", 73_728),
        ("gemma-3-27b", 507_904),
        ("phi-4", 204_800),
    ],
)
def test_kv_bytes_per_token_in_bf16(model, kv_bytes):
    assert attention_cost(load_model(model)).kv_bytes_per_token(2.0) == kv_bytes


def test_windowed_layers_are_counted_apart():
    cost = attention_cost(load_model("gemma-3-27b"))
    assert cost.kv_elements * 2 == 81_920
    assert cost.window_kv_elements * 2 == 507_904 - 81_920
    assert cost.window_tokens == 1024


def test_latent_attention_cannot_be_spread_over_ranks():
    assert attention_cost(load_model("deepseek-v3")).kv_shards == 1
    assert attention_cost(load_model("llama-3.1-8b")).kv_shards == 8


def test_one_token_touches_its_own_experts_and_many_touch_all():
    tokens = np.array([0.0, 1.0, 2.0, 10_000.0])
    touched = experts_touched(tokens, experts=128, active=8)
    assert touched[0] == 0
    assert touched[1] == pytest.approx(8)
    assert touched[2] == pytest.approx(8 + 8 * (1 - 8 / 128))
    assert touched[3] == pytest.approx(128)


def test_expert_coverage_is_what_a_draw_would_show():
    rng = np.random.default_rng(1)
    drawn = [len(set(np.concatenate([rng.permutation(32)[:4] for _ in range(5)]))) for _ in range(2000)]
    assert np.mean(drawn) == pytest.approx(float(experts_touched(np.array(5.0), 32, 4)), rel=0.01)


def test_every_token_to_every_expert():
    assert experts_touched(np.array([0.0, 1.0, 7.0]), 4, 4).tolist() == [0.0, 4.0, 4.0]


def test_the_busiest_rank_has_more_than_the_mean_and_less_than_all():
    tokens = np.array([0.0, 1.0, 16.0, 1e6])
    share = busiest_share(tokens, active=8, ranks=8, imbalance=1.2)
    assert np.all(np.diff(share[1:]) < 0)
    assert share[-1] == pytest.approx(1.2, abs=0.01)
    assert np.all(share <= 8)
    assert busiest_share(tokens, 8, 1, 1.2).tolist() == [1.0] * 4
