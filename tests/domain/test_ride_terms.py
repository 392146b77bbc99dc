"""Free waiting and no-shows: one rule for what is told at the arrival and for what is charged."""

from __future__ import annotations

import pytest

from dispatch.domain.ride.record import ACCEPTED, RideRecord
from dispatch.domain.ride_terms import RideTerms, pin_locked_s
from dispatch.ids import DriverId, RideId
from dispatch.messages.events import PinRefused, RideArrived, RideStarted, RideUnassigned

RIDE, DRIVER = RideId("r1"), DriverId("d1")
TERMS = RideTerms(free_wait_s=120.0, no_show_s=300.0)


def ride_of(*events: RideArrived | RideStarted, pickup_at: float | None = None) -> RideRecord:
    ride = RideRecord(RIDE, status=ACCEPTED, pickup_at=pickup_at)
    for event in events:
        ride.apply(event)
    return ride


@pytest.mark.parametrize(
    ("pickup_at", "told"), [(None, (220, 400)), (50.0, (220, 400)), (100.0, (220, 400)), (700.0, (820, 1000))]
)
def test_waiting_begins_at_the_arrival_or_at_the_booked_time_whichever_is_later(
    pickup_at: float | None, told: tuple[float, float]
) -> None:
    assert TERMS.of_arrival(100.0, pickup_at) == told


def test_what_was_told_holds_whatever_the_settings_are_now() -> None:
    arrived = RideArrived(RIDE, DRIVER, 100.0, None, *TERMS.of_arrival(100.0, None))
    ride, now = ride_of(arrived, RideStarted(RIDE, DRIVER, 250.0)), RideTerms(free_wait_s=0.0, no_show_s=0.0)
    assert now.told_of_arrival(ride) == (220.0, 400.0)
    assert now.paid_wait_s(ride) == pytest.approx(30.0, abs=1e-3)
    assert now.no_show_in_s(ride, 390.0) == pytest.approx(10.0, abs=1e-3)


def test_an_arrival_of_an_older_version_goes_by_the_settings_and_by_the_booked_time() -> None:
    ride = ride_of(RideArrived(RIDE, DRIVER, 100.0), RideStarted(RIDE, DRIVER, 850.0), pickup_at=700.0)
    assert TERMS.told_of_arrival(ride) == (820.0, 1000.0)
    assert TERMS.paid_wait_s(ride) == pytest.approx(30.0, abs=1e-3)


def test_every_fifth_wrong_pin_locks_the_ride_until_a_minute_after_it_and_another_driver_begins_anew() -> None:
    ride = ride_of()
    locked = []
    for number in range(1, 12):
        ride.apply(PinRefused(RIDE, DRIVER, 100.0 * number))
        locked.append(pin_locked_s(ride, 100.0 * number + 10.0, tries=5, lock_s=60.0))
    assert locked == [0, 0, 0, 0, 50, 0, 0, 0, 0, 50, 0]
    ride.wrong_pins = 5
    ride.apply(RideUnassigned(RIDE, DRIVER, 2, "driver", "a flat tyre", 1200.0))
    assert pin_locked_s(ride, 1100.0, tries=5, lock_s=60.0) == 0


def test_a_wait_of_which_one_end_is_unknown_costs_nothing() -> None:
    assert TERMS.paid_wait_s(ride_of(RideStarted(RIDE, DRIVER, 9000.0))) == 0.0
    assert TERMS.paid_wait_s(ride_of(RideArrived(RIDE, DRIVER, 100.0))) == 0.0


def test_a_whole_second_is_one_although_sums_of_unix_seconds_round() -> None:
    at = 1_795_000_000.1
    ride = ride_of(RideArrived(RIDE, DRIVER, at), RideStarted(RIDE, DRIVER, at + 120.0 + 60.0))
    assert int(TERMS.paid_wait_s(ride)) == 60
