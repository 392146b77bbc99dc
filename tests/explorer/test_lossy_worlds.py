"""Worlds in which a fifth of all frames is lost and a fifth comes twice: every ride ends, nothing is done twice, no stream has a gap.

`dispatch simulate --scenario lossy --seed 0 --worlds 500 --permute` runs five hundred of them.
"""

import pytest

from tests.explorer.worlds import all_are_whole, shared_out, unseen

WANTED = (
    "frame lost",
    "frame doubled",
    "connection died of it",
    "resumed within a connection",
    "resumed on a new connection",
    "the whole gap was told",
    "passenger lost beyond the grace",
    "failed commit of a reservation",
    "driver rebuilt",
    "ride rebuilt",
)


@pytest.mark.parametrize("seeds", shared_out("lossy", 2))
def test_no_invariant_breaks_in_any_of_these_worlds(seeds: list[int]) -> None:
    all_are_whole("lossy", seeds)


def test_every_rare_case_is_met_in_some_of_them() -> None:
    assert unseen("lossy", WANTED) == []
