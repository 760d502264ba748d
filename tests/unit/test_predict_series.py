"""What two series of benchmarks set without saying so."""

import pytest

from fleetsim.predict.frameworks import framework_of
from fleetsim.predict.protocol import load
from fleetsim.predict.rows import Point

SERVED = "random tokens, lengths uniform in [0.8L, L], ignore_eos, no prefix cache"
NOMINAL = "nominal isl/osl (internal gap analysis)"


def point(framework, workload, model="deepseek-r1", clients="64", **said):
    said = {"n_gpus": 8.0, "tp": 8.0, "isl": 1024.0, "osl": 1024.0} | said
    return Point("b200", model, "closed_loop_concurrency", clients, framework=framework, workload=workload, **said)


def sent(made):
    return load(made, framework_of(made, {}))


def test_in_process_runs_wait_for_no_server_and_keep_kv_whole():
    framework = framework_of(point("sglang", NOMINAL), {})
    assert framework.request_s == 0
    assert framework.quantised_kv is None


def test_early_tensorrt_llm_gives_a_slot_away_late():
    assert sent(point("trtllm", NOMINAL, framework_version="1.0.0rc3")).max_num_seqs == 63
    assert sent(point("trtllm", NOMINAL, framework_version="1.2.0")).max_num_seqs == 64


def test_a_tensorrt_llm_server_is_built_for_a_prompt_a_step():
    assert sent(point("trtllm", SERVED)).max_num_batched_tokens == 1024 + 64 + 128
    assert sent(point("trtllm", SERVED, tp=1.0, dp=8.0, ep=8.0)).max_num_batched_tokens == 8 * (1024 + 8 + 128)
    assert sent(point("trtllm", SERVED, "gpt-oss-120b")).max_num_batched_tokens == 20_000


@pytest.mark.parametrize(("clients", "steps"), [("8", 5.0), ("16", 15.0), ("64", 15.0)])
def test_sglang_looks_for_requests_now_and_then(clients, steps):
    assert sent(point("sglang", SERVED, clients=clients)).wait_steps == steps


def test_rows_of_the_servers_among_the_in_process_runs_are_told_by_their_group():
    copied = point("sglang", NOMINAL, notes="group=nv_gap_qwen35; topology=ok")
    assert sent(copied).tasks.prompt_tokens.max() <= 1024
    assert sent(copied).tasks.prompt_tokens.min() < 900
    assert sent(copied).wait_steps == 15.0


def test_multi_token_prediction_is_recognised_by_its_release():
    assert framework_of(point("trtllm", SERVED, framework_version="1.2.0rc6.post3"), {}).speculation.draft_tokens == 3
    assert framework_of(point("trtllm", SERVED, framework_version="1.2.0rc6.post2"), {}).speculation is None


def test_any_other_workload_runs_with_the_defaults():
    assert sent(point("vllm", "shared_prefix 'codegen'")).max_num_batched_tokens == 8192
