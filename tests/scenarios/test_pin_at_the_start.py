"""A ride that starts only with the passenger's four digits."""

import re
from collections.abc import Callable

import pytest

from dispatch.messages.events import PinRefused
from sim.stories.stage import Stage
from sim.world import WorldOptions
from tests.scenarios.theatre import Theatre


def with_a_pin(stage: Stage, **fields: bool) -> tuple[Stage, str]:
    """d1 is at the pickup; the pin that the passenger was told, if any."""
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


def test_a_start_without_a_pin_does_not_count_as_a_guess(play: Theatre) -> None:
    stage, pin = with_a_pin(play(), require_pin=True)
    for number in range(6):
        starts(stage, 70.0 + number)
    starts(stage, 80, pin=pin)
    stage.run(until=81)
    assert {error["message"] for error in stage.drivers["d1"].heard("error")} == {
        "this ride starts with the passenger's pin"
    }
    assert stage.passengers["r1"].last()["type"] == "ride_started"
    finished(stage)


def guesses(stage: Stage, pin: str, first: float, count: int) -> None:
    for number in range(count):
        starts(stage, first + number, pin=other_than(pin))
    stage.run(until=first + count)


def rebuilds(stage: Stage) -> None:
    stage.world.runtime.rebuild("ride/r1")


def restarts(stage: Stage) -> None:
    stage.crashes()
    for person in (stage.drivers["d1"], stage.passengers["r1"]):
        person.returns(at=stage.now + 0.2)
    stage.run(until=stage.now + 0.4)


@pytest.mark.parametrize("lives_on", [rebuilds, restarts])
@pytest.mark.parametrize("before", range(6))
def test_wrong_pins_count_across_lives_of_the_ride(
    play: Theatre, before: int, lives_on: Callable[[Stage], None]
) -> None:
    """So many before the ride was made anew, the rest of five after it."""
    stage, pin = with_a_pin(play(), require_pin=True)
    guesses(stage, pin, 70, before)
    lives_on(stage)
    guesses(stage, pin, 76, 5 - before)
    starts(stage, 83, pin=pin)
    stage.run(until=84)
    last_wrong = 74 if before == 5 else 80 - before
    assert stage.drivers["d1"].last("error")["message"] == f"too many wrong pins; try again in {last_wrong + 60 - 83} s"
    assert sum(isinstance(event, PinRefused) for event in stage.record("r1")) == 5
    starts(stage, 141, pin=pin)
    stage.run(until=142)
    assert stage.passengers["r1"].last("ride_started").at == 141
    finished(stage)


def test_a_guess_that_is_not_on_disk_is_not_answered(play: Theatre) -> None:
    stage, pin = with_a_pin(play(options=WorldOptions(commit_delay_s=(0.01, 0.01))), require_pin=True)
    stage.world.journal._failure_rate = 1.0
    starts(stage, 70, pin=other_than(pin))
    stage.run(until=72)
    assert stage.drivers["d1"].last("error")["code"] == "unavailable"
    stage.world.journal._failure_rate = 0.0
    guesses(stage, pin, 80, 5)
    starts(stage, 90, pin=pin)
    stage.run(until=91)
    assert stage.drivers["d1"].last("error")["message"] == "too many wrong pins; try again in 54 s"
    starts(stage, 150, pin=pin)
    stage.run(until=151)
    finished(stage)


def test_no_wrong_pin_is_recorded_for_the_right_pin_or_for_a_ride_without_one(play: Theatre) -> None:
    for fields in ({"require_pin": True}, {}):
        stage, pin = with_a_pin(play(), **fields)
        starts(stage, 70, **({"pin": pin} if pin else {"pin": "1234"}))
        stage.run(until=71)
        assert not any(isinstance(event, PinRefused) for event in stage.record("r1"))
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


def test_a_passenger_who_returns_finds_their_pin_until_the_ride_starts(play: Theatre) -> None:
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


def test_completing_before_the_pin_says_that_the_pin_is_wanted(play: Theatre) -> None:
    stage, pin = with_a_pin(play(), require_pin=True)
    stage.drivers["d1"].says("complete_ride", at=70, ride_id="r1")
    stage.run(until=71)
    told = "cannot complete a ride that is arrived: send start_ride first, with the pin of the passenger"
    assert stage.drivers["d1"].last("error")["message"] == told
    starts(stage, 72, pin=pin)
    stage.run(until=73)
    finished(stage)


def test_with_strict_steps_every_ride_is_started_before_it_is_completed(play: Theatre) -> None:
    stage, _ = with_a_pin(play(strict_steps=True))
    stage.drivers["d1"].says("complete_ride", at=70, ride_id="r1")
    stage.run(until=71)
    told = "cannot complete a ride that is arrived: send start_ride first"
    assert stage.drivers["d1"].last("error")["message"] == told
    starts(stage, 72)
    stage.run(until=73)
    finished(stage)
