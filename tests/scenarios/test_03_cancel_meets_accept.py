"""Scenario 3. The passenger cancels and the driver accepts in the same instant.

Cancel first: the ride is cancelled, the driver's offer closes and the driver is free. Accept first: the driver has it, then it is
cancelled as an assigned ride is, and the driver is free. Never both, and never two ends of one ride.
"""

from typing import Any

import pytest

from dispatch.messages.events import RideAssigned, RideCancelled
from sim.stories.stage import Stage
from tests.scenarios.theatre import Theatre, every_order

CANCEL_FIRST = (["searching", "ride_cancelled"], ["ride_request", "offer_closed"])
ACCEPT_FIRST = (["searching", "driver_assigned", "ride_cancelled"], ["ride_request", "ride_accepted", "ride_cancelled"])


def one_offer(stage: Stage) -> None:
    stage.driver("d1", north_km=1)
    stage.passenger("r1").books(at=0)


def stories(stage: Stage) -> tuple[list[str], list[str]]:
    """What passenger and driver heard of it."""
    return stage.passengers["r1"].story(), stage.drivers["d1"].story()


def check_one_end(stage: Stage) -> None:
    events: list[Any] = list(stage.record("r1"))
    assert sum(isinstance(event, RideCancelled) for event in events) == 1
    driver = stage.drivers["d1"]
    if stories(stage) == CANCEL_FIRST:
        assert driver.last()["reason"] == "cancelled"
        assert not any(isinstance(event, RideAssigned) for event in events)
    else:
        assert stories(stage) == ACCEPT_FIRST
        assert driver.last()["by"] == "passenger"


def check_that_they_are_free(stage: Stage) -> None:
    """The driver is asked for another ride at once."""
    now = stage.now
    stage.passenger("r2").books()
    stage.run(until=now)
    assert stage.drivers["d1"].offer("r2").at == now


def test_cancel_first_closes_the_offer_and_leaves_the_driver_free(play: Theatre) -> None:
    stage = play()
    one_offer(stage)
    stage.passengers["r1"].cancels(at=5)
    stage.drivers["d1"].accepts("r1", at=5)
    stage.run(until=5)
    assert stories(stage) == CANCEL_FIRST
    check_one_end(stage)
    check_that_they_are_free(stage)


def test_accept_first_assigns_and_then_cancels_an_assigned_ride(play: Theatre) -> None:
    stage = play()
    one_offer(stage)
    stage.drivers["d1"].accepts("r1", at=5)
    stage.run(until=5)
    stage.passengers["r1"].cancels(reason="changed my mind")
    stage.run(until=5)
    assert stories(stage) == ACCEPT_FIRST
    assert stage.drivers["d1"].last()["reason"] == "changed my mind"
    check_one_end(stage)
    check_that_they_are_free(stage)


def test_in_every_order_of_all_deliveries_there_is_one_end(play: Theatre) -> None:
    seen = []
    for dice in every_order(since=5.0):
        stage = play.in_order(dice)
        one_offer(stage)
        stage.passengers["r1"].cancels(at=5)
        stage.drivers["d1"].accepts("r1", at=5)
        stage.run(until=5)
        check_one_end(stage)
        seen.append(stories(stage))
    assert CANCEL_FIRST in seen and ACCEPT_FIRST in seen


@pytest.mark.parametrize("seed", range(50))
def test_however_deliveries_are_shuffled_there_is_one_end(play: Theatre, seed: int) -> None:
    stage = play.permuted(seed)
    one_offer(stage)
    stage.passengers["r1"].cancels(at=5)
    stage.drivers["d1"].accepts("r1", at=5)
    stage.run(until=5)
    check_one_end(stage)
    check_that_they_are_free(stage)
