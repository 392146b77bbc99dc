"""Scenario 8. A driver's connection dies without a word.

Such a driver is still asked until the link counts as dead; then the place goes to the next driver at once, not when the round ends.
The driver is no candidate until back, and finds no open offer then. A driver whose position is too old is no candidate either, however
alive the connection.
"""

from typing import Any

import pytest

from dispatch.messages.events import OffersMade
from sim.stories.stage import Stage
from tests.scenarios.theatre import Theatre, every_order


def asked(stage: Stage, ride: str) -> list[tuple[list[str], bool]]:
    """Who was asked for this ride, batch by batch, and whether it was to fill a place again."""
    made: list[Any] = [event for event in stage.record(ride) if isinstance(event, OffersMade)]
    return [([placed.driver_id for placed in event.offers], event.refill) for event in made]


def a_ghost_among_seven(stage: Stage) -> None:
    """d1, the nearest, is silent from second 0 on; r1 comes at second 5."""
    stage.fleet(7)
    stage.drivers["d1"].dies(at=0)
    stage.passenger("r1").books(at=5)


def test_the_place_of_a_ghost_goes_to_the_next_when_they_count_as_dead(play: Theatre) -> None:
    stage = play()
    a_ghost_among_seven(stage)
    stage.run(until=11.99)
    assert asked(stage, "r1") == [(["d1", "d2", "d3", "d4", "d5"], False)]
    assert stage.drivers["d6"].story() == []
    stage.run(until=12)
    assert stage.drivers["d6"].offer("r1").at == 12.0
    assert stage.drivers["d6"].offer("r1")["ttl_ms"] == 30_000
    assert asked(stage, "r1")[1:] == [(["d6"], True)]


def test_a_ghost_is_no_candidate_for_the_next_ride(play: Theatre) -> None:
    stage = play()
    a_ghost_among_seven(stage)
    stage.passenger("r2").books(at=20)
    stage.run(until=20)
    assert asked(stage, "r2") == [(["d7"], False)]


def test_a_driver_who_returns_finds_no_open_offer_and_may_be_asked_again(play: Theatre) -> None:
    stage = play()
    a_ghost_among_seven(stage)
    stage.passenger("r2").books(at=20)
    ghost = stage.drivers["d1"]
    ghost.returns(at=25)
    stage.run(until=25)
    snapshot, offer = ghost.heard()
    assert (snapshot["type"], snapshot["status"], snapshot["offer"], snapshot["ride"]) == (
        "snapshot",
        "available",
        None,
        None,
    )
    assert (offer["type"], offer["ride_id"], offer.at) == ("ride_request", "r2", 25.0)


def test_the_offer_that_a_ghost_never_answered_does_not_count_as_silence(play: Theatre) -> None:
    """The driver had no chance to answer: of the two times that a silent driver is asked, none is used up."""
    stage = play(batch=1)
    ghost = stage.driver("d1")
    ghost.dies(at=0)
    stage.passenger("r1").books(at=5)
    ghost.returns(at=25)
    stage.run(until=180)
    assert [frame.at for frame in ghost.heard("ride_request")] == [25.0, 57.0]


def test_a_ghost_who_returns_before_they_count_as_dead_keeps_their_offer(play: Theatre) -> None:
    stage = play()
    a_ghost_among_seven(stage)
    ghost = stage.drivers["d1"]
    ghost.returns(at=10)
    ghost.accepts("r1", at=11)
    stage.run(until=20)
    assert ghost.story() == ["snapshot", "ride_accepted"]
    assert ghost.heard("snapshot")[0]["offer"]["ride_id"] == "r1"
    assert stage.passengers["r1"].last()["driver_id"] == "d1"


def test_in_every_order_a_ghost_loses_their_place_once(play: Theatre) -> None:
    for dice in every_order(since=12.0):
        stage = play.in_order(dice)
        a_ghost_among_seven(stage)
        stage.drivers["d2"].declines("r1", at=12)
        stage.run(until=12)
        assert asked(stage, "r1")[1:] == [(["d6"], True)]


@pytest.mark.parametrize(("booked_at", "notified"), [(60.0, 1), (60.1, 0)])
def test_a_position_of_more_than_sixty_seconds_excludes_a_living_driver(
    play: Theatre, booked_at: float, notified: int
) -> None:
    stage = play()
    stage.driver("d1", reports=False).says("ping", at=59)
    passenger = stage.passenger("r1")
    passenger.books(at=booked_at)
    stage.run(until=booked_at)
    assert passenger.last()["drivers_notified"] == notified


def test_a_driver_who_says_again_where_they_are_is_asked_at_once(play: Theatre) -> None:
    stage = play()
    driver = stage.driver("d1", reports=False)
    stage.passenger("r1").books(at=100)
    driver.reports(at=107.5)
    stage.run(until=107.5)
    assert driver.offer("r1").at == 107.5
