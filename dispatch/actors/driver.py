"""The driver actor: may this driver be bound? His availability, his open offers, the one ride he keeps himself for."""

from __future__ import annotations

from dispatch.actors.bound import BoundDriver
from dispatch.actors.closings import Ending, ending_on_record, unanswerable
from dispatch.domain.driver.record import FREE, RESERVED, stranger
from dispatch.errors import NoSuchRide
from dispatch.ids import OfferId, RideId
from dispatch.messages.base import Command, Message
from dispatch.messages.commands import (
    AcceptOffer,
    Attach,
    DeclineOffer,
    Detach,
    SetAvailability,
)
from dispatch.messages.events import (
    AvailabilitySet,
    DriverFolded,
    DriverOffline,
    DriverOnline,
    DriverRegistered,
    DriverReserved,
    OfferDeclined,
)
from dispatch.messages.matching import (
    DECLINED_BEFORE,
    AnnounceState,
    CloseOffer,
    DriverState,
    OfferRide,
)
from dispatch.messages.notices import OfferClosed, OfferMade
from dispatch.runtime import receives

WIRE_REASON = {"vanished": "unavailable"}
"""How an outcome that only dispatchers know is told to the driver himself."""


class _Rebuilt(Message, frozen=True, gc=False):
    """The life before this one held these offers, had said yes to one, or had not got to say how they ended."""

    gone: tuple[Ending, ...]


class _ComeAgain(Message, frozen=True, gc=False):
    """That he came is not on record: it was lost, and his app is still there. Until it is he can be asked nothing."""


class DriverActor(BoundDriver):
    """One driver. Only the answer of the ride releases a reservation, never a lost connection."""

    __slots__ = ()

    # -- his life

    def restore(self) -> list[Message]:
        events = super().restore()
        self.driver.card = (
            self.store.driver_card(self.driver_id) or self.driver.card
        )  # ratings are on the one on record
        kept = self.driver.ride
        if kept is None or self.ride is None or self.ride.ride_id != kept.ride_id:
            self.ride, self.ride_status = None, ""
        if kept is not None and self.driver.binding == RESERVED:
            if kept.command is not None and not self._accepting and self.answers.reopen(kept.command):
                self._accepting = (kept.command,)
            self._claim()
        return events

    def replay(self, event: Message) -> None:
        super().replay(event)
        self._unfolded = 0 if type(event) is DriverFolded else self._unfolded + 1
        self._met = self._met or type(event) in (DriverOnline, DriverFolded)

    def carry_over(self, before: DriverActor) -> None:  # type: ignore[override]
        super().carry_over(before)
        self._met, self._closings, self._accepting = before._met, before._closings, before._accepting
        self._accepted = before._accepted if before._accepted and before._accepted.seq <= self.stream.seq else None
        self.ride, self.ride_status = before.ride, before.ride_status
        held = [*(offer.lease for offer in before.offers.values()), before.driver.ride]
        self.runtime.tell(self.address, _Rebuilt((*unanswerable(held), *self._closings.take_back(self.stream.seq))))

    def on_quarantine(self, error_id: str) -> None:
        super().on_quarantine(error_id)
        self._version += 1
        gone = DriverState(self.driver_id, self.life, self._version, "offline", asked=True)
        self.runtime.tell(self.dispatcher, gone)

    @receives(_Rebuilt)
    def _on_rebuilt(self, message: _Rebuilt) -> None:
        kept = self.driver.ride
        for ending in message.gone:
            if kept is None or kept.offer_id != ending.offer_id:
                self._say_closed(*ending)
        self._say_snapshot()  # whatever else the app was to hear in the turn that was lost
        self._announce(asked=True)
        self.retire_later()
        if self.driver.card is None:
            self.runtime.set_timer(self.options.claim_retry_s, self.address, _ComeAgain())

    @receives(_ComeAgain)
    def _on_come_again(self, message: _ComeAgain) -> None:
        if self.link is not None and self.driver.card is None:
            self._come()
            self._announce(ahead=True)

    @receives(Attach)
    def _on_attach(self, message: Attach) -> None:
        was_offline = self.link is None
        if not self.take_link(message):
            return
        if was_offline or self.driver.card is None:
            self._come()
        self.welcome(message)
        self._met = True
        self._announce(ahead=True)  # or a ride that is booked now, whose search comes ahead, would pass him over

    def has_news(self) -> bool:
        return self._met

    @receives(Detach)
    def _on_detach(self, message: Detach) -> None:
        if message.number != self.link_number or self.link is None:
            return
        self.link = None  # first, so that no word of an ended offer calls him available
        for offer in list(self.offers.values()):
            self._end_offer(offer, "vanished")
        self.record(DriverOffline(self.driver_id, message.reason))
        self._announce()
        self.retire_later()

    # -- offers

    @receives(OfferRide)
    def _on_offer(self, message: OfferRide) -> None:
        lease = message.lease
        refusal = self._refusal(lease.ride_id, lease.closes_at)
        if refusal:
            self._announce(lease.offer_id, refusal, lease.ride_id)
            return
        older = self.offers.pop(lease.ride_id, None)
        if older is not None:
            self._say_closed(older.lease.ride_id, older.lease.offer_id, "superseded")
        self.offers[lease.ride_id] = self.say(OfferMade, lease, message.ride)

    @receives(CloseOffer)
    def _on_close_offer(self, message: CloseOffer) -> None:
        offer = self.offers.get(message.ride_id)
        if offer is not None and offer.lease.offer_id == message.offer_id:
            self._close_offer(offer, message.reason)

    @receives(AcceptOffer)
    def _on_accept(self, message: AcceptOffer) -> None:
        command, ride_id = message.command, message.ride_id
        if not self.is_new(message):
            return
        offer, kept = self._open(ride_id, message.offer_id), self.driver.ride
        if kept is not None and kept.ride_id == ride_id and message.offer_id in (None, kept.offer_id):
            self._accept_again(command)
        elif offer is None:
            self._answer_closed(message)
        elif self.runtime.now >= offer.lease.closes_at:
            self.done(command, self._end_offer(offer, "expired"), result="expired")
        else:
            self._reserve(offer, command)

    @receives(DeclineOffer)
    def _on_decline(self, message: DeclineOffer) -> None:
        command, ride_id = message.command, message.ride_id
        if not self.is_new(message):
            return
        offer, kept = self._open(ride_id, message.offer_id), self.driver.ride
        if offer is not None:
            self.record(OfferDeclined(ride_id, self.driver_id, offer.lease.offer_id, message.reason, command))
            self.done(command, self._end_offer(offer, "declined"), result="declined")
        elif kept is not None and kept.ride_id == ride_id:
            self.refuse(command, "illegal_now", "cannot decline a ride that you accepted; cancel it", ride_id)
        else:
            self._answer_closed(message)

    @receives(SetAvailability)
    def _on_set_availability(self, message: SetAvailability) -> None:
        if not self.is_new(message):
            return
        if message.available != self.driver.wants_offers:
            self.record(AvailabilitySet(self.driver_id, message.available, message.command))
            for offer in () if message.available else list(self.offers.values()):
                self._end_offer(offer, "unavailable")
            self._announce()
        self.done(message.command)

    # -- the dispatcher

    @receives(AnnounceState)
    def _on_announce_state(self, message: AnnounceState) -> None:
        self._announce(asked=True)

    # -- what is done in more than one place

    def _come(self) -> None:
        if self.driver.card is None:  # somebody may have registered this driver while nobody could come
            self.driver.card = self.store.driver_card(self.driver_id)
        if self.driver.card is None:
            self.record(DriverRegistered(stranger(self.driver_id)))
        self.record(DriverOnline(self.driver_id))

    def _open(self, ride_id: RideId, offer_id: OfferId | None) -> OfferMade | None:
        """The open offer that this answer means."""
        offer = self.offers.get(ride_id)
        if offer is None or offer_id not in (None, offer.lease.offer_id):
            return None
        return offer

    def _refusal(self, ride_id: RideId, closes_at: float) -> str:
        """Why he cannot be offered this now; empty: he can."""
        if self.driver.binding != FREE:
            return "driver_busy"
        if ride_id in self.driver.declined:
            return DECLINED_BEFORE  # he said so while the same ride was offered anew
        if self._status() != "available":
            return "unavailable"
        if self.runtime.now >= closes_at:
            return "expired"
        if ride_id not in self.offers and len(self.offers) >= self.options.live_offers:
            return "driver_busy"
        return ""

    def _reserve(self, offer: OfferMade, command: Command | None) -> None:
        lease = offer.lease
        self.record(
            DriverReserved(
                lease.ride_id, self.driver_id, lease.offer_id, lease.search_no, lease.round_no, command, lease.closes_at
            )
        )
        del self.offers[lease.ride_id]
        self._accepting = (command,) if command is not None else ()
        self._claim()
        self._announce(lease.offer_id, "accepted", lease.ride_id)
        for other in list(self.offers.values()):
            self._end_offer(other, "driver_busy")

    def _answer_closed(self, message: AcceptOffer | DeclineOffer) -> None:
        """Too late: the closing is said again. Never offered: there is no such ride, as far as he is concerned."""
        closing = self._closings.of(message.ride_id, message.offer_id) or self._closing_on_record(message)
        if closing is None:
            self.refuse(message.command, NoSuchRide.code, NoSuchRide.says, message.ride_id)
            return
        self.say_again(closing)
        self.done(message.command, closing, result=closing.reason)

    def _closing_on_record(self, message: AcceptOffer | DeclineOffer) -> OfferClosed | None:
        """How an offer of an earlier life ended, told now."""
        ending = ending_on_record(self.store.events_of_ride(message.ride_id), self.driver_id, message.offer_id)
        return self._say_closed(*ending) if ending is not None else None

    def _end_offer(self, offer: OfferMade, outcome: str) -> OfferClosed:
        """It ends on our side: the dispatcher has the place back."""
        closing = self._close_offer(offer, WIRE_REASON.get(outcome, outcome))
        self._announce(offer.lease.offer_id, outcome, offer.lease.ride_id)
        return closing

    def _close_offer(self, offer: OfferMade, reason: str) -> OfferClosed:
        lease = offer.lease
        del self.offers[lease.ride_id]
        return self._say_closed(lease.ride_id, lease.offer_id, reason)
