"""The flow that the first apps were written to: book, ask the nearest five, accept, tell the passenger who comes. Names and types
are exact.

The apps know these fields and no others; whatever else a frame carries they ignore.
"""

from typing import Any

import pytest

from dispatch.ids import DriverId, PassengerId
from dispatch.messages.events import DriverRegistered
from dispatch.messages.journal import Append
from dispatch.values import DriverCard, Passenger
from sim.stories.stage import HeardFrame, Stage, StageDriver
from sim.stories.stage import StagePassenger as PassengerApp
from tests.scenarios.theatre import Theatre

SARAH = Passenger(PassengerId("27821234567"), "Sarah Johnson", "27821234567")
MICHAEL = DriverCard(DriverId("27821234568"), "Michael Brown", "27821234568", 4.9, "sedan", "CA 999 GP")

FIND_DRIVER = {
    "pickup_latitude": -26.2041,
    "pickup_longitude": 28.0473,
    "dropoff_latitude": -26.1850,
    "dropoff_longitude": 28.0550,
    "pickup_address": "123 Main St",
    "dropoff_address": "456 Oak Ave",
    "distance_km": 5.2,
    "estimated_duration_minutes": 15,
    "fare_amount": 85.50,
}
RIDE_REQUEST = {
    "type": "ride_request",
    "ride_id": "123",
    "passenger_name": "Sarah Johnson",
    "passenger_phone": "27821234567",
    "pickup_address": "123 Main St",
    "dropoff_address": "456 Oak Ave",
    "pickup_latitude": -26.2041,
    "pickup_longitude": 28.0473,
    "dropoff_latitude": -26.1850,
    "dropoff_longitude": 28.0550,
    "distance": 5.2,
    "fare": 85.50,
    "estimated_duration": 15,
}
DRIVER_ASSIGNED = {
    "type": "driver_assigned",
    "ride_id": "123",
    "driver_id": "27821234568",
    "driver_name": "Michael Brown",
    "driver_phone": "27821234568",
    "driver_rating": 4.9,
    "vehicle_type": "sedan",
    "vehicle_registration": "CA 999 GP",
}


def check_fields(frame: HeardFrame, expected: dict[str, Any]) -> None:
    """Every field that the apps know, with its value and its JSON type."""
    known = {name: frame[name] for name in expected}
    assert known == expected
    assert {name: type(value) for name, value in known.items()} == {
        name: type(value) for name, value in expected.items()
    }


@pytest.fixture
def apps(play: Theatre) -> tuple[Stage, StageDriver, PassengerApp]:
    """The two people whom a fresh database knows, connected; the driver stands one kilometre from the pickup."""
    stage = play()
    stage.world.gateway.default_passenger = SARAH
    stage.world.journal.meet(SARAH)
    stage.world.journal.deliver(Append("driver/27821234568", 0, 1, 0.0, (DriverRegistered(MICHAEL),)))
    return stage, stage.driver("27821234568", north_km=1), stage.passenger("123")


def book(passenger: PassengerApp, at: float) -> None:
    passenger.says("find_driver", at=at, **FIND_DRIVER)


def accept(driver: StageDriver, at: float) -> None:
    driver.says("accept_ride", at=at, ride_id="123", driver_id="27821234568")


def test_the_whole_flow_from_booking_to_the_driver_on_their_way(apps: tuple[Stage, StageDriver, PassengerApp]) -> None:
    stage, driver, passenger = apps
    book(passenger, at=1)
    stage.run(until=1)
    check_fields(passenger.last(), {"type": "searching", "ride_id": "123"})
    check_fields(driver.last(), RIDE_REQUEST)
    accept(driver, at=8)
    stage.run(until=8)
    check_fields(passenger.last(), DRIVER_ASSIGNED)
    assert passenger.story() == ["searching", "driver_assigned"]


def test_only_the_five_nearest_within_ten_kilometres_are_asked(apps: tuple[Stage, StageDriver, PassengerApp]) -> None:
    stage, michael, passenger = apps
    others = [stage.driver(f"278200000{km:02}", north_km=km) for km in (2, 3, 4, 5, 6, 11)]
    book(passenger, at=1)
    stage.run(until=1)
    assert michael.story() == ["ride_request"]
    assert [other.story() for other in others] == [["ride_request"]] * 4 + [[]] * 2
    assert passenger.last()["drivers_notified"] == 5


def test_an_accept_that_writes_the_number_with_a_plus_is_their_own(
    apps: tuple[Stage, StageDriver, PassengerApp],
) -> None:
    stage, driver, passenger = apps
    book(passenger, at=1)
    driver.says("accept_ride", at=8, ride_id="123", driver_id="+27821234568")
    stage.run(until=8)
    check_fields(passenger.last(), DRIVER_ASSIGNED)


def test_a_decline_with_the_ride_alone_is_understood_and_the_search_goes_on(
    apps: tuple[Stage, StageDriver, PassengerApp],
) -> None:
    stage, driver, passenger = apps
    book(passenger, at=1)
    driver.says("decline_ride", at=5, ride_id="123")
    stage.run(until=6)
    check_fields(driver.last(), {"type": "offer_closed", "ride_id": "123", "reason": "declined"})
    assert passenger.story() == ["searching"]


def test_when_nobody_answers_the_passenger_hears_no_drivers(apps: tuple[Stage, StageDriver, PassengerApp]) -> None:
    stage, _, passenger = apps
    book(passenger, at=1)
    stage.run(until=200)
    check_fields(passenger.last(), {"type": "no_drivers", "ride_id": "123"})


def test_a_location_is_taken_in_silence_and_moves_the_driver(apps: tuple[Stage, StageDriver, PassengerApp]) -> None:
    stage, driver, passenger = apps
    driver.moves(north_km=0.9, at=5)
    book(passenger, at=7)
    stage.run(until=7)
    assert driver.story() == ["ride_request"]
    assert driver.last()["pickup_distance_m"] == 900


@pytest.mark.parametrize("who", ["driver", "passenger"])
def test_a_ping_is_answered_with_a_pong_and_nothing_else(
    apps: tuple[Stage, StageDriver, PassengerApp], who: str
) -> None:
    stage, driver, passenger = apps
    app = {"driver": driver, "passenger": passenger}[who]
    app.says("ping", at=5)
    stage.run(until=5)
    assert app.heard() == [{"type": "pong"}]


def test_a_driver_whose_app_knows_no_step_between_completes_straight_away(
    apps: tuple[Stage, StageDriver, PassengerApp],
) -> None:
    stage, driver, passenger = apps
    book(passenger, at=1)
    accept(driver, at=8)
    driver.says("complete_ride", at=900, ride_id="123")
    stage.run(until=900)
    completed = {"type": "ride_completed", "ride_id": "123", "fare": 85.5, "distance_km": 5.2}
    check_fields(passenger.last(), completed)
    check_fields(driver.last(), completed)
