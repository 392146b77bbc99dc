"""A ride that starts only with the passenger's four digits."""

import re

from sim.scenario import Stage
from tests.scenarios.theatre import Theatre


def with_a_pin(stage: Stage, **fields: bool) -> tuple[Stage, str]:
    """d1 is at the pickup; the pin that the passenger was told, if he was."""
    stage.fleet(1)
    stage.passenger("r1").books(at=0, **fields)
    stage.drivers["d1"].accepts("r1", at=5)
    stage.drivers["d1"].says("arrived", at=60, ride_id="r1")
    stage.run(until=61)
    return stage, stage.passengers["r1"].last("driver_assigned").get("start_pin", "")


def other_than(pin: str) -> str:
    return f"{(int(pin) + 1) % 10_000:04d}"


def starts(stage: Stage, at: float, **fields: str) -> None:
    stage.drivers["d1"].says("start_ride", at=at, ride_id="r1", **fields)


def finished(stage: Stage) -> None:
    stage.drivers["d1"].says("complete_ride", at=stage.now + 600.0, ride_id="r1")
    stage.run(until=stage.now + 601.0)
    assert stage.passengers["r1"].last()["type"] == "ride_completed"


def test_only_the_passenger_is_told_the_pin_and_the_driver_that_there_is_one(play: Theatre) -> None:
    stage, pin = with_a_pin(play(), require_pin=True)
    assert re.fullmatch("[0-9]{4}", pin)
    accepted = stage.drivers["d1"].last("ride_accepted")
    assert accepted["pin_required"] is True
    assert pin not in str(
        [{k: v for k, v in f.items() if k != "epoch"} for f in stage.drivers["d1"].heard("ride_accepted")]
    )
    starts(stage, 70, pin=pin)
    stage.run(until=71)
    assert stage.passengers["r1"].last()["type"] == "ride_started"
    finished(stage)


def test_a_wrong_pin_or_none_does_not_start_it(play: Theatre) -> None:
    stage, pin = with_a_pin(play(), require_pin=True)
    starts(stage, 70, pin=other_than(pin))
    starts(stage, 71)
    stage.run(until=72)
    assert [(error["code"], error["message"]) for error in stage.drivers["d1"].heard("error")] == [
        ("wrong_pin", "that is not the passenger's pin"),
        ("wrong_pin", "this ride starts with the passenger's pin"),
    ]
    starts(stage, 73, pin=pin)
    stage.run(until=74)
    finished(stage)


def test_five_wrong_pins_lock_it_for_a_minute(play: Theatre) -> None:
    stage, pin = with_a_pin(play(), require_pin=True)
    for number in range(5):
        starts(stage, 70.0 + number, pin=other_than(pin))
    starts(stage, 80, pin=pin)
    stage.run(until=81)
    assert stage.drivers["d1"].last("error")["message"] == "too many wrong pins; try again in 54 s"
    starts(stage, 134, pin=pin)
    stage.run(until=135)
    assert stage.passengers["r1"].last()["type"] == "ride_started"
    finished(stage)


def test_it_cannot_be_completed_without_having_started(play: Theatre) -> None:
    stage, pin = with_a_pin(play(), require_pin=True)
    stage.drivers["d1"].says("complete_ride", at=70, ride_id="r1")
    stage.run(until=71)
    assert stage.drivers["d1"].last("error")["code"] == "illegal_now"
    starts(stage, 72, pin=pin)
    stage.run(until=73)
    finished(stage)


def test_the_setting_asks_for_one_where_the_passenger_did_not(play: Theatre) -> None:
    stage, pin = with_a_pin(play(start_pin=True))
    starts(stage, 70)
    stage.run(until=71)
    assert stage.drivers["d1"].last("error")["code"] == "wrong_pin"
    starts(stage, 72, pin=pin)
    stage.run(until=73)
    finished(stage)


def test_a_passenger_who_returns_finds_his_pin_until_the_ride_starts(play: Theatre) -> None:
    stage, pin = with_a_pin(play(), require_pin=True)
    stage.passengers["r1"].leaves(at=62)
    stage.passengers["r1"].returns(at=65)
    stage.run(until=66)
    assert stage.passengers["r1"].last("snapshot")["start_pin"] == pin
    starts(stage, 70, pin=pin)
    stage.passengers["r1"].returns(at=75)
    stage.run(until=76)
    assert "start_pin" not in stage.passengers["r1"].last("snapshot")
    finished(stage)


def test_with_strict_steps_every_ride_is_started_before_it_is_completed(play: Theatre) -> None:
    stage, _ = with_a_pin(play(strict_steps=True))
    stage.drivers["d1"].says("complete_ride", at=70, ride_id="r1")
    stage.run(until=71)
    assert stage.drivers["d1"].last("error")["message"] == "cannot complete a ride that is arrived"
    starts(stage, 72)
    stage.run(until=73)
    finished(stage)
