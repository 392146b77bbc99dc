"""Mistakes planted into the real program, one at a time, to see whether the small worlds would find them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from unittest.mock import patch

from msgspec.structs import replace

from dispatch.actors.dispatcher import DispatcherActor
from dispatch.actors.driver import DriverActor, _SleptOut
from dispatch.actors.parts import askers
from dispatch.actors.parts.conversation import Answer, Answers, Conversation, Stream
from dispatch.actors.passenger import PassengerActor
from dispatch.actors.recorded import RecordedActor
from dispatch.domain.driver import decisions
from dispatch.domain.driver.decisions import Offers
from dispatch.domain.driver.record import DriverRecord
from dispatch.domain.matching.search import Search
from dispatch.domain.matching.supply import Supply
from dispatch.domain.ride import record
from dispatch.domain.ride.record import RideRecord
from dispatch.messages.base import Command, Message
from dispatch.messages.commands import AcceptOffer, Attach, Detach
from dispatch.messages.events import DriverOffline, FareChanged
from dispatch.messages.journal import Append, NotAppended
from dispatch.messages.matching import DeskAnswered
from dispatch.messages.notices import Numbered
from dispatch.storage.log.journal import Losses
from dispatch.values import Lease

LATE_S = 5.0


@contextmanager
def accept_after_the_deadline() -> Iterator[None]:
    """The driver's own check is gone, and the dispatcher closes offers five seconds too late."""
    overdue, next_due, answer = Search.overdue, Search.next_due, decisions.answer

    def overdue_late(search: Search, now: float) -> list[Lease]:
        return overdue(search, now - LATE_S)

    def due_late(search: Search, now: float) -> float:
        return next_due(search, now - LATE_S) + LATE_S

    def answer_in_time(driver: DriverRecord, offers: Offers, message: Any, now: float) -> decisions.DriverDecision:
        return answer(driver, offers, message, 0.0)

    with (
        patch.object(Search, "overdue", overdue_late),
        patch.object(Search, "next_due", due_late),
        patch.object(decisions, "answer", answer_in_time),
    ):
        yield


@contextmanager
def a_busy_driver_is_offered() -> Iterator[None]:
    """Supply and driver both forget that the driver is bound: each alone would be saved by the other."""
    refusal = decisions.refusal

    def forget_binding(driver: DriverRecord, *more: Any, **named: Any) -> str:
        return refusal(replace(driver, binding="free"), *more, **named)

    def status(driver: DriverRecord, is_connected: bool) -> str:
        return "available" if is_connected and driver.wants_offers else "offline"

    with patch.object(decisions, "refusal", forget_binding), patch.object(DriverRecord, "status", status):
        yield


@contextmanager
def nothing_is_withdrawn() -> Iterator[None]:
    """A ride is taken or cancelled, and the others who hold an offer of it are not told."""

    def close(dispatcher: DispatcherActor, search: Search, reason: str) -> None:
        del dispatcher.searches[search.card.ride_id]
        dispatcher.zone.leave(search.card.ride_id)

    with patch.object(DispatcherActor, "_close", close):
        yield


@contextmanager
def a_dead_socket_keeps_its_place() -> Iterator[None]:
    """The driver's connection is gone, and the driver's offers stay open."""

    def keep_offers(driver: DriverActor, message: Detach) -> None:
        if driver.app.lose_link(message.number):
            driver.record(DriverOffline(driver.driver_id, message.reason))
            driver.announce()

    with handled(DriverActor, Detach, keep_offers):
        yield


@contextmanager
def announced_before_it_is_on_disk() -> Iterator[None]:
    """What is recorded is told at once, and not when the journal has it."""

    def tell(actor: RecordedActor, address: str, message: Message) -> None:
        actor.runtime.tell(address, message)

    with patch.object(RecordedActor, "send", tell):
        yield


@contextmanager
def what_comes_ahead_is_told_on_at_once() -> Iterator[None]:
    """Whoever hears of something before it is on disk speaks as if it were."""

    def forget(actor: RecordedActor, after: Any) -> None:
        """Depend on nothing."""

    with patch.object(RecordedActor, "depend_on", forget):
        yield


@contextmanager
def what_built_on_a_loss_is_kept() -> Iterator[None]:
    """The journal loses an actor's commit, and keeps what another recorded because of it."""
    refusal = Losses.refusal

    def of_its_own_alone(losses: Losses, append: Append) -> NotAppended | None:
        return refusal(losses, replace(append, after=None))

    with patch.object(Losses, "refusal", of_its_own_alone):
        yield


@contextmanager
def a_resume_skips_one() -> Iterator[None]:
    """Of what an app missed, the first message is not told."""
    after = Stream.after

    def all_but_one(stream: Stream, life: int, last_seq: int) -> Sequence[Message] | None:
        missed = after(stream, life, last_seq)
        return missed and missed[1:]

    with patch.object(Stream, "after", all_but_one):
        yield


@contextmanager
def a_repeated_command_is_done_again() -> Iterator[None]:
    """Ids are for nothing: whatever comes twice is carried out twice."""

    with patch.object(Conversation, "is_new", lambda app, actor, message: True):
        yield


@contextmanager
def an_id_is_everybodys() -> Iterator[None]:
    """What a command got is kept under its id alone, whoever's it was."""
    find, put, drop = Answers.find, Answers._put, Answers.drop

    def find_any(answers: Answers, command: Command) -> Answer | None:
        return find(answers, replace(command, driver_id=None))

    def put_for_any(answers: Answers, command: Command, answer: Answer) -> None:
        put(answers, replace(command, driver_id=None), answer)

    def drop_any(answers: Answers, command: Command) -> None:
        drop(answers, replace(command, driver_id=None))

    with (
        patch.object(Answers, "find", find_any),
        patch.object(Answers, "_put", put_for_any),
        patch.object(Answers, "drop", drop_any),
    ):
        yield


@contextmanager
def a_number_is_given_twice() -> Iterator[None]:
    """What is said while nobody listens takes no number, and is forgotten."""
    said = Conversation.say

    def say_to_whoever_listens(app: Conversation, actor: RecordedActor, notice: Numbered) -> Any:
        numbered = said(app, actor, notice)
        if app.link is None:
            app.stream.seq -= 1
        return numbered

    with patch.object(Conversation, "say", say_to_whoever_listens):
        yield


@contextmanager
def the_first_word_is_lost() -> Iterator[None]:
    """What a new connection is told first takes a number, and does not arrive."""
    welcome = Conversation.welcome

    def say_nothing_yet(app: Conversation, actor: RecordedActor, message: Any, snapshot: Any) -> None:
        if type(message) is Attach and message.resume is None and snapshot is not None and snapshot(False) is not None:
            app.stream.seq += 1
        else:
            welcome(app, actor, message, snapshot)

    with patch.object(Conversation, "welcome", say_nothing_yet):
        yield


@contextmanager
def nobody_says_how_things_stand() -> Iterator[None]:
    """A new connection hears what happens from now on, and not what happened before."""
    welcome = Conversation.welcome

    def go_on(app: Conversation, actor: RecordedActor, message: Any, snapshot: Any) -> None:
        is_new = type(message) is Attach and message.resume is None
        welcome(app, actor, message, None if is_new else snapshot)

    with patch.object(Conversation, "welcome", go_on):
        yield


@contextmanager
def handled(
    actor_type: type[RecordedActor], message_type: type[Message], handler: Callable[..., None]
) -> Iterator[None]:
    """Replace what an actor does with one type of message."""
    with patch.dict(actor_type.handlers, {message_type: handler}):
        yield


@contextmanager
def a_second_tap_is_let_through() -> Iterator[None]:
    """The passenger's actor forgets each ride as soon as it is booked."""
    answer = PassengerActor._answer

    def forget(passenger: PassengerActor) -> None:
        answer(passenger)
        passenger._open.clear()

    with patch.object(PassengerActor, "_answer", forget):
        yield


@contextmanager
def a_fold_forgets_the_ride() -> Iterator[None]:
    """Whoever is read from a fold on is free, whatever they were reserved for before."""
    folded = DriverRecord.folded
    with patch.object(DriverRecord, "folded", lambda driver: replace(folded(driver), ride=None)):
        yield


@contextmanager
def a_ride_by_phone_needs_an_app() -> Iterator[None]:
    """A search ends when nobody's app is connected, whoever booked it."""
    needs = property(lambda ride: ride.status == "pending" and ride.pickup_at is None)
    with patch.object(RideRecord, "needs_listener", needs):
        yield


@contextmanager
def staff_are_not_told_of_a_loss() -> Iterator[None]:
    """A turn of the ride is lost, and staff wait for its answer."""
    with patch.object(askers._Desk, "fail", lambda *arguments: None):
        yield


@contextmanager
def staff_are_told_too_soon() -> Iterator[None]:
    """What staff ask is answered before it is on disk."""

    def answer(desk: Any, ride: Any, message: Any, decision: Any) -> None:
        ride.runtime.tell(message.reply_to, DeskAnswered(ride.ride.status))

    with patch.object(askers._Desk, "answer", answer):
        yield


@contextmanager
def a_new_fare_is_forgotten() -> Iterator[None]:
    """Staff change a fare, both sides hear it, and the ride costs what it did before."""
    with patch.dict(record._MEMORIES, {FareChanged: lambda ride, event: None}):
        yield


@contextmanager
def waking_accepts() -> Iterator[None]:
    """An app that connects takes whatever was offered while it slept."""
    attach = DriverActor.handlers[Attach]

    def attach_and_accept(actor: DriverActor, message: Attach) -> None:
        attach(actor, message)
        for ride_id in list(actor.offers.open):
            yes = AcceptOffer(message.principal, ride_id)
            actor._reserve(decisions.answer(actor.driver, actor.offers, yes, actor.runtime.now))
            return

    with handled(DriverActor, Attach, attach_and_accept):
        yield


@contextmanager
def nobody_sleeps_out() -> Iterator[None]:
    """Who was lost once may be asked for ever, at a place where they were long ago."""
    with (
        handled(DriverActor, _SleptOut, lambda actor, message: None),
        patch.object(Supply, "placed", lambda supply, driver_id, now: supply.board.position(driver_id) is not None),
    ):
        yield


PLANTED: dict[str, tuple[Callable[[], AbstractContextManager[None]], str, str, int]] = {
    "accept after the deadline": (accept_after_the_deadline, "deadline", "small", 13),
    "a busy driver is offered": (a_busy_driver_is_offered, "no-offer-to-busy", "small", 8),
    "nothing is withdrawn": (nothing_is_withdrawn, "withdrawn", "small", 3),
    "a dead socket keeps its place": (a_dead_socket_keeps_its_place, "dead-link", "small", 10),
    "announced before it is on disk": (announced_before_it_is_on_disk, "on-disk-first", "small", 1),
    "what comes ahead is told on at once": (what_comes_ahead_is_told_on_at_once, "on-disk-first", "small", 15),
    "what built on a loss is kept": (what_built_on_a_loss_is_kept, "one-ride", "small", 3),
    "a resume skips one": (a_resume_skips_one, "no-gap", "lossy", 1),
    "a repeated command is done again": (a_repeated_command_is_done_again, "done-once", "lossy", 3),
    "a second tap is let through": (a_second_tap_is_let_through, "one-ride-each", "small", 7),
    "an id is everybody's": (an_id_is_everybodys, "own-ids", "lossy", 3),
    "waking accepts": (waking_accepts, "said-yes", "sleepy", 2),
    "nobody sleeps out": (nobody_sleeps_out, "no-offer-to-offline", "sleepy", 3),
    "a fold forgets the ride": (a_fold_forgets_the_ride, "no-busy-without-ride", "small", 1),
    "a ride by phone needs an app": (a_ride_by_phone_needs_an_app, "no-app-needed", "desk", 2),
    "staff are not told of a loss": (staff_are_not_told_of_a_loss, "desk-answered", "desk", 1),
    "staff are told too soon": (staff_are_told_too_soon, "desk-told-what-is-on-disk", "desk", 0),
    "a new fare is forgotten": (a_new_fare_is_forgotten, "agreed-fare", "desk", 0),
    "the first word is lost": (the_first_word_is_lost, "no-gap", "small", 1),
    "nobody says how things stand": (nobody_says_how_things_stand, "snapshot-first", "small", 1),
    "a number is given twice": (a_number_is_given_twice, "one-number", "lossy", 1),
}
"""Each bug, the invariant that must catch it, the kind of world in which it must, and the seed of the one that caught it first."""
