"""Step tables that a scenario gives directly."""

import numpy as np
import pytest

from fleetsim import tables
from fleetsim.errors import FleetsimError, InputFaults
from fleetsim.hardware import given_table
from fleetsim.scenario.schema import Pool, Steps


def table(tmp_path, pool=None, **steps):
    given = Steps.model_validate(steps)
    return given_table(given, Pool.model_validate({"steps": steps} | (pool or {})), tmp_path)


def from_csv(tmp_path, text, **keys):
    (tmp_path / "steps.csv").write_text(text)
    return table(tmp_path, {"max_num_batched_tokens": 64}, file="steps.csv", **keys)


def test_constants(tmp_path):
    made = table(tmp_path, base="2 ms", per_token="10 us", per_context_token="3 ns", kv_tokens=1000)
    assert made.base_ns[:3].tolist() == [2e6, 2.01e6, 2.02e6]
    assert len(made.base_ns) == 8193
    assert made.alpha_ns == pytest.approx(3)
    assert (made.kv_blocks, made.basis) == (62, "given")
    assert table(tmp_path, base="1 s").kv_blocks == tables.UNLIMITED_BLOCKS


def test_powers_and_context(tmp_path):
    made = table(tmp_path, base="1 s", idle_power="5 W", prefill_power="20 W", decode_power="10 W", context=100)
    assert (made.idle_w, made.prefill_w, made.decode_w) == (5.0, 20.0, 10.0)
    assert (made.context_tokens, made.accelerators) == (100, 1)


def test_powers_left_out_are_unknown(tmp_path):
    assert np.isnan([table(tmp_path, base="1 s").idle_w, table(tmp_path, base="1 s").decode_w]).all()


def test_a_file_is_interpolated_and_carried_on(tmp_path):
    made = from_csv(tmp_path, "n_tokens,step_ms\n1,10\n11,20\n31,30\n")
    assert made.base_ns[[1, 6, 11, 21, 31, 41]] / 1e6 == pytest.approx([10, 15, 20, 25, 30, 35])
    assert made.base_ns[0] / 1e6 == pytest.approx(10)
    assert made.basis == "measured"
    assert np.all(np.isfinite(made.base_ns))


def test_columns_may_be_in_any_order_with_others_between(tmp_path):
    made = from_csv(tmp_path, "run, step_ms, n_tokens\na, 4, 1\n\nb, 8, 2\n")
    assert made.base_ns[[1, 2, 3]] / 1e6 == pytest.approx([4, 8, 12])


def test_one_row_is_a_constant(tmp_path):
    assert set(from_csv(tmp_path, "n_tokens,step_ms\n8,2\n").base_ns) == {2e6}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "steps.csv:1  no column n_tokens or step_ms"),
        ("n_tokens,ms\n1,2\n", "steps.csv:1  no column step_ms"),
        ("n_tokens,step_ms\n", "steps.csv:1  has no rows"),
        ("n_tokens,step_ms\n1,2\n2,fast\n", "steps.csv:3  '2, fast' is not a number"),
        ("n_tokens,step_ms\n1,2\n2\n", "steps.csv:3  '2, ' is not a number"),
        ("n_tokens,step_ms\n1.5,2\n", "steps.csv:2  n_tokens 1.5 is not a whole number"),
        ("n_tokens,step_ms\nnan,2\n", "steps.csv:2  n_tokens nan is not a whole number"),
        ("n_tokens,step_ms\ninf,2\n", "steps.csv:2  n_tokens inf is not a whole number"),
        ("n_tokens,step_ms\n-1,2\n", "steps.csv:2  n_tokens -1 is not a whole number"),
        ("n_tokens,step_ms\n1,0\n", "steps.csv:2  step_ms 0 is not a time"),
        ("n_tokens,step_ms\n1,inf\n", "steps.csv:2  step_ms inf is not a time"),
        ("n_tokens,step_ms\n2,1\n2,3\n", "steps.csv:3  n_tokens 2 does not rise over 2"),
        ("n_tokens,step_ms\n1,3\n2,1\n", "steps.csv:3  step_ms falls over the last two rows"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(tmp_path, text, told):
    with pytest.raises(InputFaults) as raised:
        from_csv(tmp_path, text)
    assert told in str(raised.value)


def test_all_bad_rows_are_told_at_once(tmp_path):
    with pytest.raises(InputFaults, match="2 faults"):
        from_csv(tmp_path, "n_tokens,step_ms\n1,x\n2,y\n")


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ({}, "needs either `base`"),
        ({"base": "1 ms", "file": "steps.csv"}, "needs either `base`"),
        ({"base": "0 s"}, "less than a nanosecond"),
        ({"base": "1 ms", "kv_tokens": 3}, "less than one block"),
        ({"file": "../steps.csv"}, "leaves the scenario's folder"),
        ({"file": "nowhere.csv"}, "no file 'nowhere.csv'"),
    ],
)
def test_steps_that_make_no_sense(tmp_path, steps, told):
    with pytest.raises(FleetsimError, match=told):
        table(tmp_path, **steps)
