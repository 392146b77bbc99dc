"""Booking at a price for which somebody must be asked: what the passenger says meanwhile, and answers that come late or never."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from dispatch.actors.ride import RideActor
from dispatch.domain.places.zones import ZoneMap, tile_of
from dispatch.domain.ride.agreement import MOST_WAITING, at_price
from dispatch.domain.ride.record import RideRules
from dispatch.ids import QuoteId
from dispatch.messages.commands import Attach, CancelRide, Detach, FindDriver
from dispatch.messages.events import RideRequested
from dispatch.messages.matching import SearchDriver
from dispatch.messages.providers import AskPrice, NotPriced, Priced, QuoteGranted, QuoteRefused, UseQuote
from dispatch.values import FareLine, Money, Price
from tests.actors.rig import ANN, AS_ANN, DEARER, RIDE, TRIP, Rig, command, in_short
from tests.scenarios.theatre import Harm

PASSENGER, DISPATCHER, QUOTE = "session/5", "dispatcher/0", "quote/q1"
PRICE = Price(Money(9310, "ZAR"), (FareLine("base", 9310),), 5400, 870)
ASKED_BY_HTTP = RideRules(pricing="http", price_patience_s=10.0)
BOOKING = FindDriver(AS_ANN, RIDE, TRIP, ANN, command())
WITH_QUOTE = FindDriver(AS_ANN, RIDE, TRIP, ANN, command(), quote_id=QuoteId("q1"))


def priced_ride(options: RideRules | None = None) -> Rig:
    rig = Rig()
    rig.listen(PASSENGER, DISPATCHER, QUOTE, "pricing", "driver/d1")
    rig.ride(options)
    rig.tell("ride/r1", Attach(AS_ANN, PASSENGER, (0, 5)))
    return rig


def said(rig: Rig) -> list[str]:
    return [in_short(message) for message in rig.heard(PASSENGER)]


def requests(rig: Rig) -> list[Any]:
    return [event for event in rig.journal.events_of("ride/r1") if type(event) is RideRequested]


def test_a_ride_is_booked_at_the_providers_price_and_the_apps_figures_are_kept_as_its_claim() -> None:
    rig = priced_ride(ASKED_BY_HTTP)
    rig.tell("ride/r1", BOOKING)
    assert rig.heard("pricing") == [AskPrice("ride/r1", (0, 2), TRIP.pickup, TRIP.dropoff, "", 0.0)]
    assert (requests(rig), rig.heard(DISPATCHER)) == ([], [])
    rig.tell("ride/r1", Priced((0, 2), PRICE))
    (request,) = requests(rig)
    assert (request.trip.fare, request.trip.distance_km, request.trip.duration_min) == (93.1, 5.4, 14.5)
    assert (request.claim, request.price, request.quote_id) == (TRIP, PRICE, None)
    (search,) = rig.heard(DISPATCHER)
    assert search.ride.trip == request.trip == at_price(TRIP, PRICE)


def test_a_quote_is_asked_for_its_price_whoever_sets_the_others() -> None:
    rig = priced_ride()
    rig.tell("ride/r1", WITH_QUOTE)
    assert rig.heard(QUOTE) == [UseQuote(QuoteId("q1"), RIDE, (0, 2), ANN.passenger_id, TRIP.pickup, TRIP.dropoff, "")]
    rig.tell("ride/r1", QuoteGranted(RIDE, (0, 2), PRICE))
    assert [(request.price, request.quote_id) for request in requests(rig)] == [(PRICE, "q1")]
    rig.tell("ride/r1", FindDriver(AS_ANN, RIDE, TRIP, ANN, command("k2"), quote_id=QuoteId("q1")))
    assert (said(rig), rig.heard(QUOTE)) == (["PassengerSnapshot:pending", "Ack:ok", "Ack:ok"], [])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (QuoteRefused(RIDE, (0, 2), "quote_expired", "too old"), "Refused:quote_expired"),
        (QuoteRefused(RIDE, (0, 2), "unavailable", "disk_full"), "Refused:unavailable"),
        (NotPriced((0, 2), "down"), "Refused:unavailable"),
    ],
)
def test_without_a_price_nothing_is_booked_and_the_app_is_told(answer: Any, told: str) -> None:
    rig = priced_ride()
    rig.tell("ride/r1", WITH_QUOTE, answer)
    assert (said(rig), requests(rig)) == ([told], [])
    rig.tell("ride/r1", FindDriver(AS_ANN, RIDE, TRIP, ANN, command("k2")))
    assert len(requests(rig)) == 1


def test_a_refusal_names_the_field_and_is_said_again_to_the_same_command() -> None:
    rig = priced_ride()
    rig.tell("ride/r1", WITH_QUOTE, QuoteRefused(RIDE, (0, 2), "quote_expired", "too old"), WITH_QUOTE)
    first, again = rig.heard(PASSENGER)
    assert (first.field, first.id, again) == ("quote_id", "k1", first)


def test_nobody_waits_for_a_price_for_ever_and_one_that_comes_too_late_is_ignored() -> None:
    rig = priced_ride(ASKED_BY_HTTP)
    rig.tell("ride/r1", BOOKING)
    rig.wait(9.9)
    assert said(rig) == []
    rig.wait(0.2)
    assert said(rig) == ["Refused:unavailable"]
    rig.tell("ride/r1", Priced((0, 2), PRICE))
    assert requests(rig) == []
    rig.tell("ride/r1", BOOKING, Priced((0, 2), PRICE))
    assert requests(rig) == [], "the answer to the first question is none to the second"
    rig.tell("ride/r1", Priced((0, 3), PRICE))
    rig.wait(20.0)
    assert (len(requests(rig)), said(rig)) == (1, [])


def test_a_cancel_that_comes_meanwhile_waits_its_turn_and_cancels_the_booking() -> None:
    rig = priced_ride(ASKED_BY_HTTP)
    rig.tell("ride/r1", BOOKING, CancelRide(AS_ANN, RIDE, command=command("k2")))
    assert said(rig) == []
    rig.tell("ride/r1", Priced((0, 2), PRICE))
    assert said(rig) == ["RideEnded:passenger", "Ack:ok", "Ack:ok"]
    rig.tell("ride/r1", NotPriced((0, 2), "late"))
    assert said(rig) == []


def test_the_same_frame_sent_again_meanwhile_books_once_and_other_terms_are_asked_for_in_their_turn() -> None:
    rig = priced_ride(ASKED_BY_HTTP)
    rig.tell("ride/r1", BOOKING, BOOKING, FindDriver(AS_ANN, RIDE, DEARER, ANN, command("k2")))
    assert len(rig.heard("pricing")) == 1
    rig.tell("ride/r1", Priced((0, 2), PRICE))
    assert (len(requests(rig)), [question.number for question in rig.heard("pricing")]) == (1, [(0, 3)])
    rig.tell("ride/r1", Priced((0, 3), PRICE))
    assert [(request.search_no, request.claim) for request in requests(rig)] == [(1, TRIP), (2, DEARER)]


def test_too_much_said_meanwhile_is_turned_away() -> None:
    rig = priced_ride(ASKED_BY_HTTP)
    rig.tell("ride/r1", BOOKING, *(CancelRide(AS_ANN, RIDE) for _ in range(MOST_WAITING + 1)))
    assert said(rig) == ["Refused:unavailable"]


def test_an_app_that_asks_for_the_same_trip_without_its_quote_asks_for_something_else() -> None:
    rig = priced_ride()
    rig.tell(
        "ride/r1", WITH_QUOTE, QuoteGranted(RIDE, (0, 2), PRICE), FindDriver(AS_ANN, RIDE, TRIP, ANN, command("k2"))
    )
    assert [(request.search_no, request.trip.fare) for request in requests(rig)] == [(1, 93.1), (2, 85.5)]


def test_a_ride_that_is_made_anew_still_waits_for_its_price() -> None:
    rig = Rig(supervised=True)
    rig.listen(PASSENGER, DISPATCHER, "pricing")
    rig.ride(ASKED_BY_HTTP)
    rig.tell("ride/r1", Attach(AS_ANN, PASSENGER, (0, 5)), BOOKING)
    rig.runtime.rebuild("ride/r1")
    rig.tell("ride/r1", Priced((0, 2), PRICE))
    assert [request.claim for request in requests(rig)] == [TRIP]


def a_bug(actor: RideActor, message: CancelRide) -> None:
    raise Harm("a cancel hurts")


def test_what_waited_when_a_turn_was_lost_is_told_so_and_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig(supervised=True)
    rig.listen(PASSENGER, DISPATCHER, "pricing")
    rig.ride(ASKED_BY_HTTP)
    rig.tell("ride/r1", Attach(AS_ANN, PASSENGER, (0, 5)), BOOKING, CancelRide(AS_ANN, RIDE, command=command("k2")))
    with monkeypatch.context() as while_it_hurts:
        while_it_hurts.setitem(RideActor.handlers, CancelRide, a_bug)
        rig.tell("ride/r1", Priced((0, 2), PRICE))
    assert (said(rig), requests(rig)) == (["Refused:internal", "Refused:internal"], [])
    rig.tell("ride/r1", BOOKING)
    rig.tell("ride/r1", Priced((0, 4), PRICE))
    assert len(requests(rig)) == 1


def test_a_booking_whose_turn_fails_at_its_very_end_is_told_so_and_may_be_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lost(actor: RideActor, message: Any) -> None:
        raise Harm("nothing reaches the journal")

    rig = Rig(supervised=True)
    rig.listen(PASSENGER, DISPATCHER, "pricing")
    rig.ride(ASKED_BY_HTTP)
    rig.tell("ride/r1", Attach(AS_ANN, PASSENGER, (0, 5)), BOOKING)
    with monkeypatch.context() as while_it_hurts:
        while_it_hurts.setattr(RideActor, "_end_turn", lost)
        rig.tell("ride/r1", Priced((0, 2), PRICE))
    assert (said(rig), requests(rig)) == (["Refused:internal"], [])
    rig.tell("ride/r1", BOOKING)
    rig.tell("ride/r1", Priced((0, 4), PRICE))
    assert len(requests(rig)) == 1


def test_a_question_whose_answer_cannot_be_stored_is_turned_away_once() -> None:
    rig = priced_ride(ASKED_BY_HTTP)
    rig.tell("ride/r1", BOOKING)
    rig.disk_is_full(True)
    rig.tell("ride/r1", Priced((0, 2), PRICE))
    assert said(rig) == ["Refused:unavailable"]
    rig.disk_is_full(False)
    rig.tell("ride/r1", BOOKING, Priced((0, 4), PRICE))
    assert len(requests(rig)) == 1


def test_a_late_answer_to_a_question_of_an_earlier_life_prices_nothing() -> None:
    """The passenger left, the ride left memory, and came back for another trip before the first answer came."""
    rig = priced_ride(msgspec.structs.replace(ASKED_BY_HTTP, price_patience_s=1.0, retire_after_s=0.0))
    rig.tell("ride/r1", BOOKING)
    rig.tell("ride/r1", Detach(AS_ANN, (0, 5)))
    assert rig.runtime.actor("ride/r1") is not None, "not while a price is asked for"
    rig.wait(1.0)
    assert rig.runtime.actor("ride/r1") is None
    (first,) = rig.heard("pricing")
    rig.tell("ride/r1", Attach(AS_ANN, PASSENGER, (0, 6)), FindDriver(AS_ANN, RIDE, DEARER, ANN))
    (second,) = rig.heard("pricing")
    rig.tell("ride/r1", Priced(first.number, PRICE))
    assert requests(rig) == []
    rig.tell("ride/r1", Priced(second.number, PRICE))
    assert [request.claim for request in requests(rig)] == [DEARER]


def test_a_passenger_who_left_while_the_price_was_asked_for_is_waited_for_as_any_other() -> None:
    rig = priced_ride(msgspec.structs.replace(ASKED_BY_HTTP, link_grace_s=20.0))
    rig.tell("ride/r1", BOOKING)
    rig.tell("ride/r1", Detach(AS_ANN, (0, 5)))
    (question,) = rig.heard("pricing")
    rig.tell("ride/r1", Priced(question.number, PRICE))
    rig.wait(19.9)
    assert [type(event).__name__ for event in rig.journal.events_of("ride/r1")] == ["RideRequested"]
    rig.wait(0.1)
    (_, ended) = rig.journal.events_of("ride/r1")
    assert (ended.by, ended.reason) == ("system", "the passenger left")


def test_a_ride_belongs_to_the_zone_of_its_first_pickup_whatever_it_asks_for_later() -> None:
    pickup = TRIP.pickup
    zones = ZoneMap(1, {tile_of(pickup.lat, pickup.lon): "west", tile_of(pickup.lat, pickup.lon + 1.0): "east"})
    rig = Rig()
    rig.listen("dispatcher/west", "dispatcher/east")
    rig.ride(RideRules(zones=zones))
    rig.tell("ride/r1", FindDriver(AS_ANN, RIDE, TRIP, ANN))
    elsewhere = replace(TRIP, pickup=replace(pickup, lon=pickup.lon + 1.0))
    rig.tell("ride/r1", FindDriver(AS_ANN, RIDE, elsewhere, ANN))
    assert [type(message) for message in rig.heard("dispatcher/west")] == [SearchDriver, SearchDriver]
    assert rig.heard("dispatcher/east") == []
