"""A hundred small worlds with everything that may come at one instant in any order: no invariant breaks, every rare case is met.

`dispatch simulate --scenario small --seed 0 --worlds 1000 --permute` runs a thousand of them.
"""

import pytest

from sim.checks.coverage_goals import GOALS
from tests.explorer.worlds import all_are_whole, unseen

SEEDS, CHUNK = 100, 10


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_no_invariant_breaks_in_any_of_these_worlds(first: int) -> None:
    all_are_whole("small", range(first, first + CHUNK))


def test_every_rare_case_is_met_in_some_of_them() -> None:
    assert unseen("small", (9, 10, 4, 6, 8, *range(SEEDS)), GOALS) == []
