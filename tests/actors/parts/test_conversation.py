"""An actor's conversation with its app: who is told what, by which number, and which command is carried out."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch.actors.parts.conversation import Conversation, Memory
from dispatch.actors.recorded import RecordedActor
from dispatch.messages.commands import Attach, Detach, Resume, SetAvailability
from dispatch.messages.events import AvailabilitySet, CommandDone
from dispatch.messages.journal import NotAppended
from dispatch.messages.notices import Ack, Faulted, OfferClosed, Refused, Replaced, RideEnded
from dispatch.runtime import receives
from tests.actors.rig import AS_DAN, DAN, OFFER, RIDE, Rig, command

ME, APP, NEWER = "wish/d1", "session/5", "session/6"
D1 = DAN.driver_id
CLOSED, ENDED = OfferClosed(RIDE, offer_id=OFFER, reason="taken"), RideEnded(RIDE, by="ops", reason="", fee=0)


class Wishes:
    """The state of a wish."""

    def __init__(self) -> None:
        self.all: list[bool] = []

    def apply(self, event: Any) -> None:
        if isinstance(event, AvailabilitySet):
            self.all.append(event.available)


class Wish(RecordedActor):
    """Records what its app wishes. What a test does with the conversation it does in a turn of its own."""

    def __init__(self, rig: Rig, address: str) -> None:
        self.wishes = Wishes()
        super().__init__(rig.runtime, address, rig.journal, self.wishes)
        self.app = Conversation(Memory(notices=4))
        self._goes_on = False

    def on_start(self) -> None:
        self.app.replay(self.restore(), None if self._goes_on else self.incarnation)

    def carry_over(self, before: Any) -> None:
        super().carry_over(before)
        self._goes_on, self.app = True, before.app
        self.app.cut(self.recorded)

    @receives(Attach)
    def _on_attach(self, message: Attach) -> None:
        if self.app.take_link(self, message):
            self.app.welcome(self, message, self.snapshot)

    @receives(Resume)
    def _on_resume(self, message: Resume) -> None:
        self.app.welcome(self, message, self.snapshot)

    def snapshot(self, recovered: bool) -> RideEnded:
        return RideEnded(RIDE, by="recovered" if recovered else "whole", reason="", fee=0)

    @receives(Detach)
    def _on_detach(self, message: Detach) -> None:
        self.app.lose_link(message.number)

    @receives(SetAvailability)
    def _on_set(self, message: SetAvailability) -> None:
        if not self.app.is_new(self, message):
            return
        if message.available:
            self.app.record(self, AvailabilitySet(D1, True, message.command))
        self.app.done(self, message.command)

    @receives(NotAppended)
    def _on_not_appended(self, message: NotAppended) -> None:
        for lost in self.lose(message) or ():
            if isinstance(lost, SetAvailability):
                self.app.fail_retryable(self, lost, "unavailable", "nothing was done")
        self.runtime.rebuild(self.address)

    def on_receive(self, message: Any) -> None:
        self.app.say(self, message)


def a_wish(*mail: Any, **options: Any) -> Rig:
    """A connected actor that has handled `mail`; what its app heard is forgotten."""
    rig = Rig(**options)
    rig.listen(APP, NEWER)
    rig.runtime.factory("wish", lambda address, message: Wish(rig, address))
    rig.tell(ME, Attach(AS_DAN, APP, (0, 5)), *mail)
    rig.heard(APP)
    return rig


def wish_of(rig: Rig) -> Wish:
    actor = rig.runtime.actor(ME)
    assert isinstance(actor, Wish)
    return actor


class TestStream:
    def test_each_notice_has_the_next_number_and_is_told_to_the_newest_connection(self) -> None:
        rig = a_wish(Attach(AS_DAN, NEWER, (0, 6)))
        rig.heard(NEWER)
        rig.tell(ME, CLOSED, ENDED)
        assert [notice.seq for notice in rig.heard(NEWER)] == [3, 4]
        assert rig.heard(APP) == []

    def test_an_older_connection_is_told_that_it_is_replaced(self) -> None:
        rig = a_wish(Attach(AS_DAN, NEWER, (0, 6)))
        rig.tell(ME, Attach(AS_DAN, APP, (0, 5)))
        assert rig.heard(APP) == [Replaced()]

    def test_a_gap_is_told_again_with_its_numbers_before_the_snapshot(self) -> None:
        rig = a_wish(CLOSED, CLOSED)
        rig.tell(ME, Attach(AS_DAN, NEWER, (0, 6), Resume(AS_DAN, (0, 6), "", 2, command())))
        missed, snapshot, ack = rig.heard(NEWER)
        assert (missed.seq, snapshot.seq, snapshot.by, ack) == (3, 4, "recovered", Ack("ok", "k1"))

    @pytest.mark.parametrize("resume", [Resume(AS_DAN, (0, 5), "", 9), Resume(AS_DAN, (0, 5), "older", 1)])
    def test_where_not_all_is_known_the_snapshot_does_not_say_that_it_was(self, resume: Resume) -> None:
        rig = a_wish(CLOSED)
        rig.tell(ME, resume)
        assert [notice.by for notice in rig.heard(APP)] == ["whole"]

    def test_a_life_in_which_the_numbers_are_unknown_has_an_epoch_of_its_own(self) -> None:
        rig = a_wish(SetAvailability(AS_DAN, True))
        rig.runtime.retire(ME)
        rig.tell(ME, Attach(AS_DAN, NEWER, (0, 6)))
        (snapshot,) = rig.heard(NEWER)
        assert snapshot.epoch != "" and snapshot.seq == 1


class TestCommands:
    def test_a_command_is_carried_out_once_and_answered_as_often_as_it_comes(self) -> None:
        rig = a_wish(*[SetAvailability(AS_DAN, True, command())] * 2)
        rig.tell(ME, SetAvailability(AS_DAN, True, command()))
        assert rig.heard(APP) == [Ack("ok", "k1")]
        assert wish_of(rig).wishes.all == [True]

    def test_another_body_under_the_same_id_is_rejected(self) -> None:
        rig = a_wish(SetAvailability(AS_DAN, True, command("k1", 1)))
        rig.tell(ME, SetAvailability(AS_DAN, False, command("k1", 2)))
        assert [refused.code for refused in rig.heard(APP)] == ["id_reused"]

    def test_a_result_that_no_event_tells_is_recorded(self) -> None:
        rig = a_wish(SetAvailability(AS_DAN, False, command()))
        assert rig.journal.events_of(ME) == (CommandDone(command(), "ok"),)

    def test_what_is_lost_may_be_sent_again(self) -> None:
        rig = a_wish()
        rig.disk_is_full(True)
        rig.tell(ME, SetAvailability(AS_DAN, True, command()))
        rig.disk_is_full(False)
        assert rig.heard(APP) == [Refused("unavailable", "nothing was done", id="k1")]
        rig.tell(ME, SetAvailability(AS_DAN, True, command()))
        assert (rig.heard(APP), wish_of(rig).wishes.all) == ([Ack("ok", "k1")], [True])

    def test_a_refusal_is_said_again_to_the_same_command(self) -> None:
        rig = a_wish()
        wish, message = wish_of(rig), SetAvailability(AS_DAN, True, command())
        assert wish.app.is_new(wish, message)
        wish.app.refuse(wish, message.command, "illegal_now", "no", RIDE, "available")
        rig.tell(ME, message)
        assert rig.heard(APP) == [Refused("illegal_now", "no", id="k1", ride_id=RIDE, field="available")] * 2

    def test_a_booking_is_answered_by_the_next_notice(self) -> None:
        rig = a_wish()
        wish = wish_of(rig)
        assert wish.app.is_new(wish, SetAvailability(AS_DAN, True, command("k1")))
        wish.app.await_answer(wish, command("k1"))
        assert wish.app.is_new(wish, SetAvailability(AS_DAN, True, command("k2")))
        wish.app.await_answer(wish, command("k2"))
        rig.tell(ME, CLOSED)
        first, closed, second = rig.heard(APP)
        assert (first, closed.seq, second) == (Ack("ok", "k1"), 2, Ack("ok", "k2"))


def test_a_connection_whose_attach_failed_is_gone_and_its_app_must_come_again() -> None:
    rig = a_wish()
    wish = wish_of(rig)
    attach = Attach(AS_DAN, APP, (0, 5))
    assert wish.app.set_aside(wish, attach, "e1")
    assert not wish.app.set_aside(wish, Detach(AS_DAN, (0, 5)), "e2")
    rig.tell(ME, CLOSED)
    assert rig.heard(APP) == [Faulted("e1")]
