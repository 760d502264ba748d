"""What a benchmark sends: clients, rates, lengths, limits."""

import numpy as np
import pytest

from fleetsim.predict.frameworks import framework_of
from fleetsim.predict.protocol import FOREVER_NS, UnknownProtocol, load
from fleetsim.predict.rows import Point

UNIFORM = "random tokens, lengths uniform in [0.8L, L], ignore_eos, no prefix cache"


def point(load_type="closed_loop_concurrency", load_value="4", **other):
    return Point("h100", "llama-3.1-8b", load_type, load_value, framework=other.pop("framework", "vllm"), **other)


def sent(made):
    return load(made, framework_of(made, {}))


def test_a_closed_loop_has_ten_requests_a_client_and_ends():
    made = sent(point(isl=1000.0, osl=100.0))
    assert made.clients == made.max_num_seqs == 4
    assert len(made.tasks) == 40
    assert (made.tasks.think_ns[:36] == 0).all()
    assert (made.tasks.think_ns[36:] == FOREVER_NS).all()


def test_requests_that_do_not_divide_among_the_clients_stop_where_they_end():
    made = sent(point(isl=10.0, osl=10.0, num_requests=10.0))
    assert len(made.tasks) == 12  # whole rounds
    assert (made.tasks.think_ns == FOREVER_NS).tolist() == [False] * 6 + [True] * 6


def test_more_clients_than_requests_are_not_needed():
    assert sent(point(load_value="64", isl=10.0, osl=10.0, num_requests=8.0)).clients == 8


def test_uniform_lengths_lie_between_eight_tenths_and_the_whole():
    tasks = sent(point(isl=1000.0, osl=100.0, workload=UNIFORM, num_requests=400.0)).tasks
    assert tasks.prompt_tokens.min() >= 800
    assert tasks.prompt_tokens.max() <= 1000
    assert tasks.output_tokens.min() >= 80
    assert tasks.output_tokens.max() <= 100
    assert tasks.prompt_tokens.mean() == pytest.approx(900, rel=0.02)


def test_conversations_are_skewed_around_their_mean():
    tasks = sent(point("trace", "10", isl=800.0, osl=600.0, workload="300 ShareGPT-like", num_requests=300.0)).tasks
    assert tasks.prompt_tokens.mean() == pytest.approx(800, rel=0.01)
    assert np.median(tasks.prompt_tokens) < 700


def test_a_rate_without_another_word_is_poisson_and_a_constant_rate_is_even():
    gaps = np.diff(sent(point("open_loop_qps", "5", isl=10.0, osl=10.0, num_requests=4000.0)).tasks.arrival_ns) / 1e9
    assert gaps.mean() == pytest.approx(0.2, rel=0.05)
    assert gaps.std() == pytest.approx(0.2, rel=0.05)
    even = sent(point("open_loop_qps", "5", isl=10.0, osl=10.0, num_requests=20.0, workload="constant-rate arrivals"))
    assert (np.diff(even.tasks.arrival_ns) == 200_000_000).all()


def test_stages_follow_each_other():
    arrival_ns = sent(point("open_loop_qps", "5;10", isl=10.0, osl=10.0, workload="constant-rate")).tasks.arrival_ns
    assert len(arrival_ns) == 600 * 15
    assert arrival_ns[3000] - arrival_ns[2999] == 100_000_000


def test_offline_requests_come_at_once():
    made = sent(point("offline_all_at_once", "inf", isl=10.0, osl=10.0, num_requests=500.0))
    assert made.clients == 0
    assert (made.tasks.arrival_ns == 0).all()
    assert made.max_num_seqs == 256


def test_a_static_batch_is_prefilled_together():
    made = sent(point("static_batch", "16", isl=2048.0, osl=8.0))
    assert made.batched
    assert made.max_num_seqs == len(made.tasks) == 16
    assert made.max_num_batched_tokens == 16 * 2048


def test_a_prompt_of_no_tokens_has_one():
    assert sent(point("static_batch", "1", isl=0.0, osl=512.0)).tasks.prompt_tokens.tolist() == [1]


def test_a_single_stream_without_lengths_says_which_were_taken():
    made = sent(point("open_loop_qps", "", workload="single-stream output speed"))
    assert len(made.tasks) == 1
    assert "lengths not given" in made.notes[0]


def test_notes_set_the_engine():
    noted = framework_of(point(notes="max_num_batched_tokens=2048; max_num_seqs=128; gpu_mem=0.8"), {})
    assert (noted.max_num_batched_tokens, noted.max_num_seqs, noted.memory_utilisation) == (2048, 128, 0.8)
    either = point(notes="max_num_seqs 256 (RTX4090) or 128")
    assert framework_of(either, {}).max_num_seqs == 128


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (point(load_value="many", isl=1.0, osl=1.0), "'many' is not a number of clients"),
        (point(load_value="-3", isl=1.0, osl=1.0), "is not a number of clients"),
        (point("open_loop_qps", "inf", isl=1.0, osl=1.0), "is not a rate"),
        (point("telepathy", "1", isl=1.0, osl=1.0), "load type 'telepathy'"),
        (point(isl=None, osl=100.0), "lengths are not given"),
    ],
)
def test_what_cannot_be_sent_is_said(made, reason):
    with pytest.raises(UnknownProtocol, match=reason):
        sent(made)


def test_clients_of_a_disaggregated_point_follow_from_its_decode_slots():
    made = sent(point(load_value="", isl=10.0, osl=10.0, decode_cfg="workers=11.0;tp=1.0;bs=48.0"))
    assert made.clients == 528
