"""The passenger's frames as commands to the ride, the ride's notices as frames."""

from typing import Any

import pytest

from dispatch.ids import PassengerId, RideId
from dispatch.messages.commands import CancelRide, FindDriver
from dispatch.values import Passenger, Place, Trip
from tests.transport.rig import AS_SARAH, FIND_DRIVER, RIDE, TRIP, Rig


def booked(**more: Any) -> FindDriver:
    """The command that comes of the seed's find_driver with these fields added."""
    rig = Rig()
    app, _ = rig.passenger()
    app.says(**{**FIND_DRIVER, **more})
    assert app.got == []
    command = rig.heard("ride/123")[-1]
    assert isinstance(command, FindDriver)
    return command


class TestFindDriver:
    def test_the_trip_is_what_the_app_said(self) -> None:
        assert booked() == FindDriver(AS_SARAH, RIDE, TRIP, Passenger(PassengerId("anybody"), "Passenger", ""))

    def test_vehicle_type_and_note_are_part_of_the_trip(self) -> None:
        trip = booked(vehicle_type="sedan", note="two suitcases").trip
        assert (trip.vehicle_type, trip.note) == ("sedan", "two suitcases")

    @pytest.mark.parametrize(
        ("said", "rider"),
        [
            ({"passenger_phone": "+27 82 123-4567"}, ("27821234567", "Passenger", "27821234567")),
            (
                {"passenger_phone": "27821234567", "passenger_name": " Sarah Johnson "},
                ("27821234567", "Sarah Johnson", "27821234567"),
            ),
            ({"passenger_name": "Sarah Johnson"}, ("ride-123", "Sarah Johnson", "")),
            ({"passenger_phone": "tel:+27-82-123-4567"}, ("27821234567", "Passenger", "27821234567")),
            ({"passenger_phone": "030/1234567"}, ("0301234567", "Passenger", "0301234567")),
            ({"passenger_name": "", "passenger_phone": ""}, ("anybody", "Passenger", "")),
            ({"passenger_phone": " "}, ("anybody", "Passenger", "")),
            ({}, ("anybody", "Passenger", "")),
        ],
    )
    def test_the_rider_is_known_by_phone_else_by_name_else_is_anybody(
        self, said: dict[str, str], rider: tuple[str, str, str]
    ) -> None:
        passenger = booked(**said).passenger
        assert (passenger.passenger_id, passenger.name, passenger.phone) == rider

    @pytest.mark.parametrize(
        ("said", "known"),
        [
            ({}, False),
            ({"passenger_name": "Ann"}, False),
            ({"passenger_phone": " "}, False),
            ({"passenger_phone": "27820000001"}, True),
            ({"passenger_phone": "27821234567"}, True),
        ],
    )
    def test_only_who_says_a_phone_is_known_though_the_rider_of_all_others_has_one_too(
        self, said: dict[str, str], known: bool
    ) -> None:
        rig = Rig()
        rig.gateway.default_passenger = Passenger(PassengerId("27821234567"), "Sarah Johnson", "27821234567")
        app, _ = rig.passenger()
        app.says(**FIND_DRIVER, **said)
        assert rig.heard("ride/123")[-1].known is known

    @pytest.mark.parametrize("text", ["call me", "12", "d1", "1" * 21])
    def test_what_is_no_phone_number_is_refused_by_name_and_books_nothing(self, text: str) -> None:
        rig = Rig()
        app, _ = rig.passenger()
        app.says(**FIND_DRIVER, passenger_phone=text)
        (error,) = app.got
        assert (error["code"], error["field"]) == ("bad_field", "passenger_phone")
        assert error["message"] == f'passenger_phone must be a phone number of 3 to 20 digits, got "{text}"'
        assert [type(message).__name__ for message in rig.heard(f"ride/{RIDE}")] == ["Attach"]

    def test_without_an_id_there_is_no_command_to_repeat(self) -> None:
        assert booked().command is None

    def test_the_same_body_under_the_same_id_has_the_same_fingerprint_however_it_is_written(self) -> None:
        first = booked(id="k1").command
        again = booked(id="k1", estimated_duration_minutes=15.0, battery=0.3, note=None).command
        other = booked(id="k1", fare_amount=86).command
        assert first is not None
        assert first.id == "k1"
        assert first == again
        assert first != other

    def test_the_fingerprint_does_not_depend_on_the_id(self) -> None:
        one, two = booked(id="k1").command, booked(id="k2").command
        assert one is not None
        assert two is not None
        assert one.fingerprint == two.fingerprint


def test_cancel_ride_is_the_passengers_own() -> None:
    rig = Rig()
    app, _ = rig.passenger()
    app.says(type="cancel_ride")
    app.says(type="cancel_ride", reason="changed my mind", ride_id="r9")
    assert rig.heard("ride/123")[1:] == [
        CancelRide(AS_SARAH, RIDE),
        CancelRide(AS_SARAH, RIDE, "changed my mind"),
    ]
    assert rig.heard("ride/r9") == []


def test_a_trip_that_only_lacks_decimals_is_the_same_trip() -> None:
    """A passenger who asks again for the same does not restart the search."""
    whole = booked(pickup_latitude=-26, distance_km=5, fare_amount=85).trip
    pointed = booked(pickup_latitude=-26.0, distance_km=5.0, fare_amount=85.0).trip
    assert whole == pointed
    assert whole == Trip(Place(-26.0, 28.0473, "123 Main St"), Place(-26.1850, 28.0550, "456 Oak Ave"), 5.0, 15.0, 85.0)


def test_each_ride_has_a_session_of_its_own() -> None:
    rig = Rig()
    app, _ = rig.passenger(RideId("r1"))
    rig.passenger(RideId("r2"))
    app.says(**FIND_DRIVER)
    assert len(rig.heard("ride/r1")) == 2
    assert len(rig.heard("ride/r2")) == 1
