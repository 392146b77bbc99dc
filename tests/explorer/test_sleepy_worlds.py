"""Worlds whose drivers sleep, and whose pushes come late, twice or not at all: nobody is bound by waking, or asked who cannot be woken.

`dispatch simulate --scenario sleepy --seed 0 --worlds 500 --permute` runs five hundred of them.
"""

import pytest

from sim.explore.sleepy import SLEEP_GOALS
from tests.explorer.worlds import all_are_whole, unseen

SEEDS, CHUNK = 24, 6


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_no_invariant_breaks_in_any_of_these_worlds(first: int) -> None:
    all_are_whole("sleepy", range(first, first + CHUNK))


def test_sleepers_accept_and_pushes_are_lost_doubled_and_late_in_some_of_them() -> None:
    assert unseen("sleepy", (3, 10, *range(100)), SLEEP_GOALS) == []
