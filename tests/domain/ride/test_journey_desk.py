"""What staff may do to a ride, and when."""

import pytest

from dispatch.domain.ride import journey
from dispatch.domain.ride.record import ACCEPTED, ARRIVED, IN_PROGRESS, PENDING, STATUSES, UNBOOKED, RideRules
from dispatch.ids import DriverId
from dispatch.messages.commands import AssignRide, ChangeFare, ReassignRide
from dispatch.messages.events import FareChanged, RideRequested, RideUnassigned
from dispatch.principals import OPERATIONS, Principal, Role
from tests.domain.ride.test_record import DRIVER_ID, RIDE, TRIP, ride_that_is

RULES = RideRules()
DISPATCHER = Principal(Role.STAFF, "s1")
TO = "request/1"
ASSIGN = AssignRide(DISPATCHER, RIDE, TO, DriverId("d2"))
REASSIGN = ReassignRide(DISPATCHER, RIDE, TO, "a flat tyre")
FARE = ChangeFare(OPERATIONS, RIDE, TO, 80.0, "agreed")


@pytest.mark.parametrize("status", STATUSES)
def test_each_is_possible_in_its_statuses_and_refused_in_all_others(status: str) -> None:
    ride = ride_that_is(status)
    decisions = {
        "assign": journey.assign(ride, ASSIGN, 90.0, RULES),
        "reassign": journey.reassign(ride, REASSIGN, 90.0, RULES),
        "fare": journey.change_fare(ride, FARE, 90.0, RULES),
    }
    possible = {name for name, decision in decisions.items() if decision.refusal is None}
    codes = {decision.refusal.code for decision in decisions.values() if decision.refusal is not None}
    expected = {PENDING: {"assign"}, ACCEPTED: {"reassign", "fare"}, ARRIVED: {"fare"}, IN_PROGRESS: {"fare"}}
    assert possible == expected.get(status, set())
    assert codes == {"no_such_ride" if status == UNBOOKED else "illegal_now"}


def test_a_ride_that_is_taken_back_is_searched_for_from_now_on_at_its_terms() -> None:
    lost, again = journey.reassign(ride_that_is(ACCEPTED), REASSIGN, 90.0, RULES).events
    assert isinstance(lost, RideUnassigned) and isinstance(again, RideRequested)
    assert (lost.driver_id, lost.by, lost.reason, lost.search_no) == (DRIVER_ID, "ops", "a flat tyre", 2)
    assert (again.search_no, again.trip, again.at) == (3, TRIP, 90.0)


def test_the_fare_that_was_changed_is_the_rides() -> None:
    ride = ride_that_is(ACCEPTED)
    (event,) = journey.change_fare(ride, FARE, 90.0, RULES).events
    assert isinstance(event, FareChanged) and (event.staff_id, event.reason) == ("ops", "agreed")
    ride.apply(event)
    assert ride.fare == 80.0


def test_what_is_a_managers_is_forbidden_to_a_dispatcher() -> None:
    bind = journey.assign(
        ride_that_is(PENDING), AssignRide(DISPATCHER, RIDE, TO, DriverId("d2"), bind=True), 90.0, RULES
    )
    fare = journey.change_fare(ride_that_is(ACCEPTED), ChangeFare(DISPATCHER, RIDE, TO, 1.0), 90.0, RULES)
    assert [decision.refusal.code for decision in (bind, fare) if decision.refusal is not None] == ["forbidden"] * 2
