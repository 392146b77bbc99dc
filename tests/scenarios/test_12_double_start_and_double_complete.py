"""Scenario 12. A step of the ride is reported twice at the same instant: one transition, and both are answered."""

from sim.stories.stage import Stage
from tests.scenarios.theatre import Theatre, every_order


def at_the_pickup(stage: Stage) -> Stage:
    stage.fleet(1)
    stage.passenger("r1").books(at=0)
    stage.drivers["d1"].accepts("r1", at=5)
    stage.drivers["d1"].says("arrived", at=100, ride_id="r1")
    return stage


def test_the_same_start_with_the_same_id_gets_the_same_ack(play: Theatre) -> None:
    for dice in every_order(since=120.0):
        stage = at_the_pickup(play.in_order(dice))
        for _ in range(2):
            stage.drivers["d1"].says("start_ride", at=120, ride_id="r1", id="k1")
        stage.run(until=125)
        assert [(ack["id"], ack["result"]) for ack in stage.drivers["d1"].heard("ack")] in (
            [("k1", "ok")],  # the second came while the first was under way, and its answer is the one of both
            [("k1", "ok"), ("k1", "ok")],
        )
        assert stage.passengers["r1"].story().count("ride_started") == 1


def test_another_start_has_started_already(play: Theatre) -> None:
    for dice in every_order(since=120.0):
        stage = at_the_pickup(play.in_order(dice))
        stage.drivers["d1"].says("start_ride", at=120, ride_id="r1", id="k1")
        stage.drivers["d1"].says("start_ride", at=120, ride_id="r1", id="k2")
        stage.run(until=125)
        assert len(stage.drivers["d1"].heard("ack")) == 1
        assert [error["code"] for error in stage.drivers["d1"].heard("error")] == ["already_started"]
        assert stage.passengers["r1"].story().count("ride_started") == 1
        assert [type(event).__name__ for event in stage.record("r1")].count("RideStarted") == 1


def test_a_ride_is_completed_once_and_the_second_is_told_so(play: Theatre) -> None:
    for dice in every_order(since=500.0):
        stage = at_the_pickup(play.in_order(dice))
        stage.drivers["d1"].says("start_ride", at=120, ride_id="r1")
        for name in ("k1", "k2"):
            stage.drivers["d1"].says("complete_ride", at=500, ride_id="r1", id=name)
        stage.run(until=505)
        assert len(stage.drivers["d1"].heard("ack")) == 1
        (refused,) = stage.drivers["d1"].heard("error")
        assert refused["message"] == "cannot complete a ride that is completed"
        assert stage.passengers["r1"].story().count("ride_completed") == 1
