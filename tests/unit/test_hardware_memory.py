"""What fits where, and what is said if it does not."""

import pytest

from fleetsim import tables
from fleetsim.catalog import load_hardware, load_model
from fleetsim.errors import DoesNotFit
from fleetsim.hardware import Deployment, step_table


def deployment(model: str, hardware: str, **keys) -> Deployment:
    return Deployment(load_model(model), load_hardware(hardware), **keys)


def test_weights_of_llama_8b():
    table = step_table(deployment("llama-3.1-8b", "h100"))
    assert table.memory["weights_bytes"] == pytest.approx(16.06e9, rel=1e-3)
    assert table.memory["total_bytes"] == 80 * 2**30


def test_kv_blocks_are_what_is_left():
    table = step_table(deployment("llama-3.1-8b", "h100", block_tokens=32))
    left = 0.9 * 80 * 2**30 - table.memory["weights_bytes"] - table.memory["workspace_bytes"]
    assert table.memory["kv_bytes"] == pytest.approx(left)
    assert table.kv_blocks == int(left // (131_072 * 32))


def test_fp8_kv_doubles_the_blocks():
    bf16 = step_table(deployment("llama-3.1-8b", "h100"))
    fp8 = step_table(deployment("llama-3.1-8b", "h100", kv_precision="fp8"))
    assert fp8.kv_blocks == pytest.approx(2 * bf16.kv_blocks, abs=1)


def test_a_405b_in_bf16_does_not_fit_eight_h100_and_the_message_says_by_how_much():
    with pytest.raises(DoesNotFit) as raised:
        step_table(deployment("llama-3.1-405b", "h100", tp=8))
    told = str(raised.value)
    assert "811.7 GB weights in bf16" in told
    assert "618.5 GB there (8 x 85.9 GB x memory_utilisation 0.9)" in told
    assert "tp 16 would fit" in told
    assert step_table(deployment("llama-3.1-405b", "h100", tp=16)).kv_blocks > 0


def test_a_model_that_nothing_makes_fit():
    with pytest.raises(DoesNotFit, match="write a smaller precision, a smaller model or a device with more memory"):
        step_table(deployment("deepseek-v3", "raspberry-pi-5", precision="int4"))


def test_70b_needs_four_wafers():
    with pytest.raises(DoesNotFit, match="tp 4 would fit"):
        step_table(deployment("llama-3.1-70b", "wse-3"))
    assert step_table(deployment("llama-3.1-70b", "wse-3", tp=4)).accelerators == 4
    assert step_table(deployment("llama-3.1-70b", "wse-3", pp=4)).kv_blocks > 0


def test_data_parallel_attention_replicates_dense_weights_but_not_experts():
    tensor = step_table(deployment("deepseek-v3", "h200", tp=8)).memory["weights_bytes"]
    data = step_table(deployment("deepseek-v3", "h200", dp=8, ep=8)).memory["weights_bytes"]
    dense = 61 * 187_105_280 + 3 * 3 * 7168 * 18432 + 58 * (3 * 7168 * 2048 + 7168 * 256)
    embeddings = 2 * 129_280 * 7168 * 2
    assert data - tensor == pytest.approx(7 * (dense + embeddings), rel=0.01)


def test_kv_heads_fewer_than_ranks_are_kept_several_times():
    four = step_table(deployment("qwen3-30b-a3b", "h200", tp=4))
    eight = step_table(deployment("qwen3-30b-a3b", "h200", tp=8))
    per_block_four = four.memory["kv_bytes"] / four.kv_blocks
    per_block_eight = eight.memory["kv_bytes"] / eight.kv_blocks
    assert per_block_eight == pytest.approx(2 * per_block_four, rel=1e-3)


def test_an_encoder_keeps_no_kv():
    table = step_table(deployment("bert-base", "l4"))
    assert table.kv_blocks == tables.UNLIMITED_BLOCKS
    assert table.alpha_ns == 0
    assert table.memory["kv_bytes"] == 0
    assert table.context_tokens == 512


def test_gpt_oss_has_its_experts_in_four_bits_only():
    table = step_table(deployment("gpt-oss-120b", "h100"))
    experts = 36 * 128 * 3 * 2880 * 2880
    assert table.memory["weights_bytes"] == pytest.approx(experts * 0.5625 + (116.829e9 - experts) * 2, rel=1e-3)
