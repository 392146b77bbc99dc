"""A driver's claim of the ride whose offer they accepted: repeated until the ride answers, and what the driver's app hears of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from dispatch import addresses
from dispatch.domain.driver.decisions import OK
from dispatch.domain.driver.record import BOUND, RESERVED, next_binding, stranger
from dispatch.domain.ride.record import ACCEPTED
from dispatch.ids import OfferId
from dispatch.messages.base import Command, Message
from dispatch.messages.matching import ClaimGranted, ClaimRide
from dispatch.messages.notices import DriverSnapshot, FareNews, NoteNews, RideAccepted, RideProgress
from dispatch.values import RideCard, WaitTerms
from dispatch.words import Result, RideStatus

if TYPE_CHECKING:
    from dispatch.actors.driver import DriverActor


class ClaimAgain(Message, frozen=True, gc=False):
    """It is time to repeat the claim that came of this offer, if the ride has not answered."""

    offer_id: OfferId


class Claim:
    """A part of a driver's actor: what no event tells of a reservation. It is empty while the driver is reserved for no ride.

    `ride`, `status`, `waiting`: the ride as it answered; None: it has not. `told`: the notice that told the app the ride is the
    driver's. `commands`: the app's accepts, acknowledged when the ride has answered.
    """

    __slots__ = ("commands", "ride", "status", "told", "waiting")

    def __init__(self) -> None:
        self.ride: RideCard | None = None
        self.status: RideStatus | None = None
        self.waiting: WaitTerms | None = None
        self.told: RideAccepted | DriverSnapshot | None = None
        self.commands: tuple[Command, ...] = ()

    def clear(self) -> None:
        """The driver is released: nothing of the ride is known here any more. Accepts that wait are answered by whoever released."""
        self.ride, self.status, self.waiting, self.told = None, None, None, None

    def take_over(self, actor: DriverActor) -> None:
        """The actor was made anew, in this process or in another: claim what the record says the driver is reserved for."""
        reservation = actor.driver.reservation
        if self.ride is not None and (reservation is None or reservation.ride_id != self.ride.ride_id):
            self.ride, self.status, self.waiting = None, None, None
        if reservation is not None and actor.driver.binding == RESERVED:
            command = reservation.command
            if command is not None and not self.commands and actor.app.answers.reopen(command):
                self.commands = (command,)
            self.make(actor)

    # -- the question to the ride

    def make(self, actor: DriverActor) -> None:
        """Ask the ride whether it is the driver's. The question is repeated until the ride answers."""
        reservation, fix = actor.driver.reservation, actor.board.position(actor.driver_id)
        assert reservation is not None
        claim = ClaimRide(
            reservation.ride_id,
            reservation.search_no,
            reservation.round_no,
            reservation.offer_id,
            actor.driver.card or stranger(actor.driver_id),
            fix.lat if fix is not None else None,
            fix.lon if fix is not None else None,
            reservation.closes_at,
        )
        actor.send_ahead(addresses.ride(reservation.ride_id), claim, actor.address)
        if not actor.store.keeps_at_once:
            self.make_later(actor, reservation.offer_id)

    def make_later(self, actor: DriverActor, offer_id: OfferId) -> None:
        """Ask again after a while."""
        actor.runtime.set_timer(actor.options.claim_retry_s, actor.address, ClaimAgain(offer_id))

    # -- the answer

    def grant(self, actor: DriverActor, message: ClaimGranted) -> None:
        """The ride is the driver's: the app hears so, unless it did before."""
        driver = actor.driver
        if driver.reservation is None or driver.reservation.offer_id != message.offer_id:
            return
        was_bound = driver.binding == BOUND
        driver.binding = next_binding(driver.binding, ClaimGranted)
        self.ride, self.status, self.waiting = message.ride, message.status, message.waiting
        if not was_bound and (self.told is None or self.told.ride != message.ride):
            # A ride that has gone on meanwhile is told by the snapshot that is due, which says how far it is.
            snapshot = actor.say_pending_snapshot() if message.status != ACCEPTED else None
            self.told = snapshot or actor.app.say(actor, RideAccepted(message.ride))
            self.answer_accepts(actor, self.told)
        actor.say_pending_snapshot()

    def answer_accepts(self, actor: DriverActor, notice: Message, result: Result = OK) -> None:
        """The ride has answered: acknowledge the accepts that waited for it. `notice` told the app the answer."""
        commands, self.commands = self.commands, ()
        for command in commands:
            actor.app.done(actor, command, notice, result=result)

    # -- the ride goes on

    def follow(self, progress: RideProgress) -> None:
        """The ride took a step."""
        self.status, self.waiting = progress.status, progress.waiting

    def take_news(self, news: FareNews | NoteNews) -> None:
        """The ride costs something else now, or has another note."""
        if self.ride is None:
            return
        trip = self.ride.trip
        change = {"fare": news.fare, "by_agreement": False} if isinstance(news, FareNews) else {"note": news.note}
        self.ride = replace(self.ride, trip=replace(trip, **change))
