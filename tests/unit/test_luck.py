"""Luck: Philox4x32-10 against its known answers, uniformity, and that no two purposes share a word."""

import numpy as np
import pytest

from fleetsim import luck
from fleetsim.luck import Stream

PI = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344)

# Random123 1.14, tests/kat_vectors: philox4x32 10 rounds.
KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((2**32 - 1,) * 4, (2**32 - 1,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (PI, (0xA4093822, 0x299F31D0), (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_philox_gives_the_known_answers(counter, key, answer):
    words = luck.philox(*(np.uint64(word) for word in (*counter, *key)))
    assert tuple(map(int, words)) == answer


def test_bits_are_the_first_two_words_of_the_counter_made_from_the_purpose():
    seed, stream, task, node, attempt = 0x299F31D0A4093822, 7, 0x85A308D3_243F6A88, 0x8A2E, 0x1319
    w0, w1, _, _ = luck.philox(*(np.uint64(w) for w in (*PI[:3], stream, 0xA4093822, 0x299F31D0)))
    assert int(luck.bits(seed, stream, np.uint64(task), node, attempt)) == int(w0) << 32 | int(w1)


def test_units_lie_strictly_inside_the_interval():
    assert luck.unit(np.uint64(0)) == 2.0**-53
    assert luck.unit(np.uint64(2**64 - 1)) == 1 - 2.0**-53


@pytest.mark.parametrize("stream", [Stream.ARRIVAL, Stream.OUTPUT])
def test_uniforms_are_uniform(stream):
    from scipy import stats

    draws = luck.uniforms(12345, int(stream), 0, 200_000, 3, 0)
    assert stats.kstest(draws, "uniform").pvalue > 0.01
    assert abs(np.corrcoef(draws[1:], draws[:-1])[0, 1]) < 4 / np.sqrt(len(draws))


def test_uniforms_are_those_of_each_task_alone():
    draws = luck.uniforms(5, 4, 1000, 50, 2, 1)
    alone = [luck.uniform(5, 4, task, 2, 1) for task in range(1000, 1050)]
    assert draws.tolist() == alone


def test_no_two_purposes_share_a_word():
    purposes = [
        (seed, int(stream), task, node, attempt)
        for seed in (0, 1)
        for stream in Stream
        for task in (0, 1, 2, 2**32, 2**40)
        for node in (0, 1, 65_535)
        for attempt in (0, 1, 9)
    ]
    words = {int(luck.bits(*purpose)) for purpose in purposes}
    halves = {half for word in words for half in (word >> 32, word & 0xFFFFFFFF)}
    assert len(words) == len(purposes)
    assert len(halves) == 2 * len(purposes)


def test_streams_are_not_correlated():
    draws = np.array([luck.uniforms(9, int(stream), 0, 50_000, 0, 0) for stream in Stream])
    between = np.corrcoef(draws)[~np.eye(len(draws), dtype=bool)]
    assert np.abs(between).max() < 5 / np.sqrt(draws.shape[1])


def test_choice_is_even():
    words = [luck.bits(3, 8, task, 0, 0) for task in range(30_000)]
    picks = np.bincount([luck.choice(np.uint64(word), 0, 3) for word in words], minlength=3)
    assert np.abs(picks - 10_000).max() < 4 * np.sqrt(30_000 * 2 / 9)


def test_replicate_seeds():
    assert luck.replicate_seed(42, 0) == 42
    seeds = {luck.replicate_seed(42, k) for k in range(1000)}
    assert len(seeds) == 1000
    assert all(0 <= seed < 2**63 for seed in seeds)
