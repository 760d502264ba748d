"""Drawn answers: wrong ones agree as often as they should, blanks, lengths, replays, and what pairing is worth."""

from __future__ import annotations

import numpy as np
import pytest
from qualities import tables

from fleetsim.quality.sampling import draw_answers, draw_ease, draw_lengths, draw_scores, plurality
from fleetsim.quality.wrong import concentration, wrong_shares
from fleetsim.tables import BLANK, PROTOTYPES

TASKS = 200_000


def answers(quality, model, seed=3, attempts=1, role=0):
    return draw_answers(quality, seed, 0, TASKS, 0, model, role, attempts, 0.0)


def within(values: np.ndarray, expected: float) -> bool:
    return abs(values.mean() - expected) <= 3 * values.std() / np.sqrt(len(values))


class TestWrongAnswers:
    def test_the_concentration_is_the_published_one(self):
        assert concentration(0.35, 9) == pytest.approx(0.302, abs=1e-3)
        assert concentration(0.2, 5) == np.inf
        assert concentration(1.0, 5) == 0.0

    @pytest.mark.parametrize(
        ("same", "options"), [(0.3, 14), (0.35, 9), (0.6, 3), (1.0, 1), (0.1, 14), (1.0, 5), (0.2, 5), (0.999, 14)]
    )
    def test_prototypes_agree_to_the_last_digits(self, same, options):
        shares = np.diff(wrong_shares(same, options), axis=1, prepend=0.0)
        assert len(shares) == PROTOTYPES
        assert shares.sum(axis=1) == pytest.approx(1.0)
        assert (shares[:, options:] == 0).all()
        assert (shares**2).sum(axis=1).mean() == pytest.approx(same, abs=1e-9)

    @pytest.mark.parametrize(("same", "options"), [(0.35, 9), (0.6, 3)])
    def test_two_wrong_answers_are_the_same_as_often_as_written(self, same, options):
        quality = tables([0.5, 0.6], same_wrong=same, options=options, model={"blank_share": 0.2})
        one, other = (answers(quality, model)[1][:, 0] for model in (0, 1))
        spoken = (one > 0) & (other > 0) & (one != BLANK) & (other != BLANK)
        assert within((one == other)[spoken], same)

    def test_labels_tell_right_wrong_and_blank(self):
        right, labels = (column[:, 0] for column in answers(tables([0.5], options=3, model={"blank_share": 0.2}), 0))
        assert ((labels == 0) == (right == 1)).all()
        assert set(np.unique(labels)) == {0, 1, 2, 3, BLANK}
        assert within(labels[right == 0] == BLANK, 0.2)


class TestCorrelations:
    def test_samples_of_one_model(self):
        quality = tables([0.5], model={"rho_within": 0.8})
        one, other = (draw_ease(quality, 3, 0, TASKS, 0, 0, 0, attempt) for attempt in (0, 1))
        assert np.corrcoef(one, other)[0, 1] == pytest.approx(0.8, abs=0.01)

    def test_parts_of_one_task(self):
        quality = tables([0.5], rho_parts=0.25)
        one, other = (draw_ease(quality, 3, 0, TASKS, 0, 0, role, 0) for role in (0, 1))
        assert np.corrcoef(one, other)[0, 1] == pytest.approx(0.25, abs=0.01)

    def test_no_part_of_an_unsolvable_task_is_solved_by_anyone(self):
        quality = tables([0.6, 0.65], unsolvable=0.3, model={"rho_within": 0.7})
        tried = np.concatenate([answers(quality, model, attempts=20)[0] for model in (0, 1)], axis=1)
        assert 0.3 - 3 * np.sqrt(0.3 * 0.7 / TASKS) <= (tried.sum(axis=1) == 0).mean() <= 0.4
        assert within(tried[:, 0], 0.6)


class TestLengths:
    def test_mean_one_and_longer_where_it_is_hard(self):
        quality = tables([0.6])
        lengths, right = draw_lengths(quality, 3, 0, TASKS, 0, 0), answers(quality, 0)[0][:, 0]
        assert within(lengths, 1.0)
        assert 1.21 <= lengths[right == 0].mean() / lengths[right == 1].mean() <= 1.40
        ease = draw_ease(quality, 3, 0, TASKS, 0, 0, 0, 0)
        assert np.cov(np.log(lengths), ease)[0, 1] == pytest.approx(-0.45 * 0.38, abs=0.005)


def test_scores_tell_right_from_wrong_as_well_as_their_area_says():
    """separation = sqrt(2) * quantile(AUC): the chance that a right answer scores above a wrong one is the AUC."""
    right = answers(tables([0.5]), 0)[0][:, 0]
    scores = draw_scores(tables([0.5]), 3, 0, right, 0, np.sqrt(2) * 0.841621)
    good, bad = scores[right == 1], scores[right == 0]
    count = min(len(good), len(bad))
    assert within(good[:count] > bad[:count], 0.80)


class TestReplay:
    def test_outcomes_are_those_recorded_whatever_the_attempt(self):
        recorded = np.array([[1, 0], [1, 1], [0, 0], [1, 0]], np.int8)
        quality = tables([0.75, 0.25])._replace(outcomes=recorded, outcome_rows=np.array([[0, 4]]))
        first, second = (answers(quality, model, attempts=3)[0] for model in (0, 1))
        assert (first == first[:, :1]).all()
        pairs = np.stack([first[:, 0], second[:, 0]], axis=1)
        for pair in ((1, 0), (1, 1), (0, 0)):
            share = (recorded == pair).all(axis=1).mean()
            assert within((pairs == pair).all(axis=1), share)
        assert not (pairs == (0, 1)).all(axis=1).any()

    def test_ease_keeps_its_law(self):
        recorded = (np.arange(200)[:, None] % 5 < [2, 4]).astype(np.int8)
        quality = tables([0.4, 0.8])._replace(outcomes=recorded, outcome_rows=np.array([[0, 200]]))
        ease = draw_ease(quality, 3, 0, TASKS, 0, 0, 0, 0)
        assert within(ease, 0.0)
        assert ease.std() == pytest.approx(1.0, abs=0.01)


class TestPlurality:
    @pytest.mark.parametrize(
        ("labels", "chance"),
        [
            ([0, 0, 1], 1),
            ([0, 1, 2], 1 / 3),
            ([1, 1, 0], 0),
            ([BLANK, BLANK, 0], 1),
            ([BLANK] * 3, 0),
            ([0, 1, BLANK], 0.5),
        ],
    )
    def test_by_hand(self, labels, chance):
        assert plurality(np.array([labels]), BLANK)[0] == pytest.approx(chance)


def test_pairing_takes_three_quarters_of_the_variance_of_a_comparison_away():
    """A cascade (judge wrong in 0.05) against its strong model alone: on the same draws, and on others."""
    quality = tables([0.681, 0.806], rho_between=0.62)

    def cascade(seed: int) -> np.ndarray:
        weak, strong = (answers(quality, model, seed)[0][:, 0] for model in (0, 1))
        passes = draw_scores(tables([0.5]), seed, 0, weak, 0, 2 * 1.6449) >= 1.6449
        return np.where(passes, weak, strong)

    def alone(seed: int) -> np.ndarray:
        return answers(quality, 1, seed)[0][:, 0]

    paired, apart = (cascade(3) - alone(3)).var(), (cascade(3) - alone(4)).var()
    assert apart / paired >= 4
