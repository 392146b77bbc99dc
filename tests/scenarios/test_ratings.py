"""After the ride: what the passenger and the driver thought of each other, once each."""

import pytest

from dispatch.ids import DriverId
from dispatch.values import DriverCard
from sim.stories.stage import Stage
from tests.scenarios.theatre import Theatre


def completed(stage: Stage) -> Stage:
    """d1 has driven r1, by second 300."""
    stage.fleet(1)
    stage.passenger("r1").books(at=0)
    stage.drivers["d1"].accepts("r1", at=5)
    stage.drivers["d1"].drives("r1", step_s=100, at=100)
    stage.run(until=310)
    return stage


def test_the_next_passenger_reads_the_new_rating(play: Theatre) -> None:
    stage = completed(play())
    stage.passengers["r1"].says("rate_driver", at=320, rating=2, comment="drove past", id="k1")
    stage.passenger("r2").books(at=330)
    stage.drivers["d1"].accepts("r2", at=335)
    stage.run(until=340)
    assert stage.passengers["r1"].last("driver_assigned")["driver_rating"] == 5.0
    assert stage.passengers["r1"].last("ack") == {"type": "ack", "id": "k1", "result": "ok"}
    assert stage.passengers["r2"].last("driver_assigned")["driver_rating"] == 3.5, "the mean of 2 and the first 5"


def test_the_driver_rates_too_and_both_are_on_record(play: Theatre) -> None:
    stage = completed(play())
    stage.passengers["r1"].says("rate_driver", at=320, rating=5)
    stage.drivers["d1"].says("rate_passenger", at=321, ride_id="r1", rating=4)
    stage.run(until=325)
    assert stage.passengers["r1"].last()["result"] == stage.drivers["d1"].last()["result"] == "ok"
    rated = [(event.by, event.rating) for event in stage.record("r1") if type(event).__name__ == "RideRated"]  # type: ignore[attr-defined]
    assert rated == [("passenger", 5), ("driver", 4)]


def test_once_is_enough_and_the_same_id_is_answered_the_same(play: Theatre) -> None:
    stage = completed(play())
    for at, frame_id in ((320, "k1"), (321, "k1"), (322, "k2")):
        stage.passengers["r1"].says("rate_driver", at=at, rating=1, id=frame_id)
    stage.run(until=325)
    assert [ack["id"] for ack in stage.passengers["r1"].heard("ack")] == ["k1", "k1"]
    (refused,) = stage.passengers["r1"].heard("error")
    assert (refused["code"], refused["message"]) == ("illegal_now", "the passenger has rated this ride already")


def test_a_rating_may_come_long_after_when_the_ride_has_left_memory(play: Theatre) -> None:
    stage = completed(play())
    stage.passengers["r1"].leaves(at=311)
    stage.drivers["d1"].says("rate_passenger", at=4000, ride_id="r1", rating=3, id="k1")
    stage.passengers["r1"].returns(at=5000)
    stage.passengers["r1"].says("rate_driver", at=5001, rating=4, id="k2")
    stage.run(until=5002)
    assert stage.drivers["d1"].last("ack")["id"] == "k1"
    assert stage.passengers["r1"].last("ack")["id"] == "k2"


def test_nobody_rates_a_ride_that_is_not_completed(play: Theatre) -> None:
    stage = play()
    stage.fleet(1)
    stage.passenger("r1").books(at=0)
    stage.passengers["r1"].says("rate_driver", at=2, rating=1)
    stage.drivers["d1"].accepts("r1", at=5)
    stage.drivers["d1"].says("rate_passenger", at=6, ride_id="r1", rating=1)
    stage.run(until=10)
    assert stage.passengers["r1"].last("error")["message"] == "cannot rate a ride that is pending"
    assert stage.drivers["d1"].last("error")["message"] == "cannot rate a ride that is accepted"


def test_a_stranger_rates_nobody(play: Theatre) -> None:
    stage = completed(play())
    stranger = stage.driver("d9", at=320)
    stranger.says("rate_passenger", at=321, ride_id="r1", rating=1)
    stranger.says("rate_passenger", at=322, ride_id="r404", rating=1)
    stage.run(until=325)
    mine, unknown = ({k: v for k, v in error.items() if k != "ride_id"} for error in stranger.heard("error"))
    assert mine == unknown
    assert mine["code"] == "no_such_ride"


@pytest.mark.parametrize("rating", [0, 6, 4.5, "five", None])
def test_a_rating_is_a_whole_number_from_one_to_five(play: Theatre, rating: object) -> None:
    stage = completed(play())
    stage.passengers["r1"].says("rate_driver", at=320, rating=rating)
    stage.run(until=325)
    refused = stage.passengers["r1"].last("error")
    assert (refused["code"], refused["field"]) == ("bad_field", "rating")
    assert "a whole number from 1 to 5" in refused["message"]


def test_what_a_driver_was_registered_with_counts_as_their_first_rating(play: Theatre) -> None:
    stage = play()
    stage.world.journal.introduce(DriverCard(DriverId("d1"), "Michael", "", 4.9))
    completed(stage)
    stage.passengers["r1"].says("rate_driver", at=320, rating=4)
    stage.passenger("r2").books(at=330)
    stage.drivers["d1"].accepts("r2", at=335)
    stage.run(until=340)
    told = [stage.passengers[ride].last("driver_assigned")["driver_rating"] for ride in ("r1", "r2")]
    assert told == [4.9, 4.45]


def test_a_rating_given_long_after_is_on_record_and_the_ride_leaves_memory_again(play: Theatre) -> None:
    stage = completed(play())
    stage.passengers["r1"].leaves(at=311)
    for at, frame_id in ((4000, "k1"), (4001, "k2"), (9000, "k3")):
        stage.drivers["d1"].says("rate_passenger", at=at, ride_id="r1", rating=3, id=frame_id)
    stage.run(until=4100)
    assert stage.world.runtime.actor("ride/r1") is None
    stage.run(until=9100)
    assert [ack["id"] for ack in stage.drivers["d1"].heard("ack", since=4000)] == ["k1"]
    assert [error["id"] for error in stage.drivers["d1"].heard("error")] == ["k2", "k3"], (
        "once is enough, also much later"
    )
    assert stage.world.runtime.actor("ride/r1") is None
