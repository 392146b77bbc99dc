"""Worlds whose drivers sleep, and whose pushes come late, twice or not at all: nobody is bound by waking, or asked who cannot be woken.

`dispatch simulate --scenario sleepy --seed 0 --worlds 500 --permute` runs five hundred of them.
"""

import pytest

from sim.explore.sleepy import SLEEP_GOALS
from tests.explorer.worlds import all_are_whole, shared_out, unseen


@pytest.mark.parametrize("seeds", shared_out("sleepy", 5))
def test_no_invariant_breaks_in_any_of_these_worlds(seeds: list[int]) -> None:
    all_are_whole("sleepy", seeds)


def test_sleepers_accept_and_pushes_are_lost_doubled_and_late_in_some_of_them() -> None:
    assert unseen("sleepy", SLEEP_GOALS) == []
