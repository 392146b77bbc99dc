"""A driver's tie to a ride: he claims the one he accepted until it answers, and speaks to it while he has it. The base of
`DriverActor`.
"""

from __future__ import annotations

import msgspec

from dispatch import addresses
from dispatch.actors.closings import Closings
from dispatch.actors.conversing import ConversingActor
from dispatch.actors.parts.conversation import Memory
from dispatch.actors.ports import EventStore
from dispatch.domain.driver.record import BOUND, FREE, GAVE_UP, RESERVED, DriverRecord, stranger
from dispatch.domain.places.positions import PositionBoard
from dispatch.domain.ride import ACCEPTED
from dispatch.errors import NoSuchRide
from dispatch.ids import DriverId, OfferId, RideId
from dispatch.messages.base import Command, Message
from dispatch.messages.commands import CancelRide, CompleteRide, RateRide, ReportArrived, ReportNoShow, StartRide
from dispatch.messages.events import DriverOffline, DriverReleased, DriverReserved
from dispatch.messages.matching import (
    ClaimGranted,
    ClaimRefused,
    ClaimRide,
    DriverGone,
    DriverState,
    RatingChanged,
    RideAnswered,
    RideLost,
    RideMoved,
    RidePaid,
    RideRefused,
)
from dispatch.messages.notices import (
    DriverSnapshot,
    DriverWarned,
    OfferClosed,
    OfferMade,
    PaymentChanged,
    RideAccepted,
    RideEnded,
    RideProgress,
)
from dispatch.messages.tracking import WarnDriver
from dispatch.runtime import Runtime, receives
from dispatch.values import RideCard

RideCommand = ReportArrived | StartRide | CompleteRide | ReportNoShow | CancelRide | RateRide
"""What a driver asks of a ride of his."""
EVENTS_A_FOLD = 100
"""A driver who is woken reads no more than twice as many events: an answer given lately is among them."""
NOTHING_DONE = ("unavailable", "internal")
"""Refusals that say nothing of the command itself: the same may be tried again."""


class DriverOptions(msgspec.Struct, frozen=True):
    """Times in seconds; `live_offers`: how many offers may be open at once. A driver who is on no ride leaves memory when nobody
    spoke for them for `retire_after_s`. `events_a_fold`: after so many events all is folded into one.
    """

    claim_retry_s: float = 1.0
    live_offers: int = 1
    memory: Memory = Memory()
    retire_after_s: float = 120.0
    events_a_fold: int = EVENTS_A_FOLD


class _Retire(Message, frozen=True, gc=False):
    """Connection `number` was gone at runtime second `since`, and the driver on no ride."""

    number: int
    since: float


class _ClaimAgain(Message, frozen=True, gc=False):
    """The claim for this offer was not answered when this was due."""

    offer_id: OfferId


class BoundDriver(ConversingActor):
    """What a driver is to rides and dispatchers. Only the answer of the ride releases a reservation, never a lost connection."""

    __slots__ = (
        "_accepted", "_accepting", "_closings", "_met", "_owes_snapshot", "_unfolded", "_version", "board", "dispatcher", "driver",
        "driver_id", "life", "offers", "options", "ride", "ride_status",
    )  # fmt: skip

    def __init__(
        self, runtime: Runtime, address: str, store: EventStore, board: PositionBoard, options: DriverOptions, zone: str
    ) -> None:
        self.driver_id = DriverId(addresses.name_of(address))
        self.driver = DriverRecord(self.driver_id)
        super().__init__(runtime, address, store, self.driver, options.memory)
        self.options = options
        self.board = board
        self.dispatcher = addresses.dispatcher(zone)
        self.life = runtime.incarnation()
        self.offers: dict[RideId, OfferMade] = {}
        self.ride: RideCard | None = None
        self.ride_status = ""
        self._unfolded = 0
        self._version = 0
        self._met = False
        self._closings = Closings()
        self._accepted: RideAccepted | DriverSnapshot | None = None
        self._owes_snapshot: bool | None = None
        self._accepting: tuple[Command, ...] = ()

    def record(self, event: Message) -> None:
        """As all do. Now and then all is folded into one event, so that a later life need not begin at the first."""
        super().record(event)
        self._unfolded += 1
        if self._unfolded >= self.options.events_a_fold:
            super().record(self.driver.folded())
            self._unfolded = 0

    # -- the ride he claims

    @receives(_ClaimAgain)
    def _on_claim_again(self, message: _ClaimAgain) -> None:
        kept = self.driver.ride
        if self.driver.binding != RESERVED or kept is None or kept.offer_id != message.offer_id:
            return
        if self.runtime.reaches(addresses.ride(kept.ride_id), message):
            self._claim()
        else:  # the ride was quarantined: nobody will ever answer
            self._on_claim_refused(ClaimRefused(kept.ride_id, kept.offer_id, "unavailable"))

    @receives(ClaimGranted)
    def _on_granted(self, message: ClaimGranted) -> None:
        kept = self.driver.ride
        if kept is None or kept.offer_id != message.offer_id:
            return
        was_bound = self.driver.binding == BOUND
        self.driver.apply(message)
        self.ride, self.ride_status = message.ride, message.status
        is_told = self._accepted is not None and self._accepted.ride == message.ride
        if not was_bound and not is_told:  # else he was told before he was rebuilt
            goes_on = self._snapshot_owed() if message.status != ACCEPTED else None
            self._accepted = goes_on or self.say(RideAccepted, message.ride)
            self._answer_accept(self._accepted)
        self._snapshot_owed()

    @receives(ClaimRefused)
    def _on_claim_refused(self, message: ClaimRefused) -> None:
        kept = self.driver.ride
        if self.driver.binding != RESERVED or kept is None or kept.offer_id != message.offer_id:
            return
        self._release(kept, message.reason)
        closing = self._say_closed(message.ride_id, message.offer_id, message.reason)
        self._answer_accept(closing, message.reason)
        self._announce()

    # -- the ride he is on

    @receives(ReportArrived, StartRide, CompleteRide, ReportNoShow, CancelRide)
    def _on_ride_command(self, message: RideCommand) -> None:
        """The ride decides; we only see that it is asked in our name."""
        if not self.is_new(message):
            return
        ride = addresses.ride(message.ride_id)
        if self.runtime.reaches(ride, message):
            self.send(ride, message)
        else:
            self.refuse(message.command, NoSuchRide.code, NoSuchRide.says, message.ride_id)

    @receives(RideMoved)
    def _on_ride_moved(self, message: RideMoved) -> None:
        self.depend_on(message.after)
        self.remember(message)
        kept = self.driver.ride
        fields = (message.ride_id, message.status, message.fare, message.distance_km, message.duration_min)
        more = (message.free_until, message.no_show_at, message.driven_m, message.price, message.payment_status)
        if kept is not None and kept.ride_id == message.ride_id:
            self.ride_status = message.status
            if message.status == "completed":
                self._release(kept, "completed")
        progress = self.say(RideProgress, *fields, *more)
        self._answer_accept(progress)  # the ride is his, whether or not he had heard that before a restart
        self.done(message.command, progress, kept=True)
        if self.driver.binding == FREE:
            self._announce()

    @receives(RideLost)
    def _on_ride_lost(self, message: RideLost) -> None:
        self.remember(message)
        kept = self.driver.ride
        if kept is not None and kept.ride_id == message.ride_id:
            self._release(kept, GAVE_UP if message.goes_on else "cancelled")
        ended = self.say(RideEnded, message.ride_id, message.by, message.reason, message.fee)
        self._answer_accept(ended)  # it was his
        self.done(message.command, ended, kept=True)
        self._announce()

    @receives(RidePaid)
    def _on_ride_paid(self, message: RidePaid) -> None:
        """Whoever is not there any more asks the desk."""
        if self.link is not None:
            self.say(PaymentChanged, message.ride_id, message.status, message.amount)

    @receives(WarnDriver)
    def _on_warning(self, message: WarnDriver) -> None:
        kept = self.driver.ride
        if kept is not None and kept.ride_id == message.ride_id:
            self.say(DriverWarned, message.ride_id, message.what)

    @receives(RateRide)
    def _on_rate(self, message: RateRide) -> None:
        """Of a ride that is over: its actor may be asleep, and wakes."""
        self._on_ride_command(message)

    @receives(RatingChanged)
    def _on_rating_changed(self, message: RatingChanged) -> None:
        self.driver.card = self.store.driver_card(self.driver_id) or self.driver.card

    @receives(RideAnswered)
    def _on_ride_answered(self, message: RideAnswered) -> None:
        self.remember(message)
        self.done(message.command, result=message.result, kept=True)

    @receives(RideRefused)
    def _on_ride_refused(self, message: RideRefused) -> None:
        self.remember(message)
        if message.code in NOTHING_DONE:
            self.turn_away(message, message.code, message.text)
        else:
            self.refuse(message.command, message.code, message.text, message.ride_id)

    # -- out of memory

    def retire_later(self) -> None:
        """If nobody comes until then."""
        if self.link is None and self.driver.binding == FREE:
            self.runtime.set_timer(
                self.options.retire_after_s, self.address, _Retire(self.link_number, self.runtime.now)
            )

    def on_link_lost(self) -> None:
        self.retire_later()

    @receives(_Retire)
    def _on_retire(self, message: _Retire) -> None:
        if self.link is not None or message.number != self.link_number or self.driver.binding != FREE:
            return
        fix = self.board.position(self.driver_id)
        is_back = fix is not None and fix.at > message.since  # a connection is open whose `Attach` is still on its way
        if is_back or not self.is_committed or not self.runtime.retire(self.address):
            self.retire_later()
            return
        self.board.forget(self.driver_id)
        self.runtime.tell(self.dispatcher, DriverGone(self.driver_id, self.life))

    # -- what is done in more than one place

    def _claim(self) -> None:
        kept = self.driver.ride
        assert kept is not None
        fix = self.board.position(self.driver_id)
        card = self.driver.card or stranger(self.driver_id)
        where = (fix.lat, fix.lon) if fix is not None else (None, None)
        offer = (kept.ride_id, kept.search_no, kept.round_no, kept.offer_id)
        claim = ClaimRide(*offer, card, where[0], where[1], kept.closes_at)
        self.send_ahead(addresses.ride(kept.ride_id), claim)
        self.runtime.set_timer(self.options.claim_retry_s, self.address, _ClaimAgain(kept.offer_id))

    def _answer_accept(self, notice: Message, result: str = "ok") -> None:
        """Whoever said yes hears what came of it, once."""
        accepting, self._accepting = self._accepting, ()
        for command in accepting:
            self.done(command, notice, result=result)

    def _accept_again(self, command: Command | None) -> None:
        """He said yes twice: the answer is, or will be, the one there is."""
        if self.driver.binding == BOUND and self._accepted is not None:
            self.say_again(self._accepted)
            self.done(command, self._accepted)
        elif command is not None:
            self._accepting += (command,)

    def _say_closed(self, ride_id: RideId, offer_id: OfferId, reason: str) -> OfferClosed:
        closing: OfferClosed = self.say(OfferClosed, ride_id, offer_id, reason)
        self._closings.keep(closing)
        return closing

    def _release(self, kept: DriverReserved, reason: str) -> None:
        self.record(DriverReleased(kept.ride_id, self.driver_id, kept.offer_id, reason))
        self.ride, self.ride_status, self._accepted = None, "", None
        self._snapshot_owed()
        if self.link is None:
            self.record(DriverOffline(self.driver_id, "closed"))
            self.retire_later()

    def _say_snapshot(self, recovered: bool = False) -> DriverSnapshot | None:
        """How he stands. While he keeps himself for a ride that has not answered, only it can say: then as soon as it does."""
        if self.driver.binding == RESERVED and self.ride is None:
            self._owes_snapshot = recovered
            return None
        offer = next(iter(self.offers.values()), None)
        snapshot: DriverSnapshot = self.say(
            DriverSnapshot, self._status(), offer, self.ride, self.ride_status or None, recovered
        )
        return snapshot

    def _snapshot_owed(self) -> DriverSnapshot | None:
        """The ride has answered: whoever came meanwhile hears how he stands."""
        owed, self._owes_snapshot = self._owes_snapshot, None
        return self._say_snapshot(owed) if owed is not None and self.link is not None else None

    def _announce(
        self,
        ended: OfferId | None = None,
        outcome: str = "",
        ride_id: RideId | None = None,
        asked: bool = False,
        ahead: bool = False,
    ) -> None:
        """`ahead`: of the disk, since it is so now and nobody but the dispatcher hears it."""
        self._version += 1
        offers = tuple([offer.lease.offer_id for offer in self.offers.values()]) if self.offers else ()
        state = DriverState(
            self.driver_id,
            self.life,
            self._version,
            self._status(),
            offers,
            ended,
            outcome,
            ride_id,
            asked,
            self._drives(),
        )
        (self.send_ahead if ahead else self.send)(self.dispatcher, state)

    def _drives(self) -> str:
        card = self.driver.card
        return card.vehicle_type if card is not None else ""

    def _status(self) -> str:
        if self.driver.binding != FREE:
            return "busy"
        if self.link is None:
            return "offline"
        return "available" if self.driver.wants_offers and self.driver.card is not None else "unavailable"
