"""A conversation goes where it is cached, as long as that is not far busier than the rest."""

import numpy as np
import pytest

from fleetsim.policies.balancers.prefix_affinity import prefix_affinity
from fleetsim.tables import SIGNALS

KNOBS = np.array([16.0, 0.0, 0.0, 0.0])


@pytest.mark.parametrize(
    ("outstanding", "cached", "turn", "chosen"),
    [
        ([3, 1, 2], [0, 0, 0], 0, 1),  # nothing cached: the least busy
        ([3, 1, 2], [0, 0, 500], 0, 2),
        ([17, 1, 2], [900, 0, 500], 0, 0),
        ([18, 1, 2], [900, 0, 500], 0, 2),  # too far ahead: the next best
        ([1, 1, 1], [0, 0, 0], 2, 2),
    ],
)
def test_choice(outstanding, cached, turn, chosen):
    signals = SIGNALS.empty(3)
    signals.outstanding, signals.cached_tokens = outstanding, cached
    assert prefix_affinity.py_func(signals, turn, 0, KNOBS) == chosen
