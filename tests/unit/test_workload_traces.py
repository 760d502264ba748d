"""Trace formats and the replay of traces: samples, windows, scaling, and what bad files are told."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from fleetsim.errors import InputFaults
from fleetsim.workload import files
from fleetsim.workload.arrivals import Source
from fleetsim.workload.arrivals.trace import TraceReplay
from fleetsim.workload.traces import FORMATS, load_trace

DATA = Path(__file__).parents[1] / "data"
MOONCAKE = "mooncake_conversation_40.jsonl"
SAMPLES = ["azure_conversation", "azure_code"]
HOUR_NS = 3600 * 10**9


def replayed(base, horizon_ns=HOUR_NS, seed=1, class_name=None, **knobs):
    process = TraceReplay(kind="trace", **knobs)
    batches = list(process.batches(Source(seed, 0, horizon_ns, base, class_name)))
    return [
        np.concatenate([getattr(b, name) for b in batches]) for name in ("arrival_ns", "prompt_tokens", "output_tokens")
    ]


def written(folder, rows, header="arrival_s,prompt_tokens,output_tokens"):
    (folder / "t.csv").write_text("\n".join([header, *rows]) + "\n")
    return folder


@pytest.mark.parametrize("sample", SAMPLES)
def test_shipped_samples_are_read_whole(tmp_path, sample):
    with gzip.open(files.resolve(f"shipped:{sample}", tmp_path), "rt") as file:
        rows = list(csv.DictReader(file))
    times, prompt, output = replayed(tmp_path, file=f"shipped:{sample}")
    assert len(times) == len(rows)
    assert prompt.tolist() == [int(row["ContextTokens"]) for row in rows]
    assert output.tolist() == [int(row["GeneratedTokens"]) for row in rows]
    seconds = [float(row["TIMESTAMP"].rpartition(":")[2]) for row in rows]
    assert (times / 1e9) % 60 == pytest.approx((np.array(seconds) - seconds[0]) % 60, abs=1e-6)
    assert times[0] == 0
    assert times[-1] < 600 * 10**9
    assert np.all(np.diff(times) >= 0)


@pytest.mark.parametrize("sample", SAMPLES)
def test_shipped_samples_are_packed_without_a_date(tmp_path, sample):
    assert files.resolve(f"shipped:{sample}", tmp_path).read_bytes()[4:8] == bytes(4)


def test_azure_times_keep_their_seven_decimals():
    from fleetsim.workload.traces.azure import timestamp_ns

    assert timestamp_ns("1970-01-02 00:00:01.0000001") == 86_401 * 10**9 + 100
    assert timestamp_ns("2024-05-10 00:00:00.009930+00:00") % 10**9 == 9_930_000
    assert timestamp_ns("1970-01-01T00:00:00Z") == 0


def test_mooncake_is_read(tmp_path):
    times, prompt, output = replayed(DATA, file=MOONCAKE)
    assert len(times) == 40
    assert (times[0], prompt[0], output[0]) == (0, 6758, 500)
    assert np.all(times % 10**6 == 0)


def test_the_format_is_told_by_the_first_line_or_by_the_user(tmp_path):
    assert set(FORMATS) == {"azure", "mooncake", "csv"}
    (tmp_path / "t.csv").write_text("\ufeffarrival_s,prompt_tokens,output_tokens\r\n0.5,1,2\r\n", encoding="utf-8")
    assert load_trace(tmp_path / "t.csv", "t.csv").arrival_ns.tolist() == [500_000_000]
    with pytest.raises(InputFaults, match="no column TIMESTAMP, ContextTokens, GeneratedTokens"):
        load_trace(tmp_path / "t.csv", "t.csv", "azure")
    with pytest.raises(ValidationError, match="did you mean 'mooncake'"):
        TraceReplay(kind="trace", file="t.csv", format="moncake")


def test_empty_lengths_count_as_one_and_disorder_is_sorted_and_both_are_told(tmp_path):
    trace = load_trace(written(tmp_path, ["2,5,0", "1,0,7", "3,1,1"]) / "t.csv", "t.csv")
    assert trace.arrival_ns.tolist() == [10**9, 2 * 10**9, 3 * 10**9]
    assert trace.prompt_tokens.tolist() == [1, 5, 1]
    assert trace.output_tokens.tolist() == [7, 1, 1]
    assert trace.notes == (
        "t.csv: 1 of 3 requests were earlier than the line before; sorted by time",
        "t.csv: 1 of 3 requests had 0 prompt tokens; counted as 1",
        "t.csv: 1 of 3 requests had 0 output tokens; counted as 1",
    )


BAD_LINES = {
    "1,2": "2 cells instead of 3",
    "x,2,3": "'x' is not a time in seconds from the start of the recording",
    "nan,2,3": "'nan' is not a time in seconds from the start of the recording",
    "-1,2,3": "'-1' is not a time in seconds from the start of the recording",
    "1,-2,3": "'-2' is not a number of tokens; write a whole number",
    "1,2,3.5": "'3.5' is not a number of tokens; write a whole number",
    "1,2,99999999999": "'99999999999' is not a number of tokens; write a whole number",
}


def test_every_bad_line_is_named(tmp_path):
    with pytest.raises(InputFaults) as caught:
        load_trace(written(tmp_path, ["0,1,1", *BAD_LINES]) / "t.csv", "t.csv")
    assert [(fault.line, fault.what) for fault in caught.value.faults] == list(enumerate(BAD_LINES.values(), 3))


@pytest.mark.parametrize(
    "line", ["[1]", "{", '{"timestamp": 1}', '{"timestamp": 1, "input_length": true, "output_length": 1}']
)
def test_bad_mooncake_lines_are_named(tmp_path, line):
    (tmp_path / "m.jsonl").write_text('{"timestamp": 0, "input_length": 1, "output_length": 1}\n' + line + "\n")
    with pytest.raises(InputFaults, match=r"m\.jsonl:2  "):
        load_trace(tmp_path / "m.jsonl", "m.jsonl")


def test_a_file_of_faults_is_not_read_to_its_end(tmp_path):
    with pytest.raises(InputFaults) as caught:
        load_trace(written(tmp_path, ["x"] * 1000) / "t.csv", "t.csv")
    assert len(caught.value.faults) == 20


def test_archives_that_unpack_to_far_more_than_their_size_are_refused(tmp_path):
    bomb = b"arrival_s,prompt_tokens,output_tokens\n" + b"0,1,1\n" * 500_000
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(bomb))
    with pytest.raises(InputFaults, match="more than 2,097,152 bytes"):
        load_trace(tmp_path / "t.csv.gz", "t.csv.gz")


@pytest.mark.parametrize(
    "content",
    [b"no archive", gzip.compress(b"arrival_s," * 999)[:-9], gzip.compress(b"a" * 2_000_000)],
    ids=["no archive", "cut short", "endless line"],  # an archive holds the time it was made: no name for a test
)
def test_broken_archives_and_endless_lines_are_faults(tmp_path, content):
    (tmp_path / "t.csv.gz").write_bytes(content)
    with pytest.raises(InputFaults, match=r"t\.csv\.gz:1  "):
        load_trace(tmp_path / "t.csv.gz", "t.csv.gz")


BAD_REPLAYS = [
    ({"file": "none.csv"}, "file"),
    ({"file": "../t.csv"}, "file"),
    ({"file": "shipped:azure_cod"}, "file"),
    ({"file": "t.csv", "start": "1 h"}, "start"),
    ({"file": "t.csv", "repeat": True}, "repeat"),
]


@pytest.mark.parametrize(("knobs", "path"), BAD_REPLAYS)
def test_bad_replays_are_faults(tmp_path, knobs, path):
    process = TraceReplay(kind="trace", **knobs)
    assert [where for where, _ in process.faults(written(tmp_path, ["0,1,1"]))] == [path]
    with pytest.raises(InputFaults):
        process.trace(tmp_path)


def test_a_window_is_cut_out_and_begins_at_zero(tmp_path):
    written(tmp_path, [f"{t},{t + 1},1" for t in range(10)])
    times, prompt, _ = replayed(tmp_path, file="t.csv", start="3 s", duration="4 s")
    assert (times / 1e9).tolist() == [0, 1, 2, 3]
    assert prompt.tolist() == [4, 5, 6, 7]


def test_a_single_request_stays_where_it_is(tmp_path):
    times, _, _ = replayed(written(tmp_path, ["5,1,1"]), file="t.csv")
    assert times.tolist() == [5 * 10**9]


def test_speed_divides_times_and_repeat_fills_the_horizon(tmp_path):
    written(tmp_path, ["0,1,1", "1,2,1", "2,3,1"])
    times, prompt, _ = replayed(tmp_path, 4 * 10**9, file="t.csv", speed=2, repeat=True)
    assert (times / 1e9).tolist() == [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5]
    assert prompt.tolist() == [1, 2, 3, 1, 2, 3, 1, 2]


def test_a_fraction_keeps_that_share_and_more_of_the_same_when_raised(tmp_path):
    whole, _, _ = replayed(tmp_path, file="shipped:azure_conversation")
    some, _, _ = replayed(tmp_path, file="shipped:azure_conversation", rate_scale=0.3)
    more, _, _ = replayed(tmp_path, file="shipped:azure_conversation", rate_scale=0.6)
    assert len(some) == pytest.approx(0.3 * len(whole), abs=4 * np.sqrt(0.21 * len(whole)))
    assert set(some) < set(more) < set(whole)


def test_thinning_draws_anew_in_each_repetition(tmp_path):
    knobs = {"file": "shipped:azure_code", "rate_scale": 0.5, "duration": "10 min", "repeat": True}
    times, _, _ = replayed(tmp_path, 1200 * 10**9, **knobs)
    first, second = times[times < 600 * 10**9], times[times >= 600 * 10**9] - 600 * 10**9
    assert set(first) != set(second)


def test_copies_keep_rate_lengths_and_slow_shape_but_do_not_coincide(tmp_path):
    knobs = {"file": "shipped:azure_code", "duration": "10 min"}
    once, prompt, _ = replayed(tmp_path, **knobs)
    times, prompts, _ = replayed(tmp_path, **knobs, rate_scale=3)
    assert np.all(np.diff(times) >= 0)
    assert sorted(prompts) == sorted(np.tile(prompt, 3))
    assert set(once) < set(times)
    assert len(set(times)) > 2.9 * len(set(once))
    minutes = np.arange(0, 601, 120) * 10**9
    assert np.corrcoef(np.histogram(once, minutes)[0], np.histogram(times, minutes)[0])[0, 1] > 0.8


def test_two_and_a_half_copies_are_two_and_half_of_a_third(tmp_path):
    once, _, _ = replayed(tmp_path, file="shipped:azure_conversation")
    times, _, _ = replayed(tmp_path, file="shipped:azure_conversation", rate_scale=2.5)
    assert len(times) == pytest.approx(2.5 * len(once), abs=4 * np.sqrt(0.25 * len(once)))


def test_a_class_takes_the_rows_that_name_it(tmp_path):
    rows = ["0,1,1,chat", "1,2,1,code", "2,3,1,chat"]
    written(tmp_path, rows, "arrival_s,prompt_tokens,output_tokens,class")
    _, prompt, _ = replayed(tmp_path, class_name="chat", file="t.csv")
    assert prompt.tolist() == [1, 3]
