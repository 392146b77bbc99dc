"""What a ride and a driver have in common: one connection speaks for them, their stream has no gap, and a command with an id is
carried out once.
"""

from typing import Any

import pytest

from dispatch.actors.driver import DriverActor
from dispatch.actors.parts.conversation import Memory
from dispatch.messages.commands import (
    AcceptOffer,
    Attach,
    CancelRide,
    DeclineOffer,
    Detach,
    FindDriver,
    SetAvailability,
)
from dispatch.messages.events import AvailabilitySet
from dispatch.messages.matching import ClaimGranted, CloseOffer, OfferRide, RoundOpened
from dispatch.messages.notices import Ack, Faulted, OfferMade, PassengerSnapshot, Refused, Replaced
from tests.actors.rig import ANN, AS_ANN, AS_DAN, CARD, DEARER, OFFER, RIDE, TRIP, Rig, command, in_short, lease

APP, NEWER, ME = "session/5", "session/6", "driver/d1"
ANSWERS_KEPT = Memory().answers
ONLINE, OFFERED = Attach(AS_DAN, APP, (0, 5)), OfferRide(lease(), CARD)


@pytest.fixture
def rig() -> Rig:
    """A driver who is online; the ride is a listener."""
    return online(Rig())


def online(rig: Rig) -> Rig:
    rig.listen(APP, NEWER, "dispatcher/0", "ride/r1")
    rig.driver()
    rig.tell(ME, ONLINE)
    rig.wait(1.0)
    return rig


def numbers(rig: Rig, address: str = APP) -> list[int]:
    return [notice.seq for notice in rig.heard(address) if hasattr(notice, "seq")]


class TestConnection:
    def test_a_newer_connection_replaces_the_one_before_and_hears_what_comes(self, rig: Rig) -> None:
        rig.tell(ME, Attach(AS_DAN, NEWER, (0, 6)), OFFERED)
        assert rig.heard(APP) == [Replaced()]
        assert [type(notice).__name__ for notice in rig.heard(NEWER)] == ["DriverSnapshot", "OfferMade"]

    def test_an_older_connection_that_comes_late_is_told_so_and_changes_nothing(self, rig: Rig) -> None:
        rig.listen("session/4")
        rig.tell(ME, Attach(AS_DAN, "session/4", (0, 4)), OFFERED)
        assert rig.heard("session/4") == [Replaced()]
        assert [type(notice) for notice in rig.heard(APP)] == [OfferMade]

    def test_the_end_of_an_older_connection_changes_nothing(self, rig: Rig) -> None:
        rig.tell(ME, Attach(AS_DAN, NEWER, (0, 6)), Detach(AS_DAN, (0, 5)), OFFERED)
        assert in_short(rig.heard(NEWER)[-1]) == "OfferMade"

    def test_what_is_said_without_a_connection_is_told_by_the_next_snapshot(self, rig: Rig) -> None:
        rig.tell(ME, OFFERED, Detach(AS_DAN, (0, 5)), Attach(AS_DAN, NEWER, (0, 6)))
        (snapshot,) = rig.heard(NEWER)
        assert (snapshot.status, snapshot.offer, snapshot.seq) == ("available", None, 3)

    def test_in_quarantine_its_connection_is_told_which_error_it_was(self, rig: Rig) -> None:
        rig.runtime.quarantine(ME, "e7")
        rig.tell(ME)
        assert rig.heard(APP) == [Faulted("e7")]


class TestStream:
    def test_numbers_rise_by_one_from_one(self, rig: Rig) -> None:
        rig.tell(ME, OFFERED, CloseOffer(OFFER, RIDE, "taken"), OfferRide(lease(serial=2), CARD))
        assert numbers(rig) == [1, 2, 3]

    def test_what_is_outside_the_stream_takes_no_number(self, rig: Rig) -> None:
        rig.tell(ME, SetAvailability(AS_DAN, True), AcceptOffer(AS_DAN, RIDE), OFFERED)
        assert [in_short(notice) for notice in rig.heard(APP)] == ["Ack:ok", "Refused:no_such_ride", "OfferMade"]

    def test_a_number_that_was_never_heard_is_given_again(self, rig: Rig) -> None:
        rig.disk_is_full(True)
        rig.tell(ME, OFFERED, DeclineOffer(AS_DAN, RIDE))
        rig.disk_is_full(False)
        rig.tell(ME, OfferRide(lease(serial=2), CARD))
        heard = numbers(rig)
        assert heard == list(range(1, len(heard) + 1)) and len(heard) > 2

    def test_a_turn_that_failed_leaves_no_gap(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rig = online(Rig(supervised=True))
        rig.tell(ME, OFFERED)
        decline = DriverActor.handlers[DeclineOffer]

        def fail(actor: DriverActor, message: Any) -> None:
            decline(actor, message)
            raise ZeroDivisionError

        monkeypatch.setitem(DriverActor.handlers, DeclineOffer, fail)
        rig.tell(ME, DeclineOffer(AS_DAN, RIDE))
        monkeypatch.undo()
        rig.tell(ME, OfferRide(lease(serial=2), CARD))
        heard = numbers(rig)
        assert heard == list(range(1, len(heard) + 1)) and len(heard) > 2


class TestCommands:
    def test_a_repeated_command_is_answered_as_before_and_does_nothing_twice(self, rig: Rig) -> None:
        rig.tell(ME, OFFERED, *[DeclineOffer(AS_DAN, RIDE, OFFER, command=command())] * 2)
        _, closing, ack, again, ack_again = rig.heard(APP)
        assert (closing, ack) == (again, ack_again) and ack == Ack("declined", "k1")
        assert len([event for event in rig.journal.events_of(ME) if type(event).__name__ == "OfferDeclined"]) == 1

    def test_a_repeated_command_that_is_still_under_way_waits_for_its_answer(self, rig: Rig) -> None:
        rig.tell(ME, OFFERED, *[AcceptOffer(AS_DAN, RIDE, OFFER, command())] * 3)
        rig.heard(APP)
        rig.tell(ME, ClaimGranted(CARD, OFFER, "accepted"))
        assert [in_short(notice) for notice in rig.heard(APP)] == ["RideAccepted", "Ack:ok"]

    def test_a_refusal_is_repeated_too(self, rig: Rig) -> None:
        rig.tell(ME, *[AcceptOffer(AS_DAN, RIDE, OFFER, command())] * 2)
        refused = Refused("no_such_ride", "there is no such ride", id="k1", ride_id=RIDE)
        assert rig.heard(APP) == [refused, refused]

    def test_another_message_under_the_same_id_is_refused_and_not_done(self, rig: Rig) -> None:
        rig.tell(ME, SetAvailability(AS_DAN, True, command("k1", 1)), SetAvailability(AS_DAN, False, command("k1", 2)))
        assert [in_short(notice) for notice in rig.heard(APP)] == ["Ack:ok", "Refused:id_reused"]
        assert not any(isinstance(event, AvailabilitySet) for event in rig.journal.events_of(ME))

    def test_a_command_without_an_id_is_acknowledged_only_where_it_has_no_other_answer(self, rig: Rig) -> None:
        rig.tell(ME, SetAvailability(AS_DAN, True), OFFERED, DeclineOffer(AS_DAN, RIDE))
        assert [in_short(notice) for notice in rig.heard(APP)] == ["Ack:ok", "OfferMade", "OfferClosed:declined"]

    def test_answers_are_kept_for_a_bounded_number_of_commands(self, rig: Rig) -> None:
        rig.tell(
            ME, *[SetAvailability(AS_DAN, number % 2 == 0, command(f"k{number}")) for number in range(ANSWERS_KEPT + 1)]
        )
        events = len(rig.journal.events_of(ME))
        rig.tell(
            ME,
            SetAvailability(AS_DAN, True, command(f"k{ANSWERS_KEPT}")),
            SetAvailability(AS_DAN, False, command("k0", 1)),
        )
        assert len(rig.journal.events_of(ME)) == events + 1, "the newest is known, the oldest forgotten and done again"

    def test_a_command_that_was_lost_is_answered_and_may_be_tried_again(self, rig: Rig) -> None:
        rig.disk_is_full(True)
        rig.tell(ME, SetAvailability(AS_DAN, False, command()))
        rig.disk_is_full(False)
        refused = rig.heard(APP)[0]
        assert (refused.code, refused.id) == ("unavailable", "k1")
        rig.tell(ME, SetAvailability(AS_DAN, False, command()))
        assert Ack("ok", "k1") in rig.heard(APP)
        assert isinstance(rig.journal.events_of(ME)[-1], AvailabilitySet)

    def test_a_command_that_fails_is_answered_without_its_inside_and_may_be_tried_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rig = online(Rig(supervised=True))

        def fail(actor: DriverActor, message: Any) -> None:
            actor.is_new(message)
            raise ZeroDivisionError("secret")

        with monkeypatch.context() as patched:
            patched.setitem(DriverActor.handlers, SetAvailability, fail)
            rig.tell(ME, SetAvailability(AS_DAN, False, command()))
        (refused,) = [notice for notice in rig.heard(APP) if isinstance(notice, Refused)]
        assert (refused.code, refused.id) == ("internal", "k1") and "secret" not in refused.message
        rig.tell(ME, SetAvailability(AS_DAN, False, command()))
        assert Ack("ok", "k1") in rig.heard(APP)


class TestBooking:
    """The one command whose answer comes from elsewhere: the dispatcher opens the first round."""

    @pytest.fixture
    def rig(self) -> Rig:
        rig = Rig()
        rig.listen(APP, NEWER, "dispatcher/0")
        rig.ride()
        rig.tell("ride/r1", ONLINE)
        return rig

    def test_a_booking_is_acknowledged_once_even_if_the_ride_is_made_anew_before_the_round(self, rig: Rig) -> None:
        rig.tell("ride/r1", FindDriver(AS_ANN, RIDE, TRIP, ANN, command()))
        rig.runtime.rebuild("ride/r1")
        rig.tell("ride/r1", RoundOpened(1, 1, 5, 30.0), FindDriver(AS_ANN, RIDE, TRIP, ANN, command()))
        heard = rig.heard(APP)
        assert Ack("ok", "k1") in heard
        assert len([notice for notice in heard if isinstance(notice, PassengerSnapshot)]) <= 2

    def test_a_booking_that_was_lost_is_not_acknowledged_by_a_later_round(self, rig: Rig) -> None:
        rig.tell("ride/r1", FindDriver(AS_ANN, RIDE, TRIP, ANN))
        rig.disk_is_full(True)
        rig.tell("ride/r1", FindDriver(AS_ANN, RIDE, DEARER, ANN, command()))
        rig.disk_is_full(False)
        rig.tell("ride/r1", RoundOpened(1, 1, 5, 30.0))
        heard = rig.heard(APP)
        assert Ack("ok", "k1") not in heard
        assert [notice.id for notice in heard if isinstance(notice, Refused)] == ["k1"]

    def test_a_cancel_may_be_repeated_by_whoever_came_back(self, rig: Rig) -> None:
        rig.tell("ride/r1", FindDriver(AS_ANN, RIDE, TRIP, ANN), CancelRide(AS_ANN, RIDE, command=command()))
        rig.heard(APP)
        rig.tell("ride/r1", Attach(AS_ANN, NEWER, (0, 6)), CancelRide(AS_ANN, RIDE, command=command()))
        assert [in_short(notice) for notice in rig.heard(NEWER)] == [
            "PassengerSnapshot:cancelled",
            "RideEnded:passenger",
            "Ack:ok",
        ]

    def test_a_cancelled_ride_that_was_made_anew_still_answers_a_cancel_with_its_end(self, rig: Rig) -> None:
        rig.tell("ride/r1", FindDriver(AS_ANN, RIDE, TRIP, ANN), CancelRide(AS_ANN, RIDE, "late"))
        rig.runtime.rebuild("ride/r1")
        rig.tell("ride/r1")
        rig.heard(APP)
        rig.tell("ride/r1", CancelRide(AS_ANN, RIDE))
        (ended,) = rig.heard(APP)
        assert (in_short(ended), ended.reason) == ("RideEnded:passenger", "late")
