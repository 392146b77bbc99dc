"""What the operator's people ask of a ride: booked for a caller whom no app speaks for."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from dispatch.actors.ride import RideActor
from dispatch.domain.ride.record import RideRules
from dispatch.ids import OfferId, QuoteId
from dispatch.messages.commands import (
    Attach,
    CancelRide,
    ChangeFare,
    Detach,
    EditRide,
    FindDriver,
    ReassignRide,
    ReportArrived,
)
from dispatch.messages.events import CallerTexted, RideAssigned, RideRequested, StaffActed
from dispatch.messages.matching import AnnounceHold, ClaimRide, DeskAnswered, ForDriver, SearchDriver, SearchExhausted
from dispatch.messages.notices import NoteNews, PassengerSnapshot
from dispatch.messages.providers import NotPriced, Priced, QuoteRefused, TextSent
from dispatch.principals import OPERATIONS, Principal, Role
from dispatch.values import FareLine, Money, Place, Price
from dispatch.words import RefusalCode, RideStatus
from tests.actors.rig import ANN, AS_ANN, AS_DAN, DAN, DEARER, EVE, RIDE, TRIP, Rig

CHANGES = (
    CancelRide(OPERATIONS, RIDE, "a complaint", reply_to="request/1"),
    ReassignRide(OPERATIONS, RIDE, "request/1", "late"),
    ChangeFare(OPERATIONS, RIDE, "request/1", 80.0, "agreed"),
    EditRide(OPERATIONS, RIDE, "request/1", note="gate"),
)
MAX = Principal(Role.STAFF, "p-max", is_manager=True)
CHANGES_OF_MAX = (
    ChangeFare(MAX, RIDE, "request/1", 80.0, "agreed"),
    ReassignRide(MAX, RIDE, "request/1", "late"),
    CancelRide(MAX, RIDE, "a complaint", reply_to="request/1"),
)
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
        assert [type(event) for event in rig.journal.events_of("ride/r1")] == [RideRequested, StaffActed]
        assert requested(rig)[0].booked_by == "ops"

    def test_it_stays_when_an_app_has_looked_at_it_and_gone(self) -> None:
        rig = ride_of_a_caller()
        rig.tell("ride/r1", CALL, Attach(AS_ANN, PASSENGER, (0, 5)), Detach(AS_ANN, (0, 5)))
        rig.wait(RideRules().link_grace_s + 100.0)
        rig.tell("ride/r1", AnnounceHold(ANN.passenger_id))
        assert [type(event) for event in rig.journal.events_of("ride/r1")] == [RideRequested, StaffActed]

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
        rig.tell("ride/r1", Attach(AS_ANN, PASSENGER, (0, 5)), FindDriver(AS_ANN, RIDE, TRIP, ANN), CALL)
        assert [answer.code for answer in rig.heard(DESK)] == [RefusalCode.ID_REUSED]
        assert len(requested(rig)) == 1

    @pytest.mark.parametrize(
        ("call", "refusal", "code"),
        [
            (CALL, NotPriced((0, 2), "down"), RefusalCode.UNAVAILABLE),
            (
                replace(CALL, quote_id=QuoteId("q1")),
                QuoteRefused(RIDE, (0, 2), RefusalCode.QUOTE_EXPIRED, "too old"),
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


def claim(driver: Any, round_no: int = 1, search_no: int = 1) -> ClaimRide:
    """From right beside the pickup, or not: two drivers are equally near."""
    return ClaimRide(RIDE, search_no, round_no, OfferId(f"r1.{search_no}.{driver.driver_id}"), driver, -26.195, 28.0473)


ELM_ST = Place(-26.25, 28.05, "9 Elm St")


class TestEditing:
    def test_other_places_are_searched_for_anew_and_are_as_far_as_the_server_says(self) -> None:
        rig = ride_of_a_caller()
        rig.tell("ride/r1", Attach(AS_ANN, PASSENGER, (0, 5)), CALL, EditRide(OPERATIONS, RIDE, DESK, pickup=ELM_ST))
        first, again = requested(rig)
        assert (again.search_no, again.trip.pickup, again.trip.dropoff) == (2, ELM_ST, TRIP.dropoff)
        assert again.trip.distance_km > first.trip.distance_km and again.trip.fare == first.trip.fare
        assert (again.booked_by, again.body) == (first.booked_by, first.body)
        assert [answer.code for answer in rig.heard(DESK)] == ["", ""]
        searched = [message for message in rig.heard(DISPATCHER) if isinstance(message, SearchDriver)]
        assert searched[-1].ride.trip.pickup == ELM_ST
        snapshot = [notice for notice in rig.heard(PASSENGER) if isinstance(notice, PassengerSnapshot)][-1]
        assert snapshot.trip is not None and snapshot.trip.pickup == ELM_ST

    def test_an_app_that_repeats_its_booking_undoes_no_edit(self) -> None:
        rig = ride_of_a_caller()
        booked = FindDriver(AS_ANN, RIDE, TRIP, ANN)
        rig.tell(
            "ride/r1",
            Attach(AS_ANN, PASSENGER, (0, 5)),
            booked,
            EditRide(OPERATIONS, RIDE, DESK, pickup=ELM_ST),
            booked,
        )
        assert [event.trip.pickup for event in requested(rig)] == [TRIP.pickup, ELM_ST]

    def test_an_edit_of_an_edit_builds_on_it(self) -> None:
        rig = ride_of_a_caller()
        rig.tell(
            "ride/r1",
            CALL,
            EditRide(OPERATIONS, RIDE, DESK, pickup=ELM_ST),
            EditRide(OPERATIONS, RIDE, DESK, note="gate"),
        )
        trip = requested(rig)[-1].trip
        assert (trip.pickup, trip.note) == (ELM_ST, "gate")

    def test_where_the_server_sets_prices_the_ride_is_priced_anew_once_somebody_says_it(self) -> None:
        rig = ride_of_a_caller(RideRules(pricing="http", price_patience_s=10.0))
        rig.tell("ride/r1", CALL)
        rig.tell("ride/r1", Priced(rig.heard("pricing")[-1].number, price(9000)))
        rig.tell(
            "ride/r1", EditRide(OPERATIONS, RIDE, DESK, pickup=ELM_ST), EditRide(OPERATIONS, RIDE, DESK, note="gate")
        )
        assert [event.trip.fare for event in requested(rig)] == [90.0], "a price is asked for first"
        for minor in (12000, 12000):
            rig.tell("ride/r1", Priced(rig.heard("pricing")[-1].number, price(minor)))
        assert [event.trip.fare for event in requested(rig)] == [90.0, 120.0, 120.0]
        assert (requested(rig)[-1].trip.pickup, requested(rig)[-1].trip.note) == (ELM_ST, "gate")
        assert [answer.code for answer in rig.heard(DESK)] == ["", "", ""]

    def test_a_driver_who_comes_first_keeps_the_places_and_staff_hear_so(self) -> None:
        rig = ride_of_a_caller(RideRules(pricing="http", price_patience_s=10.0))
        rig.tell("ride/r1", CALL)
        rig.tell("ride/r1", Priced(rig.heard("pricing")[-1].number, price(9000)))
        rig.tell("ride/r1", EditRide(OPERATIONS, RIDE, DESK, pickup=ELM_ST), claim(DAN))
        rig.tell("ride/r1", Priced(rig.heard("pricing")[-1].number, price(12000)))
        assert [answer.code for answer in rig.heard(DESK)] == ["", "illegal_now"]
        assert [event.trip.pickup for event in requested(rig)] == [TRIP.pickup]

    def test_a_new_note_reaches_both_sides(self) -> None:
        rig = ride_of_a_caller()
        rig.tell(
            "ride/r1",
            Attach(AS_ANN, PASSENGER, (0, 5)),
            CALL,
            claim(DAN),
            EditRide(OPERATIONS, RIDE, DESK, note="gate"),
        )
        told = [notice for notice in rig.heard(PASSENGER) if isinstance(notice, NoteNews)]
        driver = [word.notice for word in rig.heard("driver/d1") if isinstance(word, ForDriver)]
        assert [notice.note for notice in (*told, *driver)] == ["gate", "gate"]


def price(minor: int) -> Price:
    """What somebody says that it costs."""
    return Price(Money(minor, "ZAR"), (FareLine("base", minor),), 5200, 900)


class TestAudit:
    def test_what_staff_did_is_in_one_commit_with_the_deed_and_says_who(self) -> None:
        rig = ride_of_a_caller()
        rig.tell("ride/r1", CALL, EditRide(MAX, RIDE, DESK, note="gate"), claim(DAN, search_no=2), *CHANGES_OF_MAX)
        acts = [event for event in rig.journal.events_of("ride/r1") if isinstance(event, StaffActed)]
        assert [(act.staff_id, act.action) for act in acts] == [
            ("ops", "book"),
            ("p-max", "edit"),
            ("p-max", "fare"),
            ("p-max", "reassign"),
            ("p-max", "close"),
        ]

    def test_what_was_refused_is_no_act(self) -> None:
        rig = ride_of_a_caller()
        rig.tell("ride/r1", CALL, ChangeFare(MAX, RIDE, DESK, 80.0, "agreed"))
        acts = [event for event in rig.journal.events_of("ride/r1") if isinstance(event, StaffActed)]
        assert [act.action for act in acts] == ["book"]


class TestIntervening:
    @pytest.mark.parametrize("change", CHANGES, ids=lambda change: type(change).__name__)
    def test_staff_hear_at_once_that_nothing_reached_the_disk(self, change: Any) -> None:
        rig = ride_of_a_caller()
        rig.tell("ride/r1", CALL, claim(DAN))
        rig.heard(DESK)
        rig.disk_is_full(True)
        rig.tell("ride/r1", change)
        assert [answer.code for answer in rig.heard(DESK)] == [RefusalCode.UNAVAILABLE]

    @pytest.mark.parametrize("change", CHANGES, ids=lambda change: type(change).__name__)
    def test_staff_hear_at_once_that_the_ride_failed(self, change: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        rig = Rig(supervised=True)
        rig.listen(DESK, DISPATCHER, "driver/d1")
        rig.ride()
        rig.tell("ride/r1", CALL, claim(DAN))
        rig.heard(DESK)

        def fail(actor: RideActor, message: Any) -> None:
            raise ValueError("a secret")

        monkeypatch.setitem(RideActor.handlers, type(change), fail)
        rig.tell("ride/r1", change)
        (answer,) = rig.heard(DESK)
        assert answer.code == RefusalCode.INTERNAL and "a secret" not in answer.text

    def test_whoever_staff_asked_has_the_ride_though_others_might_do_better(self) -> None:
        rig = ride_of_a_caller(RideRules(accept_window_s=5.0))
        rig.tell("ride/r1", CALL, claim(EVE), claim(DAN, round_no=0))
        assigned = [event for event in rig.journal.events_of("ride/r1") if type(event) is RideAssigned]
        assert [event.driver for event in assigned] == [DAN]

    def test_a_ride_that_was_woken_by_a_mistaken_id_leaves_memory(self) -> None:
        rig = ride_of_a_caller()
        rig.tell("ride/r1", CHANGES[0])
        assert [answer.code for answer in rig.heard(DESK)] == [RefusalCode.NO_SUCH_RIDE]
        rig.wait(RideRules().retire_after_s + 1.0)
        assert rig.runtime.actor("ride/r1") is None


class TestTexts:
    def another_life(self, rig: Rig) -> list[Any]:
        """Another process goes on. Returns what it has texted."""
        rig.runtime.lose(frozenset(("ride",)))
        rig.ride()
        rig.wait(0.0)
        return rig.heard("texts")

    def called(self, *then: Any) -> Rig:
        rig = ride_of_a_caller()
        rig.listen("texts")
        rig.tell("ride/r1", CALL, *then)
        return rig

    def test_a_text_is_asked_for_by_every_life_until_it_has_left(self) -> None:
        rig = self.called(claim(DAN))
        (text,) = rig.heard("texts")
        assert (text.driver, text.number) == (DAN, 1)
        assert self.another_life(rig) == self.another_life(rig) == [text]
        rig.tell("ride/r1", TextSent(1), TextSent(1))
        assert self.another_life(rig) == []
        assert [type(event) for event in rig.journal.events_of("ride/r1")].count(CallerTexted) == 1

    def test_that_nobody_comes_is_texted_by_a_later_life_which_then_leaves_memory(self) -> None:
        rig = self.called(SearchExhausted(1, "nobody near", 4, 0))
        (text,) = rig.heard("texts")
        assert text.driver is None and self.another_life(rig) == [text]
        rig.tell("ride/r1", TextSent(1))
        rig.wait(RideRules().retire_after_s + 1.0)
        assert rig.runtime.actor("ride/r1") is None

    def test_a_driver_who_is_there_already_is_not_texted_of_any_more(self) -> None:
        rig = self.called(claim(DAN), ReportArrived(AS_DAN, RIDE))
        rig.heard("texts")
        assert self.another_life(rig) == []

    def test_the_word_about_an_older_text_settles_no_newer_one(self) -> None:
        rig = self.called(claim(DAN), ReassignRide(OPERATIONS, RIDE, DESK, "late"), claim(EVE, search_no=3))
        assert [(text.driver, text.number) for text in rig.heard("texts")] == [(DAN, 1), (EVE, 2)]
        rig.tell("ride/r1", TextSent(1))
        assert [text.number for text in self.another_life(rig)] == [2]

    def test_nobody_is_texted_of_a_ride_that_an_app_booked(self) -> None:
        rig = ride_of_a_caller()
        rig.listen("texts")
        rig.tell("ride/r1", Attach(AS_ANN, PASSENGER, (0, 5)), FindDriver(AS_ANN, RIDE, TRIP, ANN), claim(DAN))
        assert rig.heard("texts") == [] == self.another_life(rig)
