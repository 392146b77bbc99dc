"""The offers of one driver: which one an answer means, which closing a late answer gets, and what a rebuilt actor must tell."""

from __future__ import annotations

import pytest

from dispatch.domain.driver.decisions import CLOSINGS_REMEMBERED, OfferEnding, Offers, ending_on_record
from dispatch.ids import DriverId, OfferId, RideId
from dispatch.messages.base import Message
from dispatch.messages.events import (
    DriverReserved,
    OfferDeclined,
    OfferPlaced,
    OffersClosed,
    OffersMade,
    RideAssigned,
    RideCancelled,
    RideRequested,
    SearchFailed,
)
from dispatch.messages.notices import OfferClosed, OfferMade
from dispatch.words import OfferOutcome
from tests.actors.rig import ANN, CARD, DAN, EVE, OTHER_RIDE, RIDE, TRIP, lease

D1, D2 = DAN.driver_id, EVE.driver_id
O1, O2 = OfferId("r1.1.1"), OfferId("r1.1.2")


def holding(*rides: RideId) -> Offers:
    offers = Offers()
    for seq, ride_id in enumerate(rides, start=1):
        offers.open[ride_id] = OfferMade(lease(ride_id), CARD, seq=seq)
    return offers


def closing(seq: int, reason: str = "taken", ride_id: RideId = RIDE, serial: int = 1) -> OfferClosed:
    return OfferClosed(ride_id, offer_id=lease(ride_id, serial).offer_id, reason=reason, seq=seq)


class TestOpen:
    @pytest.mark.parametrize(
        ("ride_id", "offer_id", "is_meant"),
        [(RIDE, None, True), (RIDE, O1, True), (RIDE, O2, False), (OTHER_RIDE, None, False)],
    )
    def test_an_answer_means_the_offer_of_its_ride_unless_it_names_another_one(
        self, ride_id: RideId, offer_id: OfferId | None, is_meant: bool
    ) -> None:
        assert (holding(RIDE).meant_by(ride_id, offer_id) is not None) == is_meant

    def test_a_closing_closes_its_own_offer_and_no_other_of_the_same_ride(self) -> None:
        offers = holding(RIDE)
        offers.close(closing(2, serial=2))
        assert list(offers.open) == [RIDE]
        offers.close(closing(3))
        assert offers.open == {}


class TestClosings:
    def test_a_late_answer_gets_the_closing_of_the_offer_it_names_or_the_last_one_of_its_ride(self) -> None:
        offers, first, second = Offers(), closing(1), closing(2, "expired", serial=2)
        offers.close(first)
        offers.close(second)
        offers.close(closing(3, ride_id=OTHER_RIDE))
        assert offers.closing_of(RIDE, O1) == first
        assert offers.closing_of(RIDE, None) == second

    def test_the_closing_of_another_ride_is_none_of_this_one(self) -> None:
        offers = Offers()
        offers.close(closing(1))
        assert offers.closing_of(OTHER_RIDE, O1) is None
        assert offers.closing_of(OTHER_RIDE, None) is None

    def test_only_the_last_closings_are_remembered(self) -> None:
        offers = Offers()
        for serial in range(CLOSINGS_REMEMBERED + 1):
            offers.close(closing(serial, serial=serial))
        known = [
            serial
            for serial in range(CLOSINGS_REMEMBERED + 1)
            if offers.closing_of(RIDE, closing(0, serial=serial).offer_id)
        ]
        assert known == list(range(1, CLOSINGS_REMEMBERED + 1))


class TestLost:
    def test_open_offers_and_the_accepted_one_cannot_be_answered_any_more(self) -> None:
        offers = holding(RIDE, OTHER_RIDE)
        accepted = DriverReserved(RideId("r3"), D1, OfferId("r3.1.1"), 1, 1)
        endings = offers.lose(accepted, last_seq=9)
        assert [(ending.ride_id, ending.reason) for ending in endings] == [
            (RIDE, "unavailable"),
            (OTHER_RIDE, "unavailable"),
            ("r3", "unavailable"),
        ]
        assert offers.open == {}

    @pytest.mark.parametrize(
        ("reason", "told"),
        [("taken", "taken"), ("expired", "expired"), ("declined", "unavailable"), ("driver_busy", "unavailable")],
    )
    def test_a_closing_that_was_never_told_is_told_again_unless_it_says_what_the_driver_did(
        self, reason: str, told: str
    ) -> None:
        offers = Offers()
        offers.close(closing(4))
        offers.close(closing(5, reason, serial=2))
        assert offers.lose(None, last_seq=4) == (OfferEnding(RIDE, O2, told),)
        assert offers.closing_of(RIDE, O2) is None
        assert offers.closing_of(RIDE, O1) is not None


MADE = OffersMade(RIDE, 1, 1, (OfferPlaced(O2, D2, 1.0), OfferPlaced(O1, D1, 2.0)), 30.0)
MADE_AGAIN = OffersMade(RIDE, 2, 1, (OfferPlaced(OfferId("r1.2.1"), D1, 2.0),), 60.0)


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ((MADE,), "unavailable"),
        ((MADE, OffersClosed(RIDE, (O1,), (D1,), OfferOutcome.EXPIRED)), "expired"),
        ((MADE, OffersClosed(RIDE, (O1,), (D1,), OfferOutcome.VANISHED)), "unavailable"),
        ((MADE, OffersClosed(RIDE, (O2,), (D2,), OfferOutcome.EXPIRED)), "unavailable"),
        ((MADE, OfferDeclined(RIDE, D1, O1)), "declined"),
        ((MADE, OfferDeclined(RIDE, D1, O1), RideCancelled(RIDE, "passenger")), "declined"),
        ((MADE, RideAssigned(RIDE, EVE, O2, 1, 5.0)), "taken"),
        ((MADE, RideCancelled(RIDE, "passenger")), "cancelled"),
        ((MADE, RideRequested(RIDE, 2, ANN, TRIP, 9.0)), "superseded"),
        ((MADE, SearchFailed(RIDE, "nobody accepted", 4, 9)), "expired"),
    ],
)
def test_the_events_of_a_ride_tell_how_the_offer_of_a_driver_ended(events: tuple[Message, ...], reason: str) -> None:
    assert ending_on_record(events, D1, None) == OfferEnding(RIDE, O1, reason)
    assert ending_on_record(events, D1, O1) == OfferEnding(RIDE, O1, reason)


def test_an_offer_of_somebody_else_or_of_another_id_is_not_the_drivers() -> None:
    assert ending_on_record((MADE,), DriverId("d3"), None) is None
    assert ending_on_record((MADE,), D1, O2) is None


def test_without_an_id_the_last_offer_counts_and_with_one_that_offer() -> None:
    events = (MADE, RideRequested(RIDE, 2, ANN, TRIP, 9.0), MADE_AGAIN, RideCancelled(RIDE, "passenger"))
    assert ending_on_record(events, D1, None) == OfferEnding(RIDE, OfferId("r1.2.1"), "cancelled")
    assert ending_on_record(events, D1, O1) == OfferEnding(RIDE, O1, "superseded")
