"""Small worlds in which staff book, assign, bind, reassign, close and change fares at random: no invariant breaks.

`dispatch simulate --scenario desk --seed 0 --worlds 500 --permute` runs five hundred of them.
"""

import pytest

from tests.explorer.worlds import all_are_whole, shared_out, unseen

WANTED = (
    "a driver whom staff asked has the ride",
    "AssignRide done",
    "AssignRide forbidden",
    "AssignRide illegal_now",
    "AssignRide internal",
    "AssignRide unavailable",
    "CancelRide done",
    "CancelRide illegal_now",
    "CancelRide internal",
    "CancelRide unavailable",
    "ChangeFare done",
    "ChangeFare forbidden",
    "EditRide done",
    "EditRide illegal_now",
    "FindDriver done",
    "FindDriver unavailable",
    "ReassignRide done",
    "ReassignRide illegal_now",
    "ReassignRide unavailable",
    "dispatcher rebuilt",
    "ride rebuilt",
)


@pytest.mark.parametrize("seeds", shared_out("desk", 4))
def test_no_invariant_breaks_in_any_of_these_worlds(seeds: list[int]) -> None:
    all_are_whole("desk", seeds)


def test_staff_hear_every_kind_of_answer_in_some_of_them() -> None:
    assert unseen("desk", WANTED) == []
