"""kill -9 at any moment: the same command goes on, and the tables are the same to the byte."""

import json
from collections import Counter

import sweep_kills
from small_scenarios import write
from study_points import QUICK

MORE = ("--replications", "100", "-q")


def test_a_sweep_that_is_killed_again_and_again_ends_with_the_same_tables(tmp_path):
    scenario = write(tmp_path, QUICK)
    whole = sweep_kills.run(scenario, tmp_path / "whole", *MORE)
    assert whole.returncode == 0, whole.stderr
    sweep_kills.killed_with([0, 1, 60], scenario, tmp_path / "killed", 20_260_103, *MORE)
    last = sweep_kills.run(scenario, tmp_path / "killed", "--resume", *MORE)
    assert (last.returncode, last.stdout) == (0, whole.stdout), last.stderr
    assert sweep_kills.tables(tmp_path / "killed") == sweep_kills.tables(tmp_path / "whole")
    rows = json.loads((tmp_path / "killed/table.json").read_text())["rows"]
    assert len(rows) == 200
    assert len({row[3] for row in rows}) == 200, "a point stands in two rows"
    journal = (tmp_path / "killed/journal").read_text().splitlines()
    assert max(Counter(line for line in journal if '"point"' in line).values()) == 1, "a kept point ran again"
