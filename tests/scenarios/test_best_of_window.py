"""Where it is wanted the first accept opens a window, and whoever is at the pickup soonest of all who accept in it has the ride.

The ride still decides alone, once, and nobody waits for it beyond the end of the own offer.
"""

from typing import Any

from sim.stories.stage import Stage
from sim.world import WorldOptions
from tests.scenarios.theatre import Theatre, every_order, news

WINDOW: dict[str, Any] = {"acceptance": "best_of_window", "accept_window_s": 3.0}


def booked(stage: Stage) -> Stage:
    """Five drivers, one a kilometre, are asked at second 0."""
    stage.fleet(5)
    stage.passenger("r1").books(at=0)
    return stage


def test_the_nearest_who_accepts_in_the_window_has_the_ride_at_its_end(play: Theatre) -> None:
    stage = booked(play(**WINDOW))
    stage.drivers["d4"].accepts("r1", at=5)
    stage.drivers["d2"].accepts("r1", at=7)
    stage.drivers["d3"].accepts("r1", at=7.5)
    stage.run(until=7.99)
    assert stage.passengers["r1"].story() == ["searching"]
    stage.run(until=8)
    told = stage.passengers["r1"].last("driver_assigned")
    assert (told["driver_id"], told.at) == ("d2", 8.0)
    assert stage.drivers["d2"].last()["type"] == "ride_accepted"
    for name in ("d1", "d3", "d4", "d5"):
        closed = stage.drivers[name].last("offer_closed")
        assert (closed["reason"], closed.at) == ("taken", 8.0)


def test_without_it_the_first_has_the_ride_at_once(play: Theatre) -> None:
    stage = booked(play())
    stage.drivers["d4"].accepts("r1", at=5)
    stage.drivers["d2"].accepts("r1", at=5.1)
    stage.run(until=6)
    told = stage.passengers["r1"].last("driver_assigned")
    assert (told["driver_id"], told.at) == ("d4", 5.0)


def test_a_better_one_who_comes_after_the_window_is_too_late(play: Theatre) -> None:
    stage = booked(play(**WINDOW))
    stage.drivers["d4"].accepts("r1", at=5)
    stage.drivers["d1"].accepts("r1", at=8.1)
    stage.run(until=9)
    assert stage.passengers["r1"].last()["driver_id"] == "d4"
    assert stage.drivers["d1"].last()["reason"] == "taken"


def test_of_two_who_take_equally_long_the_first_has_it(play: Theatre) -> None:
    stage = play(**WINDOW)
    for name in ("b", "a"):
        stage.driver(name, north_km=2.0)
    stage.passenger("r1").books(at=0)
    stage.drivers["b"].accepts("r1", at=5)
    stage.drivers["a"].accepts("r1", at=6)
    stage.run(until=8)
    assert stage.passengers["r1"].last()["driver_id"] == "b"


def test_claims_that_are_repeated_every_second_make_no_window_longer(play: Theatre) -> None:
    stage = booked(play(**{**WINDOW, "accept_window_s": 10.0, "claim_retry_s": 0.5}))
    stage.drivers["d1"].accepts("r1", at=5)
    stage.run(until=14.9)
    assert stage.passengers["r1"].story() == ["searching"]
    stage.run(until=15)
    assert stage.passengers["r1"].last()["driver_id"] == "d1"


def test_a_window_ends_with_the_first_offer_of_those_who_wait_in_it(play: Theatre) -> None:
    stage = booked(play(**{**WINDOW, "accept_window_s": 20.0}))
    stage.drivers["d1"].accepts("r1", at=29)
    stage.run(until=31.99)
    assert stage.passengers["r1"].story() == ["searching"]
    stage.run(until=32)
    assert stage.passengers["r1"].last()["driver_id"] == "d1"


def test_an_accept_in_the_grace_is_answered_before_the_grace_is_over(play: Theatre) -> None:
    stage = booked(play(**{**WINDOW, "accept_window_s": 20.0}))
    stage.drivers["d1"].accepts("r1", at=31)
    stage.run(until=32)
    assert stage.drivers["d1"].last()["type"] == "ride_accepted"


def test_while_somebody_waits_no_further_round_is_opened(play: Theatre) -> None:
    stage = play(**{**WINDOW, "accept_window_s": 30.0, "batch": 2})
    stage.fleet(4)
    stage.passenger("r1").books(at=0)
    stage.drivers["d2"].accepts("r1", at=5)
    stage.drivers["d1"].declines("r1", at=6)
    stage.run(until=31.9)
    assert [stage.drivers[name].story() for name in ("d3", "d4")] == [[], []]
    stage.run(until=32)
    assert stage.passengers["r1"].last()["driver_id"] == "d2"


def test_a_cancel_in_the_window_is_told_to_all_who_wait_at_once(play: Theatre) -> None:
    stage = booked(play(**WINDOW))
    stage.drivers["d1"].accepts("r1", at=5)
    stage.drivers["d2"].accepts("r1", at=5.5)
    stage.passengers["r1"].cancels(at=6.25)
    stage.run(until=20)
    assert stage.passengers["r1"].story() == ["searching", "ride_cancelled"]
    for name in ("d1", "d2", "d3"):
        closed = stage.drivers[name].last("offer_closed")
        assert (closed["reason"], closed.at) == ("cancelled", 6.25)


def test_new_terms_in_the_window_end_it_and_nobody_has_the_old_ones(play: Theatre) -> None:
    stage = booked(play(**WINDOW))
    stage.drivers["d1"].accepts("r1", at=5)
    stage.passengers["r1"].books(at=6, fare=120.0)
    stage.run(until=7)
    assert stage.drivers["d1"].last("offer_closed")["reason"] == "superseded"
    stage.drivers["d2"].accepts("r1", at=7)
    stage.run(until=11)
    assert stage.passengers["r1"].last()["driver_id"] == "d2"


def test_a_driver_whose_link_is_lost_while_they_wait_still_has_it(play: Theatre) -> None:
    stage = booked(play(**WINDOW))
    stage.drivers["d1"].accepts("r1", at=5)
    stage.drivers["d1"].leaves(at=6)
    stage.drivers["d3"].accepts("r1", at=6)
    stage.drivers["d1"].returns(at=20)
    stage.run(until=21)
    assert stage.passengers["r1"].last("driver_assigned")["driver_id"] == "d1"
    assert stage.drivers["d1"].last("snapshot")["ride"]["ride_id"] == "r1"


def test_a_ride_that_is_made_anew_in_the_window_hears_the_claims_again(play: Theatre) -> None:
    stage = booked(play(options=WorldOptions(supervise=True), **WINDOW))
    stage.drivers["d4"].accepts("r1", at=5)
    stage.drivers["d2"].accepts("r1", at=5.5)
    stage.run(until=6.2)
    stage.world.runtime.rebuild("ride/r1")
    stage.run(until=12)
    assert stage.passengers["r1"].last("driver_assigned")["driver_id"] == "d2"
    assert "offer_closed" in news(stage.drivers["d4"])


def test_a_cancel_in_the_instant_in_which_the_window_ends_is_one_thing_or_the_other(play: Theatre) -> None:
    ends = set()
    for dice in every_order(since=8.0, surprises=1):
        stage = play.in_order(dice, **WINDOW)
        booked(stage)
        stage.drivers["d2"].accepts("r1", at=5)
        stage.drivers["d1"].accepts("r1", at=5)
        stage.passengers["r1"].cancels(at=8)
        stage.run(until=12)
        assert "ride_cancelled" in stage.passengers["r1"].story()
        ends.add("driver_assigned" in stage.passengers["r1"].story())
    assert ends == {True, False}


def test_an_accept_in_the_instant_in_which_the_window_ends_is_in_it_or_not(play: Theatre) -> None:
    winners = set()
    for dice in every_order(since=8.0, surprises=1):
        stage = play.in_order(dice, **WINDOW)
        booked(stage)
        stage.drivers["d2"].accepts("r1", at=5)
        stage.drivers["d1"].accepts("r1", at=8)
        stage.run(until=8)
        winners.add(stage.passengers["r1"].last()["driver_id"])
    assert winners == {"d1", "d2"}
