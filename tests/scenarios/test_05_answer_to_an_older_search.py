"""Scenario 5. The passenger asks again with another fare or destination while the search goes on; a driver answers the offer of
before.

The search begins anew, old offers close `superseded`, and whoever is bound is bound at the new terms.
"""

import pytest

from sim.stories.stage import DROPOFF, Stage, StageDriver, StagePassenger
from tests.scenarios.theatre import Theatre, every_order

OTHER_TERMS = {"fare": {"fare": 120.0}, "dropoff": {"dropoff_latitude": DROPOFF[0] + 0.01}}


def one_search(stage: Stage) -> tuple[StagePassenger, StageDriver]:
    driver, passenger = stage.driver("d1", north_km=1), stage.passenger("r1")
    passenger.books(at=0)
    return passenger, driver


@pytest.mark.parametrize("terms", OTHER_TERMS.values(), ids=OTHER_TERMS)
def test_other_terms_make_a_new_offer_and_close_the_old_one(play: Theatre, terms: dict[str, float]) -> None:
    stage = play()
    passenger, driver = one_search(stage)
    passenger.books(at=10, **terms)
    stage.run(until=10)
    assert passenger.story() == ["searching", "searching"]
    old, new = driver.heard("ride_request")
    closing = driver.last("offer_closed")
    assert (closing.at, closing["reason"], closing["offer_id"]) == (10.0, "superseded", old["offer_id"])
    assert (new.at, new["ttl_ms"], new["round"]) == (10.0, 30_000, 1)


def test_an_answer_to_the_old_offer_hears_superseded_and_binds_nobody(play: Theatre) -> None:
    stage = play()
    passenger, driver = one_search(stage)
    passenger.books(at=10, fare=120.0)
    stage.run(until=10)
    old, new = driver.heard("ride_request")
    driver.accepts("r1", at=11, offer_id=old["offer_id"])
    stage.run(until=11)
    assert driver.last()["reason"] == "superseded" and driver.last()["offer_id"] == old["offer_id"]
    assert passenger.story() == ["searching", "searching"]
    driver.accepts("r1", at=12, offer_id=new["offer_id"])
    stage.run(until=12)
    assert driver.last("ride_accepted")["fare"] == 120.0
    assert passenger.story() == ["searching", "searching", "driver_assigned"]


def test_the_same_terms_again_are_answered_with_a_snapshot_and_disturb_nothing(play: Theatre) -> None:
    stage = play()
    passenger, driver = one_search(stage)
    passenger.books(at=10)
    stage.run(until=31)
    assert passenger.story() == ["searching", "snapshot"]
    assert (passenger.last()["status"], passenger.last()["fare"]) == ("pending", 85.5)
    assert driver.story() == ["ride_request"]


def test_who_declined_the_old_terms_is_not_asked_for_the_new_ones(play: Theatre) -> None:
    stage = play()
    passenger, driver = one_search(stage)
    driver.declines("r1", at=5)
    passenger.books(at=10, fare=120.0)
    stage.run(until=60)
    assert driver.story() == ["ride_request", "offer_closed"]


def test_the_new_search_has_its_whole_time(play: Theatre) -> None:
    stage = play()
    passenger, driver = one_search(stage)
    driver.declines("r1", at=1)
    passenger.books(at=100, fare=120.0)
    stage.run(until=279.9)
    assert passenger.last()["type"] == "searching"
    stage.run(until=280.1)
    assert passenger.story() == ["searching", "searching", "no_drivers"]


def test_once_assigned_other_terms_change_nothing(play: Theatre) -> None:
    stage = play()
    passenger, driver = one_search(stage)
    driver.accepts("r1", at=5)
    passenger.books(at=10, fare=120.0)
    stage.run(until=10)
    assert passenger.story() == ["searching", "driver_assigned", "snapshot"]
    assert (passenger.last()["status"], passenger.last()["fare"]) == ("accepted", 85.5)


def test_in_every_order_the_driver_who_is_bound_knows_the_fare_they_are_bound_at(play: Theatre) -> None:
    """The driver accepts what is on the screen while the passenger asks anew; if the old terms lose, the new ones are offered at
    once.
    """
    fares = set()
    for dice in every_order(since=10.0):
        stage = play.in_order(dice)
        passenger, driver = one_search(stage)
        driver.accepts("r1", at=10)
        passenger.books(at=10, fare=120.0)
        stage.run(until=10)
        if driver.heard("ride_accepted"):
            assert passenger.heard("driver_assigned")
        else:
            assert [frame["reason"] for frame in driver.heard("offer_closed") if not frame.again] == ["superseded"]
            assert driver.offer("r1")["fare"] == 120.0
            driver.accepts("r1", at=11)
            stage.run(until=11)
            assert driver.last("ride_accepted")["fare"] == 120.0
        passenger.returns(at=12)
        stage.run(until=12)
        fares.add(driver.last("ride_accepted")["fare"])
        assert passenger.last("snapshot")["fare"] == driver.last("ride_accepted")["fare"]
    assert fares == {85.5, 120.0}
