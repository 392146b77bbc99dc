"""What an app does not say changes nothing on file, and whoever is known is called by the name on file."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch.ids import DriverId, PassengerId
from dispatch.messages.events import DriverRegistered
from dispatch.values import DriverCard, Passenger
from sim.stories.stage import Stage
from tests.scenarios.theatre import Theatre

SARAH = PassengerId("27821234567")
NAMED = {"passenger_name": "Sarah Johnson", "passenger_phone": SARAH}


def known(stage: Stage, **said: str) -> Stage:
    """d1 and d2 are near; Sarah has had a ride."""
    stage.fleet(2)
    books(stage, "r0", **{**NAMED, **said})
    stage.passengers["r0"].cancels(at=stage.now + 1)
    stage.run(until=stage.now + 2)
    return stage


def books(stage: Stage, ride: str, **said: Any) -> None:
    stage.passenger(ride).books(**said)
    stage.run(until=stage.now + 1)


def name_on_file(stage: Stage, passenger_id: str = SARAH) -> str | None:
    passenger = stage.world.journal.passenger(PassengerId(passenger_id))
    return passenger.name if passenger is not None else None


def name_in_offer(stage: Stage, ride: str) -> Any:
    return stage.drivers["d1"].offer(ride)["passenger_name"]


UNSAID = [
    {},
    {"passenger_name": None},
    {"passenger_name": ""},
    {"passenger_name": "  "},
    {"passenger_name": "Passenger"},
]


@pytest.mark.parametrize("unsaid", UNSAID, ids=str)
@pytest.mark.parametrize("restarted", [False, True], ids=["", "restarted"])
def test_a_known_phone_without_a_name_is_called_by_the_name_on_file(
    play: Theatre, unsaid: dict[str, Any], restarted: bool
) -> None:
    stage = known(play())
    if restarted:
        stage.crashes()
        stage.drivers["d1"].returns(at=stage.now + 1)
        stage.run(until=stage.now + 2)
    books(stage, "r1", passenger_phone=SARAH, **unsaid)
    assert name_in_offer(stage, "r1") == "Sarah Johnson"
    assert name_on_file(stage) == "Sarah Johnson"
    stage.drivers["d1"].accepts("r1")
    stage.run(until=stage.now + 1)
    assert stage.drivers["d1"].last("ride_accepted")["passenger_name"] == "Sarah Johnson"


def test_a_name_that_is_said_is_the_name_from_then_on(play: Theatre) -> None:
    stage = known(play())
    books(stage, "r1", passenger_phone=SARAH, passenger_name=" Sarah Smith ")
    assert (name_in_offer(stage, "r1"), name_on_file(stage)) == ("Sarah Smith", "Sarah Smith")


def test_an_unknown_phone_without_a_name_is_a_passenger_until_somebody_says_the_name(play: Theatre) -> None:
    stage = play()
    stage.fleet(2)
    books(stage, "r1", passenger_phone=SARAH)
    assert (name_in_offer(stage, "r1"), name_on_file(stage)) == ("Passenger", "Passenger")
    stage.passengers["r1"].cancels()
    books(stage, "r2", **NAMED)
    assert (name_in_offer(stage, "r2"), name_on_file(stage)) == ("Sarah Johnson", "Sarah Johnson")


def test_a_name_without_a_phone_is_of_this_ride_alone(play: Theatre) -> None:
    stage = known(play())
    books(stage, "r1", passenger_name="Somebody Else")
    assert name_in_offer(stage, "r1") == "Somebody Else"
    assert name_on_file(stage) == "Sarah Johnson"


def test_who_says_nothing_is_the_default_passenger_as_on_file_now(play: Theatre) -> None:
    """The server read its default passenger when it started; that one has been renamed since."""
    stage = known(play(), passenger_name="Sarah Smith")
    stage.world.gateway.default_passenger = Passenger(SARAH, "Sarah Johnson", SARAH)
    books(stage, "r1")
    assert (name_in_offer(stage, "r1"), name_on_file(stage)) == ("Sarah Smith", "Sarah Smith")


def test_a_ride_that_is_changed_or_whose_time_comes_brings_no_old_name_back(play: Theatre) -> None:
    stage = play()
    stage.fleet(2)
    stage.passenger("r1").books(at=1, pickup_at="2026-01-01T01:00:00Z", **NAMED)
    stage.passenger("r2").books(at=10, passenger_phone=SARAH, passenger_name="Sarah Smith")
    stage.passengers["r2"].cancels(at=15)
    stage.passengers["r1"].books(at=20, pickup_at="2026-01-01T01:10:00Z", passenger_phone=SARAH)
    stage.run(until=21)
    assert name_on_file(stage) == "Sarah Smith"
    stage.run(until=3301)
    assert stage.drivers["d1"].offer("r1").at == 3300.0
    assert name_on_file(stage) == "Sarah Smith"


def test_two_bookings_at_once_of_which_one_says_the_name_leave_the_name_on_file(play: Theatre) -> None:
    for first, second in (("r1", "r2"), ("r2", "r1")):
        stage = play(told=f"{first} before {second}", one_ride_each="never")
        stage.fleet(2)
        said = {"r1": NAMED, "r2": {"passenger_phone": SARAH}}
        for ride in (first, second):
            stage.passenger(ride).books(at=5, **said[ride])
        stage.run(until=6)
        assert name_on_file(stage) == "Sarah Johnson"


@pytest.mark.parametrize("restarted", [False, True], ids=["", "restarted"])
def test_a_driver_who_connects_keeps_everything_on_file(play: Theatre, restarted: bool) -> None:
    card = DriverCard(DriverId("d1"), "Michael Brown", "27821234568", 4.9, "suv", "CA 999 GP")
    stage = play()
    stage.world.journal.introduce(card)
    stage.driver("d1")
    stage.run(until=1)
    if restarted:
        stage.crashes()
        stage.drivers["d1"].returns(at=2)
        stage.run(until=3)
    assert stage.world.journal.driver_card(DriverId("d1")) == card
    assert not any(isinstance(event, DriverRegistered) for event in stage.world.journal.events_of("driver/d1")[1:])
    books(stage, "r1")
    stage.drivers["d1"].accepts("r1")
    stage.run(until=stage.now + 1)
    assigned = stage.passengers["r1"].last("driver_assigned")
    assert (assigned["driver_name"], assigned["vehicle_registration"]) == ("Michael Brown", "CA 999 GP")
