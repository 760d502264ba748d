"""Changes of replicas during a run of the reference engine, worked out by hand. All steps last 1000 ns at first."""

import pytest
from plans import build_plan, build_tasks, changes, end, endpoint, linear, pool, quality, runs_of, solve, steady

from fleetsim.engine.reference import simulate
from fleetsim.tables import REFUSAL_NS, VERSIONS, Status

GOOD, BAD = 0, 1


def versions(*rows):
    """Rows of VERSIONS; steps of 1000 ns that read nothing unless columns say more."""
    table = VERSIONS.empty(len(rows))
    for i, row in enumerate(rows):
        for name, value in ({"model": -1} | row).items():
            table[i][name] = value
    return table


def run(tasks, pools, rows, known=(), nodes=None, **settings):
    """The outcome of tasks on pools to which `rows` happen; `known`: the versions."""
    plan = build_plan(pools, nodes, changes=changes(*rows), versions=versions(*known), **settings)
    return simulate(plan, tasks)


def test_a_change_in_place_takes_effect_with_the_next_step():
    # Every token read costs 1 more from 2500 on. Steps to 1000, 2000, 3000 as ever; then the fourth token reads
    # 10 + 3: 1013, and the fifth 1014. The run of steps ends with the step in progress.
    rows = [{"time_ns": 2500, "replica": 0, "version": 0, "in_place": 1}]
    outcome = run(build_tasks([0]), [steady()], rows, [{"alpha_ns": 1.0}])
    assert outcome.calls.finish_ns.tolist() == [3000 + 1013 + 1014]
    assert runs_of(outcome) == [(1000, 1000.0, 0.0, 2, 1), (3000, 1013.0, 1.0, 2, 1)]


def test_a_change_at_a_steps_end_is_before_the_next_step():
    rows = [{"time_ns": 2000, "replica": 0, "version": 0, "in_place": 1}]
    outcome = run(build_tasks([0]), [steady()], rows, [{"alpha_ns": 1.0}])
    assert runs_of(outcome) == [(1000, 1000.0, 0.0, 1, 1), (2000, 1012.0, 1.0, 3, 1)]


def test_a_change_to_what_there_was_begins_a_run_too():
    outcome = run(build_tasks([0]), [steady()], [{"time_ns": 2500, "replica": 0, "in_place": 1}])
    assert runs_of(outcome) == [(1000, 1000.0, 0.0, 2, 1), (3000, 1000.0, 0.0, 2, 1)]


def test_another_table_of_step_times():
    # Two pools, so two tables: replica 0 is changed to that of pool 1, whose steps last 300.
    pools = [steady(), pool(base_ns=linear(300, 0))]
    rows = [{"time_ns": 1500, "replica": 0, "version": 0, "in_place": 1}]
    offset = int(build_plan(pools).pools[1].base_offset)
    outcome = run(build_tasks([0], output_tokens=3), pools, rows, [{"base_offset": offset}])
    assert outcome.calls.finish_ns.tolist() == [2300]


def test_prefill_after_a_change():
    # beta 2: the area of 10 tokens is 50.
    rows = [{"time_ns": 0, "replica": 0, "version": 0, "in_place": 1}]
    outcome = run(build_tasks([0], output_tokens=1), [steady()], rows, [{"beta_ns": 2.0}])
    assert outcome.calls.finish_ns.tolist() == [1100]


def test_calls_are_judged_by_the_model_at_their_delivery():
    # The call of 0 is the bad model's although it ends later than 500; that of 500 is the good one's.
    rows = [{"time_ns": 500, "replica": 0, "version": 0, "in_place": 1}]
    judged = quality([[40.0], [-40.0]])
    pools, known = [steady(model=BAD)], [{"model": GOOD}]
    outcome = run(build_tasks([0, 500]), pools, rows, known, [solve(0, 1), end()], quality=judged)
    assert outcome.calls.model.tolist() == [BAD, GOOD]
    assert outcome.tasks.right.tolist() == [0, 1]


def test_a_replica_finishes_what_it_has_and_loads():
    # One seat. Calls of 0 and 100 are there when it closes at 500; they end at 1000 and 2000. From then it loads for
    # 700. Calls of 600 and 2699 are refused, that of 2700 is taken.
    rows = [{"time_ns": 500, "replica": 0, "load_ns": 700}]
    tasks = build_tasks([0, 100, 600, 2699, 2700], output_tokens=1)
    outcome = run(tasks, [steady(max_num_seqs=1)], rows, sample_every_ns=500, horizon_ns=3000)
    done, refused = Status.FINISHED, Status.REFUSED_CLOSED
    assert outcome.calls.status.tolist() == [done, done, refused, refused, done]
    assert outcome.calls.finish_ns.tolist() == [1000, 2000, -1, -1, 3700]
    assert outcome.tasks.finish_ns.tolist()[2:4] == [600 + REFUSAL_NS, 2699 + REFUSAL_NS]
    assert outcome.calls.replica.tolist() == [0, 0, -1, -1, 0]
    # At 0, 500, 1000, 1500, 2000, 2500, 3000.
    assert outcome.samples.open.tolist() == [1, 0, 0, 0, 0, 0, 1]


def test_a_replica_with_nothing_to_do_loads_at_once():
    rows = [{"time_ns": 500, "replica": 0, "load_ns": 700}]
    outcome = run(build_tasks([499 + 701 - 1, 1200], output_tokens=1), [steady()], rows)
    assert outcome.calls.status.tolist() == [Status.REFUSED_CLOSED, Status.FINISHED]


def test_the_model_is_another_when_it_opens():
    rows = [{"time_ns": 500, "replica": 0, "version": 0, "load_ns": 700}]
    judged, nodes = quality([[40.0], [-40.0]]), [solve(0, 1), end()]
    pools, known = [steady(model=BAD)], [{"model": GOOD}]
    outcome = run(build_tasks([0, 9000], output_tokens=1), pools, rows, known, nodes, quality=judged)
    assert outcome.calls.model.tolist() == [BAD, GOOD]


def test_the_balancer_sees_those_that_are_open():
    # Replicas 0 to 2, of which 1 is closed from 100 to 1100. Turns: 0, then 1 of the open ones, which is replica 2,
    # then 0 again (2 modulo two open); behind 1100 all are there: 1, 2, 0.
    rows = [{"time_ns": 100, "replica": 1, "load_ns": 1000}]
    tasks = build_tasks([0, 200, 300, 1100, 1100, 1100], output_tokens=1)
    outcome = run(tasks, [steady(replicas=3)], rows)
    assert outcome.calls.replica.tolist() == [0, 2, 0, 1, 2, 0]


@pytest.mark.parametrize("time_ns", [500, 600, 1000, 1500, 1999])
@pytest.mark.parametrize("in_place", [0, 1])
def test_a_row_for_a_closed_replica_is_left_out(time_ns, in_place):
    # Closed at 500 with a call up to 1000, loading up to 2000: a row in between does nothing, whatever it is. The call
    # of 2000 is taken, and its steps last what they did.
    late = {"time_ns": time_ns, "replica": 0, "load_ns": 5000, "version": 0, "in_place": in_place}
    rows = [{"time_ns": 500, "replica": 0, "load_ns": 1000}, late]
    outcome = run(build_tasks([0, 2000], output_tokens=1), [steady()], rows, [{"beta_ns": 9.0}])
    assert outcome.calls.finish_ns.tolist() == [1000, 3000]


def test_a_row_goes_before_its_replicas_being_ready():
    # Ready at 1500, and another row at 1500: it is left out. One at 1501 is not: it loads up to 1511.
    for time_ns, status in ((1500, Status.FINISHED), (1501, Status.REFUSED_CLOSED)):
        rows = [{"time_ns": 500, "replica": 0, "load_ns": 1000}, {"time_ns": time_ns, "replica": 0, "load_ns": 10}]
        outcome = run(build_tasks([1505], output_tokens=1), [steady()], rows)
        assert outcome.calls.status.tolist() == [status]


def test_a_replica_is_ready_before_a_call_is_delivered():
    rows = [{"time_ns": 500, "replica": 0, "load_ns": 1000}]
    outcome = run(build_tasks([1500], output_tokens=1), [steady()], rows)
    assert outcome.calls.queued_ns.tolist() == [1500]
    assert outcome.calls.status.tolist() == [Status.FINISHED]


def test_a_replica_is_empty_when_the_step_that_ends_has_handed_back_its_calls():
    # The first call, back at once, is followed by another of the same pool at 1000: the replica is closed by then.
    rows = [{"time_ns": 500, "replica": 0, "load_ns": 10}]
    nodes = [solve(0, 1, output_tokens=1), solve(0, 2, output_tokens=1), end()]
    outcome = run(build_tasks([0]), [steady()], rows, nodes=nodes)
    assert outcome.calls.status.tolist() == [Status.FINISHED, Status.REFUSED_CLOSED]


def test_changes_of_an_endpoint():
    rows = [{"time_ns": 500, "replica": 0, "version": 0, "in_place": 1}]
    judged, nodes = quality([[40.0], [-40.0]]), [solve(0, 1), end()]
    outcome = run(
        build_tasks([499, 500]), [endpoint([10], [0], model=BAD)], rows, [{"model": GOOD}], nodes, quality=judged
    )
    assert outcome.calls.model.tolist() == [BAD, GOOD]
    assert outcome.samples.open.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("time_ns", "load_ns", "stop_ns", "end_ns", "is_open"),
    [(7000, 10, 9000, 7010, 1), (7000, 10, 7005, 7005, 0), (8000, 10, 7000, 7000, 1), (7000, 9999, 9000, 9000, 0)],
)
def test_changes_after_all_else_still_happen(time_ns, load_ns, stop_ns, end_ns, is_open):
    rows = [{"time_ns": time_ns, "replica": 0, "load_ns": load_ns}]
    outcome = run(build_tasks([0], output_tokens=1), [steady()], rows, horizon_ns=5000, stop_ns=stop_ns)
    assert (outcome.final.time_ns.tolist(), outcome.final.open.tolist()) == ([end_ns], [is_open])
