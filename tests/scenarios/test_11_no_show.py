"""Scenario 11. Nobody comes to the pickup.

The driver may say so 300 s after the arrival and not a second earlier; then the ride is over for both, and the driver is free.
Where the start and the no-show come at the same instant there is one outcome.
"""

from sim.stories.stage import Stage
from tests.scenarios.theatre import Theatre, every_order


def waiting_at_the_pickup(stage: Stage) -> Stage:
    """d1 is at the pickup of r1 from second 100 on."""
    stage.fleet(2)
    stage.passenger("r1").books(at=0)
    stage.drivers["d1"].accepts("r1", at=5)
    stage.drivers["d1"].says("arrived", at=100, ride_id="r1")
    return stage


def test_both_are_told_when_waiting_costs_and_when_the_driver_may_leave(play: Theatre) -> None:
    stage = waiting_at_the_pickup(play())
    stage.run(until=100)
    for person in (stage.passengers["r1"], stage.drivers["d1"]):
        arrived = person.last("driver_arrived")
        assert arrived["waiting_free_until"] == "2026-01-01T00:03:40.000Z"
        assert (arrived["no_show_at"], arrived["no_show_ttl_ms"]) == ("2026-01-01T00:06:40.000Z", 300_000)


def test_a_second_too_early_is_too_early(play: Theatre) -> None:
    stage = waiting_at_the_pickup(play())
    stage.drivers["d1"].says("no_show", at=399, ride_id="r1")
    stage.run(until=399.5)
    refused = stage.drivers["d1"].last("error")
    assert (refused["code"], refused["message"]) == ("too_early", "no_show is possible in 1 s")
    assert stage.passengers["r1"].last()["type"] == "driver_arrived"


def test_after_five_minutes_the_ride_is_over_and_the_driver_free(play: Theatre) -> None:
    stage = waiting_at_the_pickup(play())
    stage.drivers["d1"].says("no_show", at=400, ride_id="r1", id="k1")
    stage.passenger("r2").books(at=401)
    stage.run(until=402)
    for person in (stage.passengers["r1"], stage.drivers["d1"]):
        ended = person.last("ride_cancelled")
        assert (ended["by"], ended["reason"], ended.at) == ("driver", "no_show", 400.0)
    assert stage.drivers["d1"].last("ack")["id"] == "k1"
    assert stage.drivers["d1"].offer("r2").at == 401.0
    stage.passengers["r1"].returns(at=403)
    stage.run(until=404)
    assert stage.passengers["r1"].last()["status"] == "no_show"


def test_before_the_driver_arrived_there_is_no_no_show(play: Theatre) -> None:
    stage = play()
    stage.fleet(1)
    stage.passenger("r1").books(at=0)
    stage.drivers["d1"].accepts("r1", at=5)
    stage.drivers["d1"].says("no_show", at=600, ride_id="r1")
    stage.run(until=601)
    refused = stage.drivers["d1"].last("error")
    assert (refused["code"], refused["message"]) == (
        "illegal_now",
        "cannot report a no_show of a ride that is accepted",
    )


def test_start_and_no_show_at_the_same_instant_have_one_outcome(play: Theatre) -> None:
    outcomes = set()
    for dice in every_order(since=400.0):
        stage = waiting_at_the_pickup(play.in_order(dice))
        stage.drivers["d1"].says("start_ride", at=400, ride_id="r1", id="k1")
        stage.drivers["d1"].says("no_show", at=400, ride_id="r1", id="k2")
        stage.run(until=410)
        outcomes.add(stage.passengers["r1"].last()["type"])
        kinds = [type(event).__name__ for event in stage.record("r1")]
        assert ("RideStarted" in kinds) != ("PassengerNoShow" in kinds)
        assert len(stage.drivers["d1"].heard("ack")) == 1
        assert len(stage.drivers["d1"].heard("error")) == 1
    assert outcomes <= {"ride_started", "ride_cancelled"}


def test_the_waiting_time_is_a_setting(play: Theatre) -> None:
    stage = waiting_at_the_pickup(play(no_show_s=10.0))
    stage.drivers["d1"].says("no_show", at=110, ride_id="r1")
    stage.run(until=111)
    assert stage.passengers["r1"].last()["reason"] == "no_show"
