"""Whose a ride is."""

import pytest

from dispatch.domain.ride.record import RideRecord, is_foreign
from dispatch.ids import DriverId, PassengerId, RideId
from dispatch.principals import OPERATIONS, SYSTEM, Principal, Role, driver, passenger_of
from dispatch.values import Passenger

RIDE = RideId("r1")
ANN, EVE = Principal(Role.PASSENGER, "p1"), Principal(Role.PASSENGER, "p2")
ANNS = Passenger(PassengerId("p1"), "Ann", "27820000001")


@pytest.mark.parametrize(
    ("principal", "passenger", "holder", "foreign"),
    [
        (ANN, None, "", False),  # nobody's yet
        (ANN, None, "p1", False),
        (EVE, None, "p1", True),
        (ANN, ANNS, "", False),
        (ANN, ANNS, "p2", False),  # who booked it owns it, whoever waited there
        (EVE, ANNS, "p2", True),
        (EVE, ANNS, "", True),
        (passenger_of(RIDE), ANNS, "p2", False),  # nobody has to log in
        (passenger_of(RideId("r2")), ANNS, "", True),
        (driver(DriverId("p2")), ANNS, "p1", False),  # a driver's part in it is another rule
        (OPERATIONS, ANNS, "p1", False),
        (SYSTEM, ANNS, "p1", False),
    ],
)
def test_a_ride_is_foreign_to_every_passenger_but_the_one_who_booked_it_or_waits_to(
    principal: Principal, passenger: Passenger | None, holder: str, foreign: bool
) -> None:
    assert is_foreign(RideRecord(RIDE, passenger=passenger), principal, holder) is foreign
