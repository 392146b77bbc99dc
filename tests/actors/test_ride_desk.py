"""What the operator's people ask of a ride: booked for a caller whom no app speaks for."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from dispatch.domain.ride.record import RideRules
from dispatch.ids import QuoteId
from dispatch.messages.commands import Attach, Detach, FindDriver
from dispatch.messages.events import RideRequested
from dispatch.messages.matching import AnnounceHold, DeskAnswered
from dispatch.messages.providers import NotPriced, QuoteRefused
from dispatch.principals import OPERATIONS
from dispatch.words import RefusalCode, RideStatus
from tests.actors.rig import ANN, AS_ANN, DEARER, RIDE, TRIP, Rig

DESK, DISPATCHER, PASSENGER, QUOTE = "request/1", "dispatcher/0", "session/5", "quote/q1"
CALL = FindDriver(OPERATIONS, RIDE, TRIP, ANN, reply_to=DESK, body=7)


def ride_of_a_caller(options: RideRules | None = None) -> Rig:
    rig = Rig()
    rig.listen(DESK, DISPATCHER, PASSENGER, QUOTE, "pricing", "passenger/p1", "driver/d1")
    rig.ride(options)
    return rig


def requested(rig: Rig) -> list[Any]:
    return [event for event in rig.journal.events_of("ride/r1") if type(event) is RideRequested]


class TestBooking:
    def test_it_is_searched_for_as_long_as_any_though_nobody_is_connected(self) -> None:
        rig = ride_of_a_caller()
        rig.tell("ride/r1", CALL)
        rig.wait(RideRules().link_grace_s + 100.0)
        assert rig.heard(DESK) == [DeskAnswered(RideStatus.PENDING)]
        assert [type(event) for event in rig.journal.events_of("ride/r1")] == [RideRequested]
        assert requested(rig)[0].booked_by == "ops"

    def test_it_stays_when_an_app_has_looked_at_it_and_gone(self) -> None:
        rig = ride_of_a_caller()
        rig.tell("ride/r1", CALL, Attach(AS_ANN, PASSENGER, 5), Detach(AS_ANN, 5))
        rig.wait(RideRules().link_grace_s + 100.0)
        rig.tell("ride/r1", AnnounceHold(ANN.passenger_id))
        assert [type(event) for event in rig.journal.events_of("ride/r1")] == [RideRequested]

    def test_a_second_ride_of_the_caller_is_no_question_for_anybody(self) -> None:
        rig = ride_of_a_caller()
        rig.tell("ride/r1", CALL)
        assert rig.heard("passenger/p1") == []
        assert len(requested(rig)) == 1

    def test_the_same_request_has_the_same_answer_and_another_one_books_nothing(self) -> None:
        rig = ride_of_a_caller()
        rig.tell("ride/r1", CALL, CALL, replace(CALL, trip=DEARER, body=8))
        done, again, reused = rig.heard(DESK)
        assert (done, again) == (DeskAnswered(RideStatus.PENDING), DeskAnswered(RideStatus.PENDING, again=True))
        assert reused.code == RefusalCode.ID_REUSED
        assert len(requested(rig)) == 1

    def test_an_id_of_a_passengers_own_ride_is_not_booked_over(self) -> None:
        rig = ride_of_a_caller()
        rig.tell("ride/r1", Attach(AS_ANN, PASSENGER, 5), FindDriver(AS_ANN, RIDE, TRIP, ANN), CALL)
        assert [answer.code for answer in rig.heard(DESK)] == [RefusalCode.ID_REUSED]
        assert len(requested(rig)) == 1

    @pytest.mark.parametrize(
        ("call", "refusal", "code"),
        [
            (CALL, NotPriced(2, "down"), RefusalCode.UNAVAILABLE),
            (
                replace(CALL, quote_id=QuoteId("q1")),
                QuoteRefused(RIDE, 2, RefusalCode.QUOTE_EXPIRED, "too old"),
                RefusalCode.QUOTE_EXPIRED,
            ),
        ],
    )
    def test_whoever_cannot_be_told_a_price_hears_why(self, call: FindDriver, refusal: Any, code: str) -> None:
        rig = ride_of_a_caller(RideRules(pricing="http", price_patience_s=10.0))
        rig.tell("ride/r1", call, refusal)
        assert [answer.code for answer in rig.heard(DESK)] == [code]
        assert requested(rig) == []

    def test_nobody_hears_of_a_booking_that_is_not_on_disk(self) -> None:
        rig = ride_of_a_caller()
        rig.disk_is_full(True)
        rig.tell("ride/r1", CALL)
        assert [answer.code for answer in rig.heard(DESK)] == [RefusalCode.UNAVAILABLE]
        assert requested(rig) == []
        rig.disk_is_full(False)
        rig.tell("ride/r1", CALL)
        assert rig.heard(DESK)[-1] == DeskAnswered(RideStatus.PENDING)
