"""Free waiting and no-shows, one rule for what is told at the arrival and for what is charged; and what a ride by card owes."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from dispatch.config import PricingRules, TariffRates
from dispatch.domain.pricing.tariff import tariff_of
from dispatch.domain.ride.agreement import (
    FREE,
    cancel_terms,
    charge,
    paid_wait_s,
    pause_s,
    told_waits,
    wait_terms,
    waits_until,
)
from dispatch.domain.ride.journey import end, pin_locked_s
from dispatch.domain.ride.record import ACCEPTED, ARRIVED, STATUSES, RideRecord, RideRules
from dispatch.ids import DriverId, PassengerId, RideId
from dispatch.messages.events import ChargeRequested, PinRefused, RideArrived, RideStarted, RideUnassigned
from dispatch.values import CARD, CancelTerms, FareLine, Money, Passenger, Place, Price, Trip, WaitTerms
from dispatch.words import Party
from tests.domain.ride.test_record import ride_that_is

RIDE, DRIVER = RideId("r1"), DriverId("d1")
RULES = RideRules(free_wait_s=120.0, no_show_s=300.0)


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
    assert waits_until(100.0, pickup_at, RULES) == told


def test_what_was_told_holds_whatever_the_settings_are_now() -> None:
    arrived = RideArrived(RIDE, DRIVER, 100.0, None, *waits_until(100.0, None, RULES))
    ride, now = ride_of(arrived, RideStarted(RIDE, DRIVER, 250.0)), RideRules(free_wait_s=0.0, no_show_s=0.0)
    assert told_waits(ride, now) == (220.0, 400.0)
    assert paid_wait_s(ride, now) == pytest.approx(30.0, abs=1e-3)


def test_an_arrival_of_an_older_version_goes_by_the_settings_and_by_the_booked_time() -> None:
    ride = ride_of(RideArrived(RIDE, DRIVER, 100.0), RideStarted(RIDE, DRIVER, 850.0), pickup_at=700.0)
    assert told_waits(ride, RULES) == (820.0, 1000.0)
    assert paid_wait_s(ride, RULES) == pytest.approx(30.0, abs=1e-3)


def test_every_fifth_wrong_pin_locks_the_ride_until_a_minute_after_it_and_another_driver_begins_anew() -> None:
    ride = ride_of()
    locked = []
    for number in range(1, 12):
        ride.apply(PinRefused(RIDE, DRIVER, 100.0 * number))
        locked.append(pin_locked_s(ride, 100.0 * number + 10.0, RULES))
    assert locked == [0, 0, 0, 0, 50, 0, 0, 0, 0, 50, 0]
    ride.wrong_pins = 5
    ride.apply(RideUnassigned(RIDE, DRIVER, 2, "driver", "a flat tyre", 1200.0))
    assert pin_locked_s(ride, 1100.0, RULES) == 0


def test_a_wait_of_which_one_end_is_unknown_costs_nothing() -> None:
    assert paid_wait_s(ride_of(RideStarted(RIDE, DRIVER, 9000.0)), RULES) == 0.0
    assert paid_wait_s(ride_of(RideArrived(RIDE, DRIVER, 100.0)), RULES) == 0.0


def test_a_whole_second_is_one_although_sums_of_unix_seconds_round() -> None:
    at = 1_795_000_000.1
    ride = ride_of(RideArrived(RIDE, DRIVER, at), RideStarted(RIDE, DRIVER, at + 120.0 + 60.0))
    assert int(paid_wait_s(ride, RULES)) == 60


BY_CARD = Trip(Place(-33.92, 18.42), Place(-33.9, 18.5), 8.5, 20.0, 95.25, payment_method=CARD)
PRICE = Price(Money(1200, "JPY", 0), (FareLine("base", 1200),), 8500, 1200)
IN_RAND = RideRules(currency="ZAR", currency_digits=2, payment_retry_s=5.0, payment_retry_most_s=60.0)
ANN = Passenger(PassengerId("p1"), "Ann", "")


@pytest.mark.parametrize(
    ("trip", "price", "owed", "due"),
    [
        (BY_CARD, None, None, Money(9525, "ZAR", 2)),
        (BY_CARD, PRICE, None, Money(1200, "JPY", 0)),
        (replace(BY_CARD, fare=1.005), None, None, Money(101, "ZAR", 2)),
        (BY_CARD, None, 250, Money(250, "ZAR", 2)),
        (BY_CARD, PRICE, 400, Money(400, "JPY", 0)),
    ],
    ids=["the app's fare", "the server's price", "half a cent is rounded up", "late cancel", "no show"],
)
def test_a_ride_by_card_is_charged_its_fare_or_the_fee_that_it_ends_with(
    trip: Trip, price: Price | None, owed: int | None, due: Money
) -> None:
    ride = RideRecord(RIDE, trip=trip, passenger=ANN)
    assert charge(ride, IN_RAND, price, owed) == (ChargeRequested(RIDE, ANN.passenger_id, due),)


@pytest.mark.parametrize(
    ("trip", "owed"),
    [(replace(BY_CARD, payment_method=""), None), (replace(BY_CARD, fare=0.0), None), (BY_CARD, 0)],
    ids=["cash", "free", "cancelled free of charge"],
)
def test_where_nothing_is_due_nothing_is_charged(trip: Trip, owed: int | None) -> None:
    assert charge(RideRecord(RIDE, trip=trip, passenger=ANN), IN_RAND, None, owed) == ()


def test_each_pause_is_twice_the_one_before_up_to_the_longest() -> None:
    assert [pause_s(asked, IN_RAND) for asked in (1, 2, 3, 4, 5, 6, 1_000_000)] == [5, 10, 20, 40, 60, 60, 60]


RATES = TariffRates(cancellation_fee=20.0, no_show_fee=35.5, waiting_per_minute=2.25)
PRICED = RideRules(
    free_cancel_s=120.0, driver_late_s=300.0, free_wait_s=120.0, no_show_s=300.0,
    tariff=tariff_of(RATES, PricingRules(), "ZAR"), currency="ZAR",
)  # fmt: skip


def with_driver(status: str, told_eta_s: float | None = 200.0) -> RideRecord:
    """Assigned at second 1000, arrived at 1150 if it is that far."""
    ride = ride_that_is(status)
    ride.assigned_at, ride.told_eta_s, ride.price = 1000.0, told_eta_s, replace(PRICE, fare=Money(8550, "ZAR"))
    if ride.arrived_at is not None:
        ride.arrived_at, ride.free_wait_ends_at, ride.no_show_at = 1150.0, 1270.0, 1450.0
    return ride


@pytest.mark.parametrize("status", STATUSES)
def test_what_cancelling_costs_is_told_while_the_passenger_can_cancel(status: str) -> None:
    told = {
        "scheduled": FREE,
        "pending": FREE,
        "accepted": CancelTerms(20.0, 1120.0),
        "arrived": CancelTerms(20.0, 1120.0),
    }
    assert cancel_terms(with_driver(status), 1160.0, PRICED) == told.get(status)


@pytest.mark.parametrize("status", [ACCEPTED, ARRIVED])
@pytest.mark.parametrize("now", [1000.0, 1119.9, 1120.0, 1120.1, 1300.0, 1499.0, 1500.0, 1501.0])
@pytest.mark.parametrize("told_eta_s", [None, 200.0])
def test_the_fee_that_is_told_is_the_fee_that_is_owed(status: str, now: float, told_eta_s: float | None) -> None:
    ride = with_driver(status, told_eta_s)
    terms = cancel_terms(ride, now, PRICED)
    assert terms is not None
    owed = terms.fee if terms.free_until is not None and now > terms.free_until else 0.0
    (cancelled,) = end(ride, Party.PASSENGER, "", now, PRICED).events
    assert cancelled.fee == owed * 100  # type: ignore[attr-defined]


def test_cancelling_is_free_where_the_driver_is_late_or_there_is_no_tariff() -> None:
    late = with_driver(ACCEPTED)
    assert cancel_terms(late, 1501.0, PRICED) == FREE
    assert cancel_terms(late, 1160.0, RULES) == FREE


@pytest.mark.parametrize("status", STATUSES)
def test_what_waiting_costs_is_told_while_the_driver_waits(status: str) -> None:
    told = {"arrived": WaitTerms(1270.0, 1450.0, 2.25, 35.5)}
    assert wait_terms(with_driver(status), PRICED) == told.get(status)


def test_waiting_costs_nothing_where_the_fare_is_the_apps() -> None:
    ride = with_driver(ARRIVED)
    ride.price = None
    assert wait_terms(ride, PRICED) == WaitTerms(1270.0, 1450.0, 0.0, 35.5)
    assert wait_terms(ride, RULES) == WaitTerms(1270.0, 1450.0, 0.0, 0.0)
