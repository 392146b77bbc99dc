"""An app comes back: it hears all that it missed, or how things stand; and what it asked for before is not done twice."""

from typing import Any

import pytest

from dispatch.actors.driver import DriverOptions
from dispatch.actors.parts.conversation import Memory
from dispatch.messages.base import Command
from dispatch.messages.commands import (
    AcceptOffer,
    Attach,
    CancelRide,
    CompleteRide,
    DeclineOffer,
    Detach,
    FindDriver,
    ReportArrived,
    Resume,
    SetAvailability,
)
from dispatch.messages.events import AvailabilitySet, CommandDone, OfferDeclined, RideArrived, RideRequested
from dispatch.messages.matching import ClaimGranted, ClaimRefused, CloseOffer, OfferRide, RideAnswered, RoundOpened
from dispatch.messages.notices import Ack, Refused
from tests.actors.rig import (
    ANN,
    AS_ANN,
    AS_DAN,
    CARD,
    DAN,
    DEARER,
    OFFER,
    OTHER_RIDE,
    RIDE,
    TRIP,
    Rig,
    command,
    in_short,
    lease,
)
from tests.actors.test_ride import claim

APP, NEWER, ME, THE_RIDE = "session/5", "session/6", "driver/d1", "ride/r1"
ONLINE, OFFERED = Attach(AS_DAN, APP, (0, 5)), OfferRide(lease(), CARD)
D1 = DAN.driver_id
THEIRS = Command("k1", 1, D1)
"""An id that the driver's app gave."""


def rig_of(address: str, **options: Any) -> Rig:
    """A driver who is online, or a ride with a connection; all others are listeners."""
    rig = Rig(**options)
    rig.listen(*{APP, NEWER, "dispatcher/0", ME, THE_RIDE} - {address})
    (rig.driver if address == ME else rig.ride)()
    rig.tell(address, ONLINE)
    return rig


def a_driver(**options: Any) -> Rig:
    return rig_of(ME, **options)


def a_ride(**options: Any) -> Rig:
    return rig_of(THE_RIDE, **options)


def another_process(rig: Rig, address: str) -> None:
    """The actor is made anew from what is on disk, and from nothing else."""
    assert rig.runtime.retire(address)
    for listener in (APP, NEWER):
        rig.heard(listener)


def back(last_seq: int, epoch: str = "", name: str | None = None) -> Attach:
    return Attach(AS_DAN, NEWER, (0, 6), Resume(AS_DAN, (0, 6), epoch, last_seq, command(name) if name else None))


def short(rig: Rig, address: str = NEWER) -> list[str]:
    return [in_short(notice) for notice in rig.heard(address)]


class TestGap:
    def test_what_was_missed_comes_again_with_its_numbers_and_a_snapshot_ends_it(self) -> None:
        rig = a_driver()
        rig.tell(ME, OFFERED, CloseOffer(OFFER, RIDE, "taken"))
        said = rig.heard(APP)
        rig.tell(ME, back(1))
        closing, snapshot = rig.heard(NEWER)
        assert closing == said[1]
        assert (snapshot.seq, snapshot.recovered) == (3, True)

    def test_what_was_said_while_nobody_listened_is_missed_too(self) -> None:
        rig = a_driver()
        rig.tell(ME, OFFERED)
        rig.heard(APP)
        rig.tell(ME, Detach(AS_DAN, (0, 5)), back(1))
        closing, snapshot = rig.heard(NEWER)
        assert (in_short(closing), closing.seq, snapshot.seq) == ("OfferClosed:unavailable", 2, 3)

    def test_an_app_that_missed_nothing_hears_only_the_snapshot(self) -> None:
        rig = a_driver()
        rig.tell(ME, OFFERED, back(1, name="k7"))
        snapshot, ack = rig.heard(NEWER)
        assert (snapshot.seq, snapshot.recovered, ack) == (2, True, Ack("ok", "k7"))

    @pytest.mark.parametrize("resume", [back(0), back(9), back(1, epoch="older"), back(1, epoch=".3")])
    def test_where_not_all_of_it_is_known_there_is_a_snapshot_that_says_so(self, resume: Attach) -> None:
        rig = Rig()
        rig.listen(APP, NEWER, "dispatcher/0")
        rig.driver(DriverOptions(memory=Memory(notices=1)))
        rig.tell(ME, ONLINE, OFFERED, CloseOffer(OFFER, RIDE, "taken"), resume)
        (snapshot,) = rig.heard(NEWER)
        assert (snapshot.seq, snapshot.recovered) == (3, False)

    def test_an_app_that_does_not_resume_hears_a_snapshot_first(self) -> None:
        rig = a_driver()
        rig.tell(ME, OFFERED, Attach(AS_DAN, NEWER, (0, 6)))
        (snapshot,) = rig.heard(NEWER)
        assert (snapshot.seq, snapshot.recovered) == (2, False)

    def test_within_a_connection_an_app_that_sees_a_gap_may_ask_for_it(self) -> None:
        rig = a_driver()
        rig.tell(ME, OFFERED, CloseOffer(OFFER, RIDE, "taken"))
        first, second = rig.heard(APP)
        rig.tell(ME, Resume(AS_DAN, (0, 5), "", 0))
        *again, snapshot = rig.heard(APP)
        assert again == [first, second]
        assert (snapshot.seq, snapshot.recovered) == (3, True)

    def test_an_older_connection_cannot_ask_for_anything(self) -> None:
        rig = a_driver()
        rig.tell(ME, OFFERED, Attach(AS_DAN, NEWER, (0, 6)), Resume(AS_DAN, (0, 5), "", 0))
        assert short(rig) == ["DriverSnapshot:available"]

    def test_a_ride_that_nobody_booked_has_nothing_to_go_on_with(self) -> None:
        rig = a_ride()
        rig.tell(THE_RIDE, back(3, name="k7"))
        assert rig.heard(NEWER) == [Refused("no_such_ride", "there is no such ride", id="k7")]


class TestUnsure:
    """What waits for the disk is told when it is there, in its place, and once."""

    @pytest.mark.parametrize("same", [True, False], ids=["on the same connection", "on a new one"])
    def test_a_gap_that_ends_in_what_is_not_on_disk_yet(self, same: bool) -> None:
        rig = a_driver(delay_s=(0.5, 0.5))
        rig.wait(2.0)
        rig.tell(ME, OFFERED, OfferRide(lease(OTHER_RIDE), CARD))
        rig.heard(APP)
        rig.tell(ME, DeclineOffer(AS_DAN, RIDE))
        rig.tell(ME, Resume(AS_DAN, (0, 5), "", 0) if same else back(0))
        listener = APP if same else NEWER
        assert short(rig, listener) == ["OfferMade"], "it is on disk"
        rig.wait(1.0)
        rest = rig.heard(listener)
        assert [(in_short(notice), notice.seq) for notice in rest] == [
            ("OfferClosed:declined", 2),
            ("DriverSnapshot:available", 3),
        ]

    def test_a_notice_whose_event_was_lost_was_never_said_even_while_no_app_listened(self) -> None:
        rig = a_ride()
        rig.tell(
            THE_RIDE,
            FindDriver(AS_ANN, RIDE, TRIP, ANN),
            RoundOpened(1, 1, 5, 30.0),
            claim(DAN),
            Detach(AS_ANN, (0, 5)),
        )
        rig.heard(APP)
        rig.disk_is_full(True)
        rig.tell(THE_RIDE, ReportArrived(AS_DAN, RIDE))
        rig.disk_is_full(False)
        rig.tell(THE_RIDE, ReportArrived(AS_DAN, RIDE), back(2))
        heard = rig.heard(NEWER)
        assert [notice.seq for notice in heard] == [3, 4, 5]
        assert short_of(heard) == ["PassengerSnapshot:accepted", "RideProgress:arrived", "PassengerSnapshot:arrived"]

    def test_saying_an_old_number_again_in_vain_gives_no_number_twice(self) -> None:
        rig = a_driver()
        rig.tell(ME, OFFERED, CloseOffer(OFFER, RIDE, "taken"), OfferRide(lease(OTHER_RIDE), CARD))
        rig.disk_is_full(True)
        # The answer to a late accept waits for the disk.
        rig.tell(ME, SetAvailability(AS_DAN, False), AcceptOffer(AS_DAN, RIDE, OFFER))
        rig.disk_is_full(False)
        rig.tell(ME, OfferRide(lease(OTHER_RIDE, serial=2), CARD))
        told = {}
        for notice in rig.heard(APP):
            if hasattr(notice, "seq"):
                assert told.setdefault(notice.seq, notice) == notice
        assert sorted(told) == list(range(1, len(told) + 1))


def short_of(notices: list[Any]) -> list[str]:
    return [in_short(notice) for notice in notices]


class TestLives:
    def test_a_ride_that_was_woken_numbers_anew_in_an_epoch_of_its_own(self) -> None:
        rig = a_ride()
        rig.tell(THE_RIDE, FindDriver(AS_ANN, RIDE, TRIP, ANN), CancelRide(AS_ANN, RIDE), Detach(AS_ANN, (0, 5)))
        another_process(rig, THE_RIDE)
        rig.tell(THE_RIDE, back(1))
        (snapshot,) = rig.heard(NEWER)
        assert snapshot.epoch != ""
        assert (snapshot.seq, snapshot.recovered) == (1, False)
        rig.tell(THE_RIDE, Resume(AS_ANN, (0, 6), snapshot.epoch, 1))
        (again,) = rig.heard(NEWER)
        assert (again.seq, again.recovered) == (2, True)

    def test_a_life_that_a_failure_ended_goes_on_with_its_numbers(self) -> None:
        rig = a_driver()
        rig.tell(ME, OFFERED)
        rig.runtime.rebuild(ME)
        rig.tell(ME)
        heard = rig.heard(APP)
        assert [notice.seq for notice in heard] == [1, 2, 3]
        rig.tell(ME, back(1))
        assert [notice.seq for notice in rig.heard(NEWER)] == [2, 3, 4]


class TestOnce:
    """A command whose answer was lost comes again, to an actor that knows nothing but what is on disk."""

    def again(self, rig: Rig, address: str, *messages: Any) -> list[str]:
        another_process(rig, address)
        rig.tell(address, Attach(AS_DAN, NEWER, (0, 6)), *messages)
        return [text for text in short(rig) if text.startswith(("Ack", "Refused"))]

    def test_a_booking_is_not_made_twice_even_if_the_terms_were_changed_since(self) -> None:
        rig = a_ride()
        booking = FindDriver(AS_ANN, RIDE, TRIP, ANN, command("k1"))
        rig.tell(THE_RIDE, booking, FindDriver(AS_ANN, RIDE, DEARER, ANN, command("k2")), Detach(AS_ANN, (0, 5)))
        assert self.again(rig, THE_RIDE, booking) == ["Ack:ok"]
        requests = [event for event in rig.journal.events_of(THE_RIDE) if isinstance(event, RideRequested)]
        assert [event.trip for event in requests] == [TRIP, DEARER]

    def test_a_wish_is_not_wished_again_after_the_next_one(self) -> None:
        rig = a_driver()
        first, second = SetAvailability(AS_DAN, False, command("k1")), SetAvailability(AS_DAN, True, command("k2"))
        rig.tell(ME, first, second)
        assert self.again(rig, ME, first) == ["Ack:ok"]
        wishes = [event.available for event in rig.journal.events_of(ME) if isinstance(event, AvailabilitySet)]
        assert wishes == [False, True]

    def test_what_changed_nothing_is_on_record_too_and_changes_nothing_later(self) -> None:
        rig = a_driver()
        nothing = SetAvailability(AS_DAN, True, command("k1"))
        rig.tell(ME, nothing, SetAvailability(AS_DAN, False, command("k2")))
        assert rig.journal.events_of(ME)[-2] == CommandDone(command("k1"), "ok")
        assert self.again(rig, ME, nothing) == ["Ack:ok"]
        wishes = [event.available for event in rig.journal.events_of(ME) if isinstance(event, AvailabilitySet)]
        assert wishes == [False]

    def test_a_decline_and_a_late_answer_get_the_same_words(self) -> None:
        rig = a_driver()
        decline, late = (
            DeclineOffer(AS_DAN, RIDE, OFFER, command=command("k1")),
            AcceptOffer(AS_DAN, RIDE, OFFER, command("k2")),
        )
        rig.tell(ME, OFFERED, decline, late)
        assert self.again(rig, ME, decline, late) == ["Ack:declined", "Ack:declined"]
        assert sum(isinstance(event, OfferDeclined) for event in rig.journal.events_of(ME)) == 1

    def test_an_accept_that_is_under_way_is_answered_when_the_ride_answers(self) -> None:
        rig = a_driver()
        accept = AcceptOffer(AS_DAN, RIDE, OFFER, command("k1"))
        rig.tell(ME, OFFERED, accept)
        assert self.again(rig, ME, accept) == []
        rig.tell(ME, ClaimGranted(CARD, OFFER, "accepted"))
        assert short(rig) == ["RideAccepted", "Ack:ok", "DriverSnapshot:busy"]
        assert self.again(rig, ME, accept) == [], "made anew, the driver asks the ride again"
        rig.tell(ME, ClaimGranted(CARD, OFFER, "accepted"))
        assert "Ack:ok" in short(rig)

    def test_an_accept_that_lost_is_told_the_same_reason(self) -> None:
        rig = a_driver()
        accept = AcceptOffer(AS_DAN, RIDE, OFFER, command("k1"))
        rig.tell(ME, OFFERED, accept, ClaimRefused(RIDE, OFFER, "taken"))
        assert self.again(rig, ME, accept) == ["Ack:taken"]

    def test_another_body_under_an_id_on_record_is_refused(self) -> None:
        rig = a_driver()
        rig.tell(ME, SetAvailability(AS_DAN, False, command("k1", 1)))
        assert self.again(rig, ME, SetAvailability(AS_DAN, True, command("k1", 2))) == ["Refused:id_reused"]
        assert not any(isinstance(event, AvailabilitySet) and event.available for event in rig.journal.events_of(ME))

    def test_a_refusal_is_not_on_record_and_is_judged_anew(self) -> None:
        rig = a_driver()
        late = AcceptOffer(AS_DAN, RIDE, OFFER, command("k1"))
        rig.tell(ME, late)
        assert self.again(rig, ME, late) == ["Refused:no_such_ride"]
        assert not any(getattr(event, "command", None) for event in rig.journal.events_of(ME))


class TestSteps:
    """What a driver says to the ride is on the record of the ride."""

    def a_ride_with_dan(self, *steps: Any) -> Rig:
        rig = a_ride()
        rig.tell(THE_RIDE, FindDriver(AS_ANN, RIDE, TRIP, ANN), claim(DAN), *steps)
        rig.heard(ME)
        return rig

    def test_a_step_that_comes_again_is_answered_and_not_refused(self) -> None:
        arrived = ReportArrived(AS_DAN, RIDE, THEIRS)
        rig = self.a_ride_with_dan(arrived)
        rig.tell(THE_RIDE, Detach(AS_ANN, (0, 5)), arrived)
        assert rig.heard(ME) == [RideAnswered(RIDE, "ok", THEIRS)]
        assert sum(isinstance(event, RideArrived) for event in rig.journal.events_of(THE_RIDE)) == 1

    def test_a_ride_that_left_memory_knows_it_still(self) -> None:
        complete = CompleteRide(AS_DAN, RIDE, THEIRS)
        rig = self.a_ride_with_dan(complete, Detach(AS_DAN, (0, 5)))
        another_process(rig, THE_RIDE)
        rig.tell(THE_RIDE, complete)
        assert rig.heard(ME) == [RideAnswered(RIDE, "ok", THEIRS)]

    def test_the_passenger_may_use_the_same_id_for_something_else(self) -> None:
        rig = self.a_ride_with_dan(ReportArrived(AS_DAN, RIDE, THEIRS))
        rig.heard(APP)
        rig.tell(THE_RIDE, CancelRide(AS_ANN, RIDE, command=command("k1", 9)))
        assert short(rig, APP) == ["RideEnded:passenger", "Ack:ok"]

    def test_another_step_under_the_same_id_is_refused(self) -> None:
        rig = self.a_ride_with_dan(ReportArrived(AS_DAN, RIDE, THEIRS))
        rig.heard(ME)
        rig.tell(THE_RIDE, CompleteRide(AS_DAN, RIDE, Command("k1", 2, D1)))
        assert short(rig, ME) == ["RideRefused:id_reused"]

    def test_a_step_that_was_refused_may_be_tried_again(self) -> None:
        rig = a_ride()
        rig.tell(THE_RIDE, FindDriver(AS_ANN, RIDE, TRIP, ANN), ReportArrived(AS_DAN, RIDE, THEIRS), claim(DAN))
        rig.heard(ME)
        rig.tell(THE_RIDE, ReportArrived(AS_DAN, RIDE, THEIRS))
        assert short(rig, ME) == ["ForDriver:RideProgress:arrived"]


class TestBookings:
    def test_a_booking_that_was_replaced_before_its_answer_is_acknowledged(self) -> None:
        rig = a_ride()
        rig.tell(
            THE_RIDE,
            *[FindDriver(AS_ANN, RIDE, *it) for it in ((TRIP, ANN, command("k1")), (DEARER, ANN, command("k2")))],
        )
        assert rig.heard(APP) == [Ack("ok", "k1")]
        rig.tell(THE_RIDE, RoundOpened(2, 1, 5, 30.0))
        assert short(rig, APP) == ["Searching", "Ack:ok"]

    def test_a_booking_that_was_cancelled_before_its_answer_is_acknowledged(self) -> None:
        rig = a_ride()
        rig.tell(
            THE_RIDE, FindDriver(AS_ANN, RIDE, TRIP, ANN, command("k1")), CancelRide(AS_ANN, RIDE, "", command("k2"))
        )
        heard = rig.heard(APP)
        assert [ack.id for ack in heard if isinstance(ack, Ack)] == ["k1", "k2"]
