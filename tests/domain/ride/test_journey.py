"""What is decided about a ride on its way: for every status and every message, events that can happen, or a reason why none does."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from dispatch.domain.places.following import GIVEN_UP, TOLD, WARNED
from dispatch.domain.places.geo import TravelModel
from dispatch.domain.ride import journey
from dispatch.domain.ride.record import ACCEPTED, ARRIVED, COMPLETED, IN_PROGRESS, STATUSES, Decision, RideRules
from dispatch.ids import DriverId, OfferId
from dispatch.messages.commands import CancelRide, CompleteRide, RateRide, ReportArrived, ReportNoShow, StartRide
from dispatch.messages.events import (
    PassengerNoShow,
    PinRefused,
    RideArrived,
    RideCancelled,
    RideCompleted,
    RideRated,
    RideStarted,
    RideUnassigned,
    SearchFailed,
)
from dispatch.messages.matching import ClaimRide, DriverStalled, RoundOpened, SearchExhausted
from dispatch.messages.notices import DriverUnreachable, DriverWarned, RideEnded, RideProgress, Searching
from dispatch.principals import OPERATIONS, SYSTEM, Principal, driver, passenger_of
from dispatch.values import DriverCard, Place
from tests.domain.ride.test_record import DRIVER_ID, RIDE, ride_that_is

RULES = RideRules()
NOW = 600.0
AS_DRIVER, AS_OTHER, AS_PASSENGER = driver(DRIVER_ID), driver(DriverId("d9")), passenger_of(RIDE)
DECIDE: dict[str, tuple[Any, Any]] = {
    "arrived": (journey.step, ReportArrived(AS_DRIVER, RIDE)),
    "start": (journey.step, StartRide(AS_DRIVER, RIDE)),
    "complete": (journey.step, CompleteRide(AS_DRIVER, RIDE)),
    "complete by a stranger": (journey.step, CompleteRide(AS_OTHER, RIDE)),
    "no show": (journey.no_show, ReportNoShow(AS_DRIVER, RIDE)),
    "cancel by the passenger": (journey.cancel, CancelRide(AS_PASSENGER, RIDE)),
    "cancel by the driver": (journey.cancel, CancelRide(AS_DRIVER, RIDE)),
    "cancel by a stranger": (journey.cancel, CancelRide(AS_OTHER, RIDE)),
    "cancel by staff": (journey.cancel, CancelRide(OPERATIONS, RIDE)),
    "cancel by the system": (journey.cancel, CancelRide(SYSTEM, RIDE)),
    "rated by the passenger": (journey.rate, RateRide(AS_PASSENGER, RIDE, 5)),
    "rated by the driver": (journey.rate, RateRide(AS_DRIVER, RIDE, 5)),
    "stalled and warned": (journey.stalled, DriverStalled(DRIVER_ID, "standing_still", WARNED)),
    "stalled and told": (journey.stalled, DriverStalled(DRIVER_ID, "standing_still", TOLD)),
    "stalled and given up": (journey.stalled, DriverStalled(DRIVER_ID, "standing_still", GIVEN_UP)),
    "round opened": (journey.round_opened, RoundOpened(1, 1, 5, 30.0)),
    "search exhausted": (journey.search_exhausted, SearchExhausted(1, "nobody near", 4, 0)),
}


def decided(status: str, what: str, rules: RideRules = RULES, now: float = NOW) -> Decision:
    decide, message = DECIDE[what]
    decision: Decision = decide(ride_that_is(status), message, now, rules)
    return decision


def refused(decision: Decision) -> tuple[str, str]:
    assert decision.refusal is not None and not decision.events
    return decision.refusal.code, decision.refusal.text


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("what", DECIDE)
def test_what_is_decided_can_happen_and_deciding_changes_nothing(status: str, what: str) -> None:
    decide, message = DECIDE[what]
    ride, before = ride_that_is(status), ride_that_is(status)
    decision = decide(ride, message, NOW, RULES)
    assert ride == before
    assert not (decision.events and decision.refusal)
    for event in decision.events:
        ride.apply(event)


@pytest.mark.parametrize("status", STATUSES)
def test_a_stranger_hears_the_same_of_every_ride(status: str) -> None:
    for what in ("complete by a stranger", "cancel by a stranger"):
        assert refused(decided(status, what)) == ("no_such_ride", "there is no such ride")


@pytest.mark.parametrize(
    ("status", "what", "events"),
    [
        ("accepted", "arrived", [RideArrived]),
        ("arrived", "start", [RideStarted]),
        ("in_progress", "complete", [RideCompleted]),
        ("arrived", "no show", [PassengerNoShow]),
        ("arrived", "cancel by the driver", [PassengerNoShow]),
        ("accepted", "cancel by the driver", [RideUnassigned]),
        ("accepted", "stalled and given up", [RideUnassigned]),
        ("in_progress", "cancel by staff", [RideCancelled]),
        ("pending", "cancel by the passenger", [RideCancelled]),
        ("pending", "search exhausted", [SearchFailed]),
        ("completed", "rated by the driver", [RideRated]),
    ],
)
def test_what_follows_from_a_message(status: str, what: str, events: list[type]) -> None:
    within = msgspec.structs.replace(RULES, search_cap_s=3600.0)
    assert [type(event) for event in decided(status, what, within).events] == events


@pytest.mark.parametrize(
    ("status", "what", "text"),
    [
        ("pending", "start", "there is no such ride"),
        ("accepted", "no show", "cannot report a no_show of a ride that is accepted"),
        ("in_progress", "start", "this ride has started already"),
        ("in_progress", "cancel by the passenger", "cannot cancel a ride that is in_progress"),
        ("accepted", "rated by the passenger", "cannot rate a ride that is accepted"),
    ],
)
def test_why_nothing_follows(status: str, what: str, text: str) -> None:
    assert refused(decided(status, what))[1] == text


def test_a_driver_who_waited_too_short_hears_how_long_to_wait() -> None:
    decision = decided(ARRIVED, "no show", now=151.5)
    assert refused(decision) == ("too_early", "no_show is possible in 299 s")
    assert decision.refusal is not None and decision.refusal.wait_s == pytest.approx(298.5)


def test_an_end_is_told_again_to_a_passenger_who_cancels_twice() -> None:
    assert decided("cancelled", "cancel by the passenger") == Decision(say_end=True)


class TestOfferedAnew:
    def test_others_are_asked_while_there_is_time(self) -> None:
        rules = msgspec.structs.replace(RULES, search_cap_s=NOW)
        events = decided(ACCEPTED, "cancel by the driver", rules).events
        assert events == (RideUnassigned(RIDE, DRIVER_ID, 2, "driver", "", NOW),)

    @pytest.mark.parametrize("rules", [RideRules(search_cap_s=10.0), RideRules(max_restarts=0, search_cap_s=NOW)])
    def test_nobody_is_asked_when_the_time_or_the_restarts_are_used_up(self, rules: RideRules) -> None:
        _, failed = decided(ACCEPTED, "cancel by the driver", rules).events
        assert failed == SearchFailed(RIDE, "the driver gave it up", 0, 0)


class TestPin:
    PIN = "4711"

    def start(self, pin: str, wrong_pins: int = 0, at: float = NOW) -> Decision:
        ride = ride_that_is(ARRIVED)
        ride.pin, ride.wrong_pins, ride.wrong_pin_at = self.PIN, wrong_pins, NOW - 10.0
        return journey.step(ride, StartRide(AS_DRIVER, RIDE, None, pin), at, RULES)

    def test_the_right_pin_starts_the_ride(self) -> None:
        assert self.start(self.PIN).events == (RideStarted(RIDE, DRIVER_ID, NOW),)

    def test_a_wrong_pin_is_on_record_and_no_pin_is_not(self) -> None:
        wrong = self.start("0000")
        assert wrong.events == (PinRefused(RIDE, DRIVER_ID, NOW),) and wrong.refusal is not None
        assert self.start("").events == ()

    def test_whoever_guesses_wrong_hears_how_many_tries_are_left_and_how_long_a_lock_lasts(self) -> None:
        tries = [self.start("0000", wrong_pins, at=NOW + 300.0).refusal for wrong_pins in (0, 3, 4, 5)]
        assert [(told.tries_left, told.wait_s) for told in tries if told is not None] == [
            (4, 0),
            (1, 0),
            (0, 60),
            (4, 0),
        ]
        locked = self.start("0000", wrong_pins=5).refusal
        assert locked is not None and (locked.tries_left, locked.wait_s) == (0, 50.0)
        no_guess = self.start("").refusal
        assert no_guess is not None and no_guess.tries_left is None

    def test_a_locked_ride_takes_no_pin_until_the_lock_is_over(self) -> None:
        assert refused(self.start(self.PIN, wrong_pins=5)) == ("wrong_pin", "too many wrong pins; try again in 50 s")
        assert self.start(self.PIN, wrong_pins=5, at=NOW + 50.0).events

    def test_a_ride_with_a_pin_is_not_completed_before_its_start(self) -> None:
        ride = ride_that_is(ARRIVED)
        ride.pin = self.PIN
        decision = journey.step(ride, CompleteRide(AS_DRIVER, RIDE), NOW, RULES)
        assert refused(decision)[1].endswith("send start_ride first, with the pin of the passenger")


class TestClaims:
    TRAVEL, PICKUP = TravelModel(), Place(0.0, 0.0)

    def claim(self, name: str, lat: float | None, closes_at: float | None = None) -> ClaimRide:
        card = DriverCard(DriverId(name), name, "")
        return ClaimRide(RIDE, 1, 1, OfferId(f"o-{name}"), card, lat, 0.0, closes_at)

    def test_the_nearest_has_it_and_of_equals_the_first(self) -> None:
        claims = journey.WaitingClaims()
        for name, lat in (("far", 0.2), ("near", 0.1), ("as near", 0.1), ("unknown", None)):
            claims.add(self.claim(name, lat), NOW, 5.0)
        assert claims.take_best(self.TRAVEL, self.PICKUP, NOW).driver.name == "near"
        assert [claim.driver.name for claim in claims.take_all()] == ["far", "as near", "unknown"]
        assert claims.take_all() == []

    def test_the_window_opens_once_and_closes_with_the_first_offer_in_it(self) -> None:
        claims = journey.WaitingClaims()
        assert claims.add(self.claim("one", 0.1), NOW, 5.0) and claims.decides_at == NOW + 5.0
        assert not claims.add(self.claim("two", 0.1, NOW + 9.0), NOW + 1.0, 5.0)
        assert claims.add(self.claim("three", 0.1, NOW + 2.0), NOW + 1.0, 5.0) and claims.decides_at == NOW + 2.0

    def test_a_position_that_is_unknown_is_no_way(self) -> None:
        assert journey.way(self.TRAVEL, None, None, self.PICKUP, NOW) == journey.NOWHERE


def test_words_that_no_event_brings_are_said_to_those_whom_they_concern() -> None:
    assert isinstance(decided("pending", "round opened").say, Searching)
    assert isinstance(decided(ACCEPTED, "stalled and told").say, DriverUnreachable)
    assert isinstance(decided(ACCEPTED, "stalled and warned").warn, DriverWarned)
    assert decided("accepted", "round opened") == Decision()


@pytest.mark.parametrize("by", [AS_PASSENGER, AS_DRIVER])
def test_each_side_rates_once(by: Principal) -> None:
    ride = ride_that_is(COMPLETED)
    (rated,) = journey.rate(ride, RateRide(by, RIDE, 4), NOW, RULES).events
    ride.apply(rated)
    assert refused(journey.rate(ride, RateRide(by, RIDE, 4), NOW, RULES))[0] == "illegal_now"


@pytest.mark.parametrize("by", [OPERATIONS, SYSTEM], ids=["staff", "the system"])
def test_nobody_but_the_two_who_rode_rates_a_ride(by: Principal) -> None:
    assert refused(journey.rate(ride_that_is(COMPLETED), RateRide(by, RIDE, 4), NOW, RULES))[0] == "no_such_ride"


@pytest.mark.parametrize(
    ("first", "stars", "ratings", "mean"),
    [
        (4.9, 0, 0, 4.9),
        (4.123, 0, 0, 4.123),
        (5.0, 3, 1, 4.0),
        (5.0, 9, 2, 4.67),
        (5.0, 13, 3, 4.5),
        (4.9, 4, 1, 4.45),
        (4.75, 4, 1, 4.38),
        (5.0, 5000, 1000, 5.0),
    ],
)
def test_the_first_rating_counts_like_every_other_and_halves_go_up(
    first: float, stars: int, ratings: int, mean: float
) -> None:
    assert journey.mean_rating(first, stars, ratings) == mean


def test_the_end_is_told_as_it_was() -> None:
    completed = journey.end_notice(ride_that_is(COMPLETED))
    assert isinstance(completed, RideProgress) and completed.status == COMPLETED
    assert journey.end_notice(ride_that_is("cancelled")) == RideEnded(RIDE, by="passenger", reason="too slow", fee=0)
    assert journey.progress(ride_that_is(IN_PROGRESS), NOW, RULES).driven_m is None
