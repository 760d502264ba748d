"""The rows of tasks: order, independence of chunks and of other classes, shares, domains, closed loops, same bytes."""

import hashlib
import itertools
from pathlib import Path

import numpy as np
import pytest

from fleetsim.errors import InputFaults
from fleetsim.scenario import schema
from fleetsim.tables import TASKS
from fleetsim.workload import faults, materialise
from fleetsim.workload.merge import merged

HERE = Path(__file__).parent
LENGTHS = {"prompt": {"kind": "lognormal", "mean": 555, "cv": 1.2}, "output": {"kind": "geometric", "mean": 189}}
POISSON = {"kind": "poisson", "rate": "40 per s"}
BURSTS = {"kind": "on_off", "rate_on": "100 per s", "on": "1 s", "off": "4 s"}
CLOCK = {"kind": "constant", "rate": "8 per s"}

GOLDEN = "c89af289c55033c2f2cd8e67a2f6b3ad2a8f4354fd11126f5fefe8d7c646b5ec"
"""What seed 3 has always given: a change of it makes earlier results irreproducible and belongs in the changelog."""


def workload(seed=3, horizon_s=100, base=HERE, **written):
    return materialise(schema.Workload(**written), seed=seed, horizon_ns=round(horizon_s * 1e9), base=base)


def mixed(**more):
    classes = {
        "chat": LENGTHS | {"domains": {"talk": 3, "maths": 1}},
        "code": LENGTHS | {"share": 3, "domains": {"code": 1, "maths": 1}},
        "burst": LENGTHS | {"arrivals": BURSTS},
        "clock": LENGTHS | {"arrivals": CLOCK},
    }
    return workload(arrivals=POISSON, classes=classes | more)


def rows_of(tasks, class_id):
    return tasks[tasks.class_id == class_id]


def test_rows_are_in_order_and_before_the_horizon():
    tasks = mixed().tasks()
    assert tasks.dtype == TASKS.empty(0).dtype
    assert np.all(np.diff(tasks.arrival_ns) >= 0)
    assert tasks.arrival_ns[-1] < 100 * 10**9
    assert tasks.prompt_tokens.min() >= 1
    assert tasks.output_tokens.min() >= 1
    assert not tasks.think_ns.any()


@pytest.mark.parametrize("rows", [1, 13, 1000])
def test_chunk_sizes_never_change_the_rows(rows):
    chunks = list(mixed().chunks(rows))
    assert max(map(len, chunks)) <= rows
    assert np.array_equal(np.concatenate(chunks), mixed().tasks())


def test_chunks_can_be_taken_again():
    made = mixed()
    assert np.array_equal(made.tasks(), made.tasks())


def test_shares_and_domains_are_met():
    made = mixed()
    tasks = made.tasks()
    assert made.classes == ("chat", "code", "burst", "clock")
    assert made.domains == ("talk", "maths", "code", "general")
    chat, code = rows_of(tasks, 0), rows_of(tasks, 1)
    assert len(chat) / (len(chat) + len(code)) == pytest.approx(0.25, abs=4 * np.sqrt(3 / 16 / 4000))
    assert set(chat.domain) == {0, 1}
    assert set(code.domain) == {1, 2}
    assert np.mean(chat.domain == 0) == pytest.approx(0.75, abs=4 * np.sqrt(3 / 16 / len(chat)))
    assert set(rows_of(tasks, 3).domain) == {3}


def test_a_further_class_with_arrivals_of_its_own_changes_no_other():
    tasks, more = mixed().tasks(), mixed(more=LENGTHS | {"arrivals": POISSON}).tasks()
    assert np.array_equal(more[more.class_id < 4], tasks)
    assert len(rows_of(more, 4)) > 3000


def test_the_k_th_task_of_a_class_has_its_lengths_whatever_the_arrivals():
    shared = rows_of(mixed().tasks(), 0)
    alone = workload(arrivals=CLOCK, classes={"chat": LENGTHS}).tasks()
    count = min(len(shared), len(alone))
    assert np.array_equal(shared.prompt_tokens[:count], alone.prompt_tokens[:count])
    assert np.array_equal(shared.output_tokens[:count], alone.output_tokens[:count])


def test_the_law_of_the_output_does_not_touch_other_columns():
    other = workload(arrivals=POISSON, classes={"chat": LENGTHS | {"output": 5}}).tasks()
    tasks = workload(arrivals=POISSON, classes={"chat": LENGTHS}).tasks()
    assert set(other.output_tokens) == {5}
    assert np.array_equal(other.arrival_ns, tasks.arrival_ns)
    assert np.array_equal(other.prompt_tokens, tasks.prompt_tokens)


def test_columns_are_not_correlated():
    tasks = workload(arrivals=POISSON, horizon_s=1000, classes={"a": LENGTHS}).tasks()
    ranks = [
        np.argsort(np.argsort(column))
        for column in (np.diff(tasks.arrival_ns, prepend=0), tasks.prompt_tokens, tasks.output_tokens)
    ]
    between = np.corrcoef(ranks)[~np.eye(3, dtype=bool)]
    assert np.abs(between).max() < 4 / np.sqrt(len(tasks))


def test_ties_go_by_order_of_the_classes():
    classes = {name: {"arrivals": CLOCK, "prompt": 1, "output": 1} for name in "abc"}
    tasks = workload(classes=classes, horizon_s=9000).tasks()
    assert len(tasks) == 3 * 72_000
    assert np.array_equal(tasks.class_id, np.tile([0, 1, 2], 72_000))


def test_ties_that_span_blocks_still_go_by_order_of_the_streams():
    def stream(number, *blocks):
        for times in blocks:
            rows = TASKS.empty(len(times))
            rows.arrival_ns, rows.class_id = times, number
            yield rows

    streams = [stream(0, [1, 2], [2], [], [2, 3]), stream(1, [2, 2], [2, 4]), stream(2), stream(3, [2])]
    rows = np.concatenate(list(merged(streams))).view(np.recarray)
    assert rows.arrival_ns.tolist() == [1, 2, 2, 2, 2, 2, 2, 2, 3, 4]
    assert rows.class_id.tolist() == [0, 0, 0, 0, 1, 1, 1, 3, 0, 1]


def test_many_tasks_at_one_instant_are_all_kept(tmp_path):
    rows = ["5,1,1"] * 3000 + ["6,2,2"]
    (tmp_path / "t.csv").write_text("\n".join(["arrival_s,prompt_tokens,output_tokens", *rows]) + "\n")
    classes = {"a": {"arrivals": {"kind": "trace", "file": "t.csv"}}, "b": LENGTHS | {"arrivals": CLOCK}}
    made = workload(classes=classes, horizon_s=10, base=tmp_path)
    assert np.bincount(made.tasks().class_id).tolist() == [3001, 80]
    assert np.array_equal(np.concatenate(list(made.chunks(10))), made.tasks())


def test_a_trace_gives_lengths_where_a_class_has_no_law():
    trace = {"kind": "trace", "file": "shipped:azure_code"}
    both = workload(arrivals=trace, horizon_s=600, classes={"a": {}, "b": {"output": 7}}).tasks()
    whole = workload(arrivals=trace, horizon_s=600, classes={"a": {}}).tasks()
    assert np.array_equal(both.prompt_tokens, whole.prompt_tokens)
    assert np.array_equal(rows_of(both, 0).output_tokens, whole[both.class_id == 0].output_tokens)
    assert set(rows_of(both, 1).output_tokens) == {7}


def labelled(folder, *names):
    rows = [f"{second},{second + 1},1,{name}" for second, name in enumerate(names)]
    (folder / "t.csv").write_text("\n".join(["arrival_s,prompt_tokens,output_tokens,class", *rows]) + "\n")
    return {"kind": "trace", "file": "t.csv"}


def test_a_trace_with_classes_gives_each_its_rows_and_one_file_may_be_two_sources(tmp_path):
    trace = labelled(tmp_path, "b", "a", "b", "b")
    common = workload(arrivals=trace, classes={"a": {}, "b": {}}, base=tmp_path).tasks()
    assert common.class_id.tolist() == [1, 0, 1, 1]
    assert common.prompt_tokens.tolist() == [1, 2, 3, 4]
    split = workload(classes={"a": {"arrivals": trace}, "b": {"arrivals": trace}}, base=tmp_path).tasks()
    assert np.array_equal(split, common)


def test_classes_a_trace_does_not_know_are_faults(tmp_path):
    trace = labelled(tmp_path, "chat", "code")
    common = schema.Workload(arrivals=trace, classes={"chat": {}, "kode": {}})
    assert list(faults(common, tmp_path)) == [
        ("arrivals.file", "in its column class: no class 'code'; did you mean 'kode'?")
    ]
    own = schema.Workload(classes={"talk": {"arrivals": trace}})
    assert [path for path, _ in faults(own, tmp_path)] == ["classes.talk.arrivals.file"]
    beside = schema.Workload(arrivals=trace, classes={"chat": {}, "code": LENGTHS | {"arrivals": CLOCK}})
    assert [path for path, _ in faults(beside, tmp_path)] == ["arrivals.file"]
    with pytest.raises(InputFaults, match="did you mean 'kode'"):
        materialise(common, seed=0, horizon_ns=10, base=tmp_path)
    missing = schema.Workload(arrivals={"kind": "trace", "file": "none.csv"}, classes={"a": {}})
    assert list(faults(missing, tmp_path)) == []
    with pytest.raises(InputFaults, match=r"none\.csv"):
        materialise(missing, seed=0, horizon_ns=10, base=tmp_path)


def test_what_was_mended_in_a_trace_is_noted(tmp_path):
    (tmp_path / "t.csv").write_text("arrival_s,prompt_tokens,output_tokens\n0,1,0\n")
    made = workload(arrivals={"kind": "trace", "file": "t.csv"}, classes={"a": {}}, base=tmp_path)
    assert made.notes == ("t.csv: 1 of 1 requests had 0 output tokens; counted as 1",)


CLOSED = {"kind": "closed_loop", "clients": 3, "ramp": "3 s", "think": {"kind": "exponential", "mean": "2 s"}}


def rounds(made, count, rows=65_536):
    taken = np.concatenate(list(itertools.islice(made.chunks(rows), 12)))
    return taken[: count * made.clients].view(np.recarray)


def test_a_closed_loop_has_endless_whole_rounds():
    made = workload(arrivals=CLOSED, classes={"a": LENGTHS | {"share": 1}, "b": LENGTHS})
    assert made.clients == 3
    for chunk in itertools.islice(made.chunks(10), 5):
        assert len(chunk) == 9
    tasks = rounds(made, 2000)
    assert tasks.arrival_ns[:3].tolist() == [0, 10**9, 2 * 10**9]
    assert not tasks.arrival_ns[3:].any()
    assert tasks.think_ns.mean() == pytest.approx(2e9, rel=4 / np.sqrt(6000))
    assert np.mean(tasks.class_id) == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(6000))
    with pytest.raises(ValueError, match="no end"):
        made.tasks()


def test_chunk_sizes_never_change_the_rounds():
    made = workload(arrivals=CLOSED, classes={"a": LENGTHS, "b": LENGTHS})
    assert np.array_equal(rounds(made, 12, rows=1), rounds(made, 12))
    assert np.array_equal(rounds(made, 36, rows=10), rounds(made, 36))


def test_classes_with_clients_of_their_own_stand_side_by_side():
    fixed = {"kind": "closed_loop", "clients": 2, "think": {"kind": "fixed", "mean": "1 s"}}
    made = workload(classes={"a": LENGTHS | {"arrivals": fixed}, "b": LENGTHS | {"arrivals": CLOSED}})
    alone = workload(classes={"a": LENGTHS | {"arrivals": fixed}})
    tasks = rounds(made, 100)
    assert made.clients == 5
    assert tasks.class_id.tolist() == [0, 0, 1, 1, 1] * 100
    assert np.array_equal(rows_of(tasks, 0), rounds(alone, 100))


def test_the_same_seed_gives_the_same_bytes_and_another_others():
    def digest(seed):
        classes = {
            "chat": LENGTHS | {"domains": {"talk": 3, "maths": 1}},
            "burst": {"arrivals": BURSTS, "prompt": {"kind": "uniform", "low": 1, "high": 99}, "output": 3},
            "code": {"arrivals": {"kind": "trace", "file": "shipped:azure_code", "rate_scale": 1.5}},
        }
        made = workload(seed, arrivals=POISSON, classes=classes)
        return hashlib.sha256(made.tasks().tobytes()).hexdigest()

    assert digest(3) == GOLDEN
    assert digest(4) != GOLDEN
