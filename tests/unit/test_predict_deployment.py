"""From what a row says of ranks and precision to a deployment."""

import pytest

from fleetsim.predict.deployment import NotExpressible, setup
from fleetsim.predict.frameworks import framework_of
from fleetsim.predict.protocol import load
from fleetsim.predict.rows import Point


def made(model="llama-3.1-8b", hardware="h100", **said):
    said = {"isl": 128.0, "osl": 16.0, "framework": "vllm"} | said
    point = Point(hardware, model, "closed_loop_concurrency", "4", **said)
    framework = framework_of(point, {})
    return setup(point, framework, load(point, framework), {})


def ranks(found):
    deployment = found.deployment
    return deployment.tp, deployment.pp, deployment.dp, deployment.ep, found.replicas


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"n_gpus": 8.0, "tp": 8.0, "pp": 1.0, "ep": 1.0}, (8, 1, 1, 1, 1)),
        ({"n_gpus": 8.0, "tp": 8.0, "ep": 8.0, "dp": 1.0}, (8, 1, 1, 8, 1)),
        ({"n_gpus": 8.0, "tp": 1.0, "ep": 8.0, "dp": 8.0}, (1, 1, 8, 8, 1)),
        ({"n_gpus": 8.0, "tp": 64.0, "ep": 8.0, "dp": 1.0}, (8, 1, 1, 8, 1)),  # attention's ranks times the experts'
        ({"n_gpus": 8.0, "tp": 1.0, "ep": 8.0, "dp": 64.0}, (1, 1, 8, 8, 1)),
        ({"n_gpus": 8.0, "tp": 8.0, "ep": 64.0, "dp": 8.0}, (1, 1, 8, 8, 1)),
        ({"n_gpus": 8.0, "ep": 8.0, "dp": 8.0}, (1, 1, 8, 8, 1)),  # attention data parallel, as documents write it
        ({"n_gpus": 0.0, "tp": 8.0, "ep": 0.0, "dp": 0.0}, (8, 1, 1, 1, 1)),
    ],
)
def test_the_number_of_accelerators_is_right_and_the_ranks_are_read_by_it(said, expected):
    found = made("deepseek-v3", "b200", precision="fp8", **said)
    assert ranks(found) == expected
    assert found.accelerators == (said["n_gpus"] or 8)


def test_a_different_reading_is_noted():
    assert "read as tp 8, dp 1" in made("deepseek-v3", "b200", precision="fp8", n_gpus=8.0, tp=64.0).notes[0]


def test_data_parallelism_of_a_dense_model_is_replicas():
    assert ranks(made(n_gpus=4.0, tp=1.0, dp=4.0)) == (1, 1, 1, 1, 4)


def test_a_layout_not_given_takes_the_fewest_ranks_with_room():
    found = made("llama-2-70b", n_gpus=8.0, precision="fp8")
    assert ranks(found) == (2, 1, 1, 1, 4)
    assert "layout not given" in found.notes[0]


@pytest.mark.parametrize(
    ("precision", "expected"),
    [
        ("FP16", "bf16"),
        ("F16", "bf16"),
        ("FP16/w:int8", "int8"),
        ("Q4_K_M", "int4"),
        ("FP8", "fp8"),
        ("", None),
        ("unspecified(gemm=nan)", None),
    ],
)
def test_precisions_as_data_sets_write_them(precision, expected):
    assert made(precision=precision, n_gpus=1.0, tp=1.0).deployment.precision == expected


def test_a_model_id_that_names_its_precision_is_believed():
    assert made("nvidia/Llama-3.1-8B-Instruct-FP8", n_gpus=1.0, tp=1.0).deployment.precision == "fp8"


def test_a_model_published_in_fp4_is_not_widened():
    found = made("gpt-oss-120b", n_gpus=1.0, tp=1.0, precision="FP8")
    assert found.deployment.precision == "fp4"


def test_the_context_is_as_long_as_what_was_measured():
    assert made("llama-2-7b", n_gpus=1.0, tp=1.0, isl=8000.0).deployment.context_tokens == 8017


def test_an_unknown_precision_has_no_prediction():
    with pytest.raises(NotExpressible, match="precision 'fp7'"):
        made(precision="fp7", n_gpus=1.0, tp=1.0)


APART = {
    "mode": "disagg",
    "prefill_cfg": "workers=4.0;tp=1.0;dp=4.0;moe_tp=1.0;moe_ep=4.0;bs=1.0",
    "decode_cfg": "workers=1.0;tp=8.0;dp=1.0;moe_tp=8.0;moe_ep=1.0;bs=64.0",
}


def test_prefill_and_decode_workers_are_replicas_apart():
    found = made("deepseek-v3", "b200", precision="fp8", **APART)
    assert ranks(found) == (8, 1, 1, 1, 1)
    assert ranks(found.prefill) == (1, 1, 4, 4, 4)
    assert found.accelerators == 8 + 4 * 4


def test_every_rank_of_a_prefill_worker_reads_whole_prompts_of_its_own():
    found = made("deepseek-v3", "b200", precision="fp8", isl=8192.0, **APART)
    assert found.prefill.deployment.max_num_batched_tokens == 4 * found.deployment.max_num_batched_tokens
    assert found.prefill.deployment.whole_prompt_tokens == 8192
    assert found.deployment.whole_prompt_tokens == 0


def test_workers_that_are_not_counted_are_not_guessed():
    with pytest.raises(NotExpressible, match="how many prefill and decode workers"):
        made("deepseek-v3", "b200", precision="fp8", **APART | {"decode_cfg": "workers=nan;tp=8.0"})
