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
    assert sent(point("trtllm", NOMINAL, framework_version="1.0.0rc3")).max_num_batched_tokens == 1024 + 64 + 1024
    assert sent(point("trtllm", NOMINAL, framework_version="1.2.0")).max_num_seqs == 64


def test_early_tensorrt_llm_in_eight_bits_has_slots_to_spare_and_a_prompt_a_step():
    """Qwen3-32B on 4 H100, 8 clients: TTFT of 117, 118 and 137 ms for answers of 128, 256 and 512 tokens."""
    made = point("trtllm", NOMINAL, framework_version="1.0.0rc3", precision="fp8")
    assert sent(made).max_num_seqs == 64
    assert sent(made).max_num_batched_tokens == 1024 + 64 + 1024
    assert sent(made).wait_steps == 0.5
    assert len(set(sent(made).tasks.output_tokens)) == 1
    assert framework_of(made, {}).quantised_kv == "fp8"


@pytest.mark.parametrize(("version", "more_s"), [("0.5.9", 0.085), ("nightly-dev-20260216-d3bae71e", 0.0)])
def test_requests_of_a_model_that_sees_are_processed_first(version, more_s):
    """Qwen3.5 on 8 B200, 4 clients of 1024 tokens: TTFT of 292 ms, of later builds 224 ms (InferenceX)."""
    seeing = sent(point("sglang", SERVED, "qwen3.5-397b-a17b", clients="4", framework_version=version))
    other = sent(point("sglang", SERVED, clients="4", framework_version=version))
    assert seeing.request_s - other.request_s == pytest.approx(more_s)


def test_a_tensorrt_llm_server_is_built_for_a_prompt_a_step():
    assert sent(point("trtllm", SERVED)).max_num_batched_tokens == 1024 + 64 + 128
    assert sent(point("trtllm", SERVED, tp=1.0, dp=8.0, ep=8.0)).max_num_batched_tokens == 8 * (1024 + 8 + 128)
    assert sent(point("trtllm", SERVED, "gpt-oss-120b")).max_num_batched_tokens == 20_000


@pytest.mark.parametrize(("clients", "steps"), [("8", 0.0), ("16", 15.0), ("64", 15.0)])
def test_sglang_looks_for_requests_now_and_then(clients, steps):
    assert sent(point("sglang", SERVED, clients=clients)).wait_steps == steps


@pytest.mark.parametrize(
    ("precision", "clients", "version", "first_burst_s", "halted_s"),
    [
        ("fp4", "16", "", 0.0, 0.0),  # their first prompts do not fill a step
        ("fp4", "32", "", 72.0, 0.0),
        ("fp8", "32", "", 0.0, 0.0),
        ("fp8", "64", "", 18.0, 0.0),
        ("fp4", "32", "0.5.9", 0.0, 72.0),
        ("fp8", "64", "0.5.9", 0.0, 0.0),
    ],
)
def test_sglang_compiles_for_the_first_full_step(precision, clients, version, first_burst_s, halted_s):
    """Mean TTFT of DeepSeek in fp4 on B200: 0.6 s of 16 clients, 8.6 s of 32, of ten requests each (InferenceX)."""
    made = sent(point("sglang", SERVED, clients=clients, precision=precision, framework_version=version))
    assert (made.first_burst_s, made.halted_s) == (first_burst_s, halted_s)


def test_rows_of_the_servers_among_the_in_process_runs_are_told_by_their_group():
    copied = point("sglang", NOMINAL, notes="group=nv_gap_qwen35; topology=ok")
    assert sent(copied).tasks.prompt_tokens.max() <= 1024
    assert sent(copied).tasks.prompt_tokens.min() < 900
    assert sent(copied).wait_steps == 15.0


def test_multi_token_prediction_is_recognised_by_its_release():
    assert framework_of(point("trtllm", SERVED, framework_version="1.2.0rc6.post3"), {}).speculation.draft_tokens == 3
    assert framework_of(point("trtllm", SERVED, framework_version="1.2.0rc6.post2"), {}).speculation is None


@pytest.mark.parametrize(("date", "drafts"), [("2025-12-15", False), ("2026-01-14", True)])
def test_multi_token_prediction_is_recognised_by_its_date(date, drafts):
    """TPOT of DeepSeek-R1 in fp8, 64 clients of 8192 tokens on 8 B200: 41.8 ms, a month later 22 ms (InferenceX)."""
    said = {"framework_version": "1.1.0rc2.post2", "notes": f"group=infx; measured={date}"}
    assert (framework_of(point("trtllm", SERVED, **said), {}).speculation is not None) == drafts
    assert sent(point("trtllm", SERVED, **said)).wait_steps == (8.0 if drafts else 4.0)


def test_a_disaggregated_server_has_the_version_of_dynamo():
    split = point("trtllm", SERVED, framework_version="0.8.1.post1", mode="disagg")
    assert framework_of(split, {}).profile.key == "trtllm"
    assert framework_of(point("trtllm", SERVED, framework_version="0.8.1"), {}).profile.key == "trtllm-engine"


def test_a_server_with_many_clients_receives_requests_later():
    few, many = (sent(point("vllm", SERVED, clients=clients)).request_s for clients in ("4", "256"))
    each_s = framework_of(point("vllm", SERVED), {}).client_s
    assert many - few == pytest.approx(252 * each_s)
    assert each_s > 0


def test_any_other_workload_runs_with_the_defaults():
    assert sent(point("vllm", "shared_prefix 'codegen'")).max_num_batched_tokens == 8192
