"""Small worlds with everything that may come at one instant in any order: no invariant breaks, every rare case is met.

`dispatch simulate --scenario small --seed 0 --worlds 1000 --permute` runs a thousand of them.
"""

import pytest

from sim.checks.coverage_goals import GOALS
from tests.explorer.worlds import all_are_whole, shared_out, unseen


@pytest.mark.parametrize("seeds", shared_out("small", 5))
def test_no_invariant_breaks_in_any_of_these_worlds(seeds: list[int]) -> None:
    all_are_whole("small", seeds)


def test_every_rare_case_is_met_in_some_of_them() -> None:
    assert unseen("small", GOALS) == []
