"""What a study tries: `--vary` and the `vary:` block together."""

import pytest
from small_scenarios import write

from fleetsim.errors import InputFaults
from fleetsim.scenario import variations
from fleetsim.study.grid import values, varied
from fleetsim.study.run import load


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1,2,5", [1, 2, 5]),
        ("4 per s, 8 per s", ["4 per s", "8 per s"]),
        ("random", ["random"]),
        ("{kind: random}, round_robin", [{"kind": "random"}, "round_robin"]),
        ("[1, 2], 3", [[1, 2], 3]),
        ("'a,b', c", ["a,b", "c"]),
        ("shipped:azure_code", ["shipped:azure_code"]),
        ("1:4:4", [1, 2, 3, 4]),
        ("1:2:3", [1.0, 1.5, 2.0]),
        ("2:20 per s:3", ["2 per s", "11 per s", "20 per s"]),
        ("2 per s:3 per s:3", ["2.0 per s", "2.5 per s", "3.0 per s"]),
        ("0:0.3:4", [0.0, 0.1, 0.2, 0.3]),
        ("$1:$2 per h:2", ["$1 per h", "$2 per h"]),
        ("30:10:3", [30, 20, 10]),
        ("1e-3:1e-2 s:2", ["0.001 s", "0.01 s"]),
    ],
)
def test_values_are_listed_or_spaced_evenly(written, expected):
    found = values(written)
    assert found == expected
    assert [type(value) for value in found] == [type(value) for value in expected]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("seed", "varies nothing; write path=a,b,c"),
        ("=1,2", "varies nothing"),
        ("seed=", "has no values"),
        ("seed=1:5:1", "asks for 1 values; write a number from 2"),
        ("seed=1 s:5 ms:3", "goes from 's' to 'ms'"),
        ("seed=[1", "seed"),
    ],
)
def test_a_text_that_varies_nothing_is_told_by_its_number(tmp_path, text, says):
    with pytest.raises(InputFaults) as caught:
        varied(load(write(tmp_path)), ["horizon=10 s,20 s", text])
    assert caught.value.faults[0].file == "--vary"
    assert caught.value.faults[0].line == 2
    assert says in str(caught.value)


def test_options_stand_in_for_the_block_path_by_path(tmp_path):
    block = "vary:\n  workload.arrivals.rate: [5 per s, 6 per s]\n  seed: [1, 2]\n"
    found = varied(load(write(tmp_path, more=block)), ["seed=3,4,5", "horizon=10 s,20 s"])
    assert list(found.scenario.vary) == ["workload.arrivals.rate", "seed", "horizon"]
    assert len(variations(found)) == 2 * 3 * 2
    again = varied(load(write(tmp_path)), [])
    assert again.scenario == load(write(tmp_path)).scenario


def test_faults_of_values_name_the_option_and_those_of_the_block_its_line(tmp_path):
    block = "vary:\n  workload.arrivals.rate: [5 per s, 6]\n"
    loaded = load(write(tmp_path))
    with pytest.raises(InputFaults) as caught:
        varied(loaded, ["horizon=10 s,20 s", "architectures.one.pools.bgi.replicas=1,2"])
    assert [(f.file, f.line) for f in caught.value.faults] == [("--vary", 2)]
    with pytest.raises(InputFaults) as caught:
        variations(varied(load(write(tmp_path, more=block)), ["architectures.one.pools.big.replicas=1,0"]))
    assert {(f.file.rpartition("/")[2], f.line) for f in caught.value.faults} == {("--vary", 1), ("small.yaml", 27)}


def test_one_path_twice_is_a_fault(tmp_path):
    with pytest.raises(InputFaults, match="is varied twice"):
        varied(load(write(tmp_path)), ["seed=1,2", "seed=3"])
