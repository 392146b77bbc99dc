"""How a ride is booked: what is news, who must be asked before, at which terms, now or later."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from dispatch.domain.ride import agreement
from dispatch.domain.ride.record import ACCEPTED, CANCELLED, PENDING, SCHEDULED, UNBOOKED, RideRecord, RideRules
from dispatch.ids import QuoteId, RideId
from dispatch.messages.commands import CancelRide, FindDriver
from dispatch.messages.events import RideRequested, RideScheduled
from dispatch.messages.providers import AskPrice, UseQuote
from dispatch.principals import passenger_of
from dispatch.values import UNNAMED, FareLine, Money, Price
from tests.domain.ride.test_record import ANN, DEARER, RIDE, TRIP, ride_that_is

RULES = RideRules()
ASKER = passenger_of(RIDE)
NOW_PLEASE = FindDriver(ASKER, RIDE, TRIP, ANN, known=True)
LATER = replace(NOW_PLEASE, pickup_at=7200.0)
PRICE = Price(Money(9310, "ZAR"), (FareLine("base", 9310),), 5400, 870)


def booked(message: FindDriver, price: Price | None = None, status: str = UNBOOKED) -> RideRequested | RideScheduled:
    return agreement.book(ride_that_is(status), message, message.passenger, price, 10.0, RULES)


class TestNews:
    @pytest.mark.parametrize(
        ("status", "news"), [(UNBOOKED, True), (PENDING, True), (ACCEPTED, False), (CANCELLED, False)]
    )
    def test_other_terms_are_news_while_nobody_has_the_ride(self, status: str, news: bool) -> None:
        assert agreement.is_news(ride_that_is(status), replace(NOW_PLEASE, trip=DEARER), RULES) is news

    def test_the_same_again_is_none(self) -> None:
        assert not agreement.is_news(ride_that_is(PENDING), NOW_PLEASE, RULES)

    def test_the_pin_that_the_server_asks_for_makes_no_difference(self) -> None:
        rules, ride = RideRules(start_pin=True), RideRecord(RIDE)
        ride.apply(agreement.book(ride, NOW_PLEASE, ANN, None, 10.0, rules))
        assert ride.trip == replace(TRIP, pin=True)
        assert not agreement.is_news(ride, NOW_PLEASE, rules)


class TestHold:
    def test_a_passenger_who_is_known_is_asked_for_other_rides_first(self) -> None:
        assert agreement.needs_hold(RideRecord(RIDE), NOW_PLEASE, 0.0, RULES)

    @pytest.mark.parametrize(
        ("message", "rules"),
        [(replace(NOW_PLEASE, known=False), RULES), (LATER, RULES), (NOW_PLEASE, RideRules(one_ride_each="never"))],
        ids=["unknown", "booked ahead", "not wanted"],
    )
    def test_nobody_else_is(self, message: FindDriver, rules: RideRules) -> None:
        assert not agreement.needs_hold(RideRecord(RIDE), message, 0.0, rules)

    def test_nor_is_one_whose_ride_this_is_already(self) -> None:
        ride = ride_that_is(PENDING)
        ride.known = True
        assert not agreement.needs_hold(ride, NOW_PLEASE, 0.0, RULES)


class TestTerms:
    def test_a_ride_for_now_is_searched_for_at_once(self) -> None:
        event = booked(NOW_PLEASE)
        assert event == RideRequested(RIDE, 1, ANN, TRIP, 10.0, is_named=True, known=True)

    def test_a_ride_for_later_is_scheduled_and_begins_at_its_own_terms(self) -> None:
        event = booked(LATER, PRICE)
        assert isinstance(event, RideScheduled) and event.claim == TRIP
        ride = RideRecord(RIDE)
        ride.apply(event)
        begun = agreement.begin_search(ride, 6300.0)
        assert (begun.at, begun.price, begun.claim, begun.trip) == (7200.0, PRICE, TRIP, event.trip)
        assert ride.status == SCHEDULED

    def test_a_ride_that_is_due_soon_is_searched_for_and_waits_since_its_time(self) -> None:
        event = booked(replace(NOW_PLEASE, pickup_at=800.0))
        assert isinstance(event, RideRequested) and (event.at, event.pickup_at) == (800.0, 800.0)

    def test_whoever_booked_first_keeps_the_ride_and_its_search_is_counted(self) -> None:
        event = booked(replace(NOW_PLEASE, trip=DEARER, passenger=replace(ANN, name="Eve")), status=PENDING)
        assert isinstance(event, RideRequested)
        assert (event.passenger, event.search_no, event.is_named, event.known) == (ANN, 2, False, False)

    def test_a_passenger_without_a_name_gives_none(self) -> None:
        assert not booked(replace(NOW_PLEASE, passenger=replace(ANN, name=UNNAMED))).is_named

    def test_the_servers_price_sets_the_figures(self) -> None:
        trip = agreement.at_price(TRIP, PRICE)
        assert (trip.fare, trip.distance_km, trip.duration_min) == (93.1, 5.4, 14.5)


class TestQuestion:
    def test_the_provider_is_asked_at_the_rates_of_the_time_when_the_ride_begins(self) -> None:
        address, question = agreement.price_question(RideRecord(RIDE), LATER, 3, 10.0, "ride/r1")
        assert address == "pricing"
        assert question == AskPrice("ride/r1", 3, TRIP.pickup, TRIP.dropoff, "", 7200.0)

    def test_a_quote_is_asked_for_the_passenger_who_has_the_ride(self) -> None:
        message = replace(NOW_PLEASE, quote_id=QuoteId("q1"), passenger=replace(ANN, name="Eve"))
        address, question = agreement.price_question(ride_that_is(PENDING), message, 3, 10.0, "ride/r1")
        assert address == "quote/q1"
        assert question == UseQuote(QuoteId("q1"), RIDE, 3, ANN.passenger_id, TRIP.pickup, TRIP.dropoff, "")

    def test_an_answer_settles_the_booking_and_what_waits_behind_it(self) -> None:
        question, cancel = agreement.OpenQuestion(), CancelRide(ASKER, RIDE)
        question.ask(NOW_PLEASE, 3)
        question.waiting = (cancel,)
        assert question.answered(2) is None, "an answer to an older question"
        assert question.answered(3) is NOW_PLEASE
        assert question.in_hand == (NOW_PLEASE, cancel)
        assert question.answered(3) is None
        assert question.take_all() == (NOW_PLEASE, cancel)

    def test_what_is_asked_again_in_the_turn_that_is_lost_is_taken_once(self) -> None:
        question, cancel = agreement.OpenQuestion(), CancelRide(ASKER, RIDE)
        question.ask(NOW_PLEASE, 3)
        question.waiting = (cancel,)
        question.answered(3)
        question.ask(NOW_PLEASE, 4)
        question.waiting = (cancel,)
        assert question.take_all() == (NOW_PLEASE, cancel)
        assert question.take_all() == ()

    def test_what_waits_for_an_answer_that_will_not_come_is_taken_all_at_once(self) -> None:
        question, cancel = agreement.OpenQuestion(), CancelRide(ASKER, RIDE)
        question.ask(NOW_PLEASE, 3)
        question.waiting = (cancel,)
        assert question.take_all() == (NOW_PLEASE, cancel)
        assert question.take_all() == ()


def test_a_passenger_hears_which_ride_is_open() -> None:
    assert "ride r7 of this passenger is open" in agreement.busy_text(RideId("r7"))
