"""What decides a schedule, against measured effects: steps of their own for prompts, KV that runs out, speculation.

Numbers are copied from perf_calibration.csv.gz (aiconfigurator silicon_sample.csv, Apache-2.0), points as named.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from fleetsim.catalog import load_framework, load_hardware, load_model
from fleetsim.hardware import Deployment, Speculation, step_table
from fleetsim.predict import frameworks
from fleetsim.predict.prediction import simulate_point
from fleetsim.predict.rows import Point
from fleetsim.tables import Scheduler

ACCEPTANCE_LENGTHS = (1.83, 2.43, 2.88, 3.24, 3.46, 3.62, 3.71, 3.77)
"""Tokens a step for 1 to 8 draft tokens: Kimi-K2.5 with EAGLE-3, coding (SemiAnalysisAI/InferenceX @843c625)."""


def predicted(point):
    outcome, _ = simulate_point(point, {})
    return float(outcome.ttft_s.mean()), float(outcome.tpot_s.mean())


def test_prompts_in_steps_of_their_own_keep_clients_in_step(monkeypatch):
    """SIL-946: Qwen3-32B on 4 H100, SGLang 0.5.1, 64 clients of equal lengths: TTFT 2567 ms, TPOT 28.58 ms."""
    point = Point(
        "h100",
        "Qwen/Qwen3-32B",
        "closed_loop_concurrency",
        load_value="64",
        framework="sglang",
        framework_version="0.5.1.post1",
        workload="nominal isl/osl",
        isl=2048.0,
        osl=128.0,
        tp=4.0,
        precision="unspecified(gemm=nan)",
    )
    measured = np.array([2.567, 28.58e-3])
    first = np.array(predicted(point))
    assert first == pytest.approx(measured, rel=0.25)
    known = frameworks._with_profile
    monkeypatch.setattr(frameworks, "_with_profile", lambda *given: replace(known(*given), scheduler=Scheduler.CHUNKED))
    chunked = np.array(predicted(point))
    assert np.all(np.abs(chunked / measured - 1) > np.abs(first / measured - 1))
    assert chunked[0] < 0.5 * measured[0]


def test_requests_wait_where_the_kv_budget_ends():
    """SIL-3912, 3945, 3855: Llama-3.1-70B in fp8 on 2 H100, vLLM, 8192 in, 1024 out: 16, 32 and 64 clients.

    TTFT 1.3, 6.5 and 59 s; TPOT 34.6, 52.4 and 52.4 ms: from some 30 on they do not fit beside the weights.
    """
    found = [
        predicted(
            Point(
                "H100-SXM-80GB",
                "meta-llama/Llama-3.1-70B",
                "closed_loop_concurrency",
                load_value=str(clients),
                num_requests=10.0 * clients,
                framework="vllm",
                workload="random tokens, lengths uniform in [0.8L, L], ignore_eos, no prefix cache",
                isl=8192.0,
                osl=1024.0,
                tp=2.0,
                precision="fp8",
            )
        )
        for clients in (16, 32, 64)
    ]
    first_s, token_s = np.array(found).T
    assert first_s[0] < 2.0
    assert 20.0 < first_s[2] < 120.0
    assert token_s == pytest.approx([34.6e-3, 52.4e-3, 52.4e-3], rel=0.25)
    assert token_s[2] < 1.25 * token_s[1], "who does not fit waits and slows nobody down"


def speculative(clients, draft_tokens):
    plain = Deployment(
        load_model("llama-3.1-70b"),
        load_hardware("h100"),
        tp=4,
        precision="fp8",
        max_num_seqs=512,
        framework=load_framework("vllm"),
    )
    if draft_tokens:
        accepted = ACCEPTANCE_LENGTHS[draft_tokens - 1] - 1
        plain = replace(plain, speculation=Speculation(draft_tokens, accepted, draft_cost=0.03))
    table = step_table(plain)
    return float(table.base_ns[clients] + clients * table.alpha_ns * 1000)


def test_longer_drafts_pay_for_few_users_only():
    """The best draft length falls with the batch, and the gain with it: nothing but the step times says so."""
    best = [min(range(9), key=lambda k, n=n: speculative(n, k)) for n in (1, 16, 64, 256)]
    assert best[0] >= 5
    assert all(later <= sooner for sooner, later in pairwise(best))
    assert best[-1] <= 2
    assert speculative(1, 0) / speculative(1, 4) > 2.0
    assert speculative(256, 0) / speculative(256, 4) < 1.3


def test_four_bit_weights_gain_at_batch_one_what_was_measured():
    """llama.cpp of May 2024, 8B in F16 against Q4_K_M: 2.35 times faster on RTX 4090, 2.1 on M2 Ultra (XiongjieDai)."""
    for device, measured in (("rtx-4090", 130.58 / 54.84), ("m2-ultra", 76.28 / 36.25)):
        steps = [
            step_table(
                Deployment(
                    load_model("llama-3.1-8b"),
                    load_hardware(device),
                    precision=precision,
                    max_num_seqs=1,
                    max_num_batched_tokens=512,
                    max_model_len=1024,
                    memory_utilisation=1.0,
                    framework=load_framework("llama.cpp-2024"),
                )
            ).base_ns[1]
            for precision in ("bf16", "int4")
        ]
        assert steps[0] / steps[1] == pytest.approx(measured, rel=0.15), device


def test_eight_bit_weights_gain_little_where_latency_rules():
    """Transformers NeuronX, 32 Trainium cores, one user: an 8B in int8 takes 5.86 ms a token, a 7B in bf16 6.70."""
    tokens = {}
    for model, precision in (("llama-3.1-8b", "int8"), ("llama-2-7b", "bf16")):
        made = Deployment(
            load_model(model),
            load_hardware("trainium1"),
            tp=16 if model == "llama-2-7b" else 8,
            precision=precision,
            max_num_seqs=1,
            max_model_len=4096,
            framework=load_framework("neuronx"),
        )
        tokens[precision] = step_table(made).base_ns[1]
    assert 0.6 < tokens["int8"] / tokens["bf16"] < 1.4
