"""Scenario 6. A driver is offered a ride again, while others hold offers of it and of other rides.

The driver has one open offer of the ride, the new one; an answer to the old one is told so. Nobody else's offer moves, ends early or
counts as expired.
"""

from dispatch.messages.events import OffersClosed
from sim.stories.stage import Stage, StageDriver, StagePassenger
from tests.scenarios.theatre import Theatre


def two_rides_of_two_offers(stage: Stage) -> tuple[list[StageDriver], StagePassenger]:
    """d1 and d2 are asked for r1, d3 and d4 for r2, all at second 0."""
    fleet, passenger = stage.fleet(4), stage.passenger("r1")
    passenger.books(at=0)
    stage.passenger("r2").books(at=0)
    return fleet, passenger


def test_a_search_that_begins_anew_leaves_the_offers_of_other_rides_alone(play: Theatre) -> None:
    stage = play(batch=2)
    fleet, passenger = two_rides_of_two_offers(stage)
    passenger.books(at=10, fare=120.0)
    stage.run(until=31.99)
    for driver in fleet[:2]:
        old, new = driver.heard("ride_request")
        assert old["offer_id"] != new["offer_id"]
        assert [frame["offer_id"] for frame in driver.heard("offer_closed")] == [old["offer_id"]]
    for driver in fleet[2:]:
        assert driver.story() == ["ride_request"] and driver.offer("r2")["expires_at"].endswith("00:30.000Z")
    stage.run(until=32)
    assert [driver.last("offer_closed")["reason"] for driver in fleet[2:]] == ["expired", "expired"]


def test_a_driver_who_left_and_came_back_is_offered_it_anew_and_the_others_keep_their_time(play: Theatre) -> None:
    stage = play(batch=2)
    fleet, _ = two_rides_of_two_offers(stage)
    fleet[0].leaves(at=10)
    fleet[0].returns(at=12)
    stage.run(until=12)
    old, new = fleet[0].heard("ride_request")
    assert (new.at, new["ttl_ms"]) == (12.0, 30_000)
    closed = [event for event in stage.record("r1") if isinstance(event, OffersClosed)]
    assert [(event.offers, event.reason) for event in closed] == [((old["offer_id"],), "vanished")]
    stage.run(until=31.99)
    assert fleet[1].story() == ["ride_request"]
    stage.run(until=32)
    assert fleet[1].last("offer_closed")["reason"] == "expired"
    stage.run(until=41.9)
    assert "offer_closed" not in fleet[0].story(since=12.0), "the thirty seconds of this offer are not over"


def test_the_offer_that_they_lost_with_their_link_stays_closed(play: Theatre) -> None:
    stage = play(batch=2)
    fleet, passenger = two_rides_of_two_offers(stage)
    fleet[0].leaves(at=10)
    fleet[0].returns(at=12)
    stage.run(until=12)
    old, new = fleet[0].heard("ride_request")
    fleet[0].accepts("r1", at=13, offer_id=old["offer_id"])
    stage.run(until=13)
    assert (fleet[0].last()["type"], fleet[0].last()["reason"]) == ("offer_closed", "unavailable")
    assert passenger.story() == ["searching"]
    fleet[0].accepts("r1", at=14, offer_id=new["offer_id"])
    stage.run(until=14)
    assert passenger.last()["driver_id"] == "d1"


def test_after_silence_they_are_asked_once_more_and_only_when_the_old_offer_is_closed(play: Theatre) -> None:
    stage = play()
    driver = stage.driver("d1")
    stage.passenger("r1").books(at=0)
    stage.run(until=170)
    assert [frame.at for frame in driver.heard("ride_request")] == [0.0, 32.0]
    assert driver.story() == ["ride_request", "offer_closed"] * 2
