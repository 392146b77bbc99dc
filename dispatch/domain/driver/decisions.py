"""What follows when a driver is offered a ride, answers an offer, wants offers or none, connects, or is released. Pure.

The driver's actor asks the functions and does what they say; they change nothing themselves. `Offers` holds what they look at and no
event tells: which offers are open, and how the last ones ended.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from dispatch.domain.driver.record import ASLEEP, AVAILABLE, FREE, DriverRecord, stranger
from dispatch.ids import DriverId, OfferId, RideId
from dispatch.messages.base import Message
from dispatch.messages.commands import AcceptOffer, DeclineOffer, SetAvailability
from dispatch.messages.events import (
    AvailabilitySet,
    DriverOffline,
    DriverOnline,
    DriverRegistered,
    DriverReleased,
    DriverReserved,
    OfferDeclined,
    OffersClosed,
    OffersMade,
    RideAssigned,
    RideCancelled,
    RideRequested,
    SearchFailed,
)
from dispatch.messages.notices import OfferClosed, OfferMade
from dispatch.values import Lease
from dispatch.words import LinkEnd, OfferOutcome, ReleaseReason, Result

UNAVAILABLE: Final = OfferOutcome.UNAVAILABLE
DECLINED: Final = OfferOutcome.DECLINED
DECLINED_BEFORE: Final = OfferOutcome.DECLINED_BEFORE
DRIVER_BUSY: Final = OfferOutcome.DRIVER_BUSY
EXPIRED: Final = OfferOutcome.EXPIRED
OK: Final = Result.OK

MUST_CANCEL: Final = "cannot decline a ride that you accepted; cancel it"
CLOSINGS_REMEMBERED: Final = 16
TOLD_AS: Final[dict[OfferOutcome, OfferOutcome]] = {OfferOutcome.VANISHED: UNAVAILABLE}
"""The reason that a driver is told for an outcome that only dispatchers know. Every other outcome is its own reason."""
SEARCH_ENDS: Final[dict[type[Message], OfferOutcome]] = {
    RideAssigned: OfferOutcome.TAKEN,
    RideCancelled: OfferOutcome.CANCELLED,
    RideRequested: OfferOutcome.SUPERSEDED,
    SearchFailed: OfferOutcome.EXPIRED,
}
"""The reason with which an event of the ride closes the offers that are open."""
DRIVERS_OWN: Final = (DECLINED, DRIVER_BUSY)
"""Reasons that tell what the driver did. If the driver's event is lost, the offer ends as `unavailable`."""


# -- the offers of one driver


class OfferEnding(NamedTuple):
    """An offer that can be answered no more, and the reason that the driver is told."""

    ride_id: RideId
    offer_id: OfferId
    reason: OfferOutcome = UNAVAILABLE


class Offers:
    """`open`: the open offers, by ride. The last closings are remembered, so that a late answer gets the same closing again."""

    __slots__ = ("_closings", "open")

    def __init__(self) -> None:
        self.open: dict[RideId, OfferMade] = {}
        self._closings: dict[OfferId, OfferClosed] = {}

    def meant_by(self, ride_id: RideId, offer_id: OfferId | None) -> OfferMade | None:
        """The open offer of this ride; None where `offer_id` names another one."""
        offer = self.open.get(ride_id)
        return offer if offer is not None and offer_id in (None, offer.lease.offer_id) else None

    def close(self, closing: OfferClosed) -> None:
        """The driver was told this closing: the offer is not open any more."""
        offer = self.open.get(closing.ride_id)
        if offer is not None and offer.lease.offer_id == closing.offer_id:
            del self.open[closing.ride_id]
        closings = self._closings
        closings[closing.offer_id] = closing
        if len(closings) > CLOSINGS_REMEMBERED:
            del closings[next(iter(closings))]

    def closing_of(self, ride_id: RideId, offer_id: OfferId | None) -> OfferClosed | None:
        """The closing of this offer; where `offer_id` is None, the last closing of this ride."""
        if offer_id is None:
            return next((closing for closing in reversed(self._closings.values()) if closing.ride_id == ride_id), None)
        closing = self._closings.get(offer_id)
        return closing if closing is not None and closing.ride_id == ride_id else None

    def lose(self, reservation: DriverReserved | None, last_seq: int) -> tuple[OfferEnding, ...]:
        """The actor is rebuilt: forget what was open, and the closings numbered above `last_seq`, which the driver never got.

        Returns what the driver must be told instead. `reservation`: the actor before had accepted this offer.
        """
        held = [offer.lease for offer in self.open.values()]
        unsaid = [closing for closing in self._closings.values() if closing.seq > last_seq]
        self.open.clear()
        for closing in unsaid:
            del self._closings[closing.offer_id]
        return (
            *(OfferEnding(lease.ride_id, lease.offer_id) for lease in held),
            *((OfferEnding(reservation.ride_id, reservation.offer_id),) if reservation is not None else ()),
            *(
                OfferEnding(gone.ride_id, gone.offer_id, UNAVAILABLE if gone.reason in DRIVERS_OWN else gone.reason)
                for gone in unsaid
            ),
        )


def ending_on_record(events: Iterable[Message], driver_id: DriverId, offer_id: OfferId | None) -> OfferEnding | None:
    """How this driver's offer of a ride ended, by the events of the ride; None: there was no such offer.

    Where `offer_id` is None, it is the driver's last offer of the ride.
    """
    ending: OfferEnding | None = None
    for event in events:
        if isinstance(event, OffersMade):
            for offer in event.offers:
                if offer.driver_id == driver_id and offer_id in (None, offer.offer_id):
                    ending = OfferEnding(event.ride_id, offer.offer_id)
        elif ending is None:
            continue
        elif isinstance(event, OffersClosed) and ending.offer_id in event.offers:
            ending = ending._replace(reason=TOLD_AS.get(event.reason, event.reason))
        elif isinstance(event, OfferDeclined) and event.offer_id == ending.offer_id:
            ending = ending._replace(reason=DECLINED)
        elif type(event) in SEARCH_ENDS and ending.reason == UNAVAILABLE:
            ending = ending._replace(reason=SEARCH_ENDS[type(event)])
    return ending


# -- what follows


class OfferStanding(StrEnum):
    """How the offer stands that an answer means."""

    OPEN = "open"
    OVERDUE = "overdue"
    """Its time is over, the grace for a late accept included, and the dispatcher has not closed it yet."""
    ACCEPTED = "accepted"
    """The driver is reserved for its ride, or bound to it."""
    CLOSED = "closed"
    """It ended in another way, or never was."""


class AnswerVerdict(StrEnum):
    """What an answer to an offer comes to."""

    RESERVE = "the driver is reserved, and claims the ride"
    REPEAT = "the ride's answer to the claim is the answer"
    EXPIRE = "too late: the offer ends as `expired`"
    DECLINE = "the offer ends as `declined`"
    REFUSE = "refused as `illegal_now`: an accepted ride is cancelled, not declined"
    CLOSE_AGAIN = "the closing of the offer is told again; `no_such_ride` where there never was one"


ANSWERS: Final[dict[type[Message], dict[OfferStanding, AnswerVerdict]]] = {
    AcceptOffer: {
        OfferStanding.OPEN: AnswerVerdict.RESERVE,
        OfferStanding.OVERDUE: AnswerVerdict.EXPIRE,
        OfferStanding.ACCEPTED: AnswerVerdict.REPEAT,
        OfferStanding.CLOSED: AnswerVerdict.CLOSE_AGAIN,
    },
    DeclineOffer: {
        OfferStanding.OPEN: AnswerVerdict.DECLINE,
        OfferStanding.OVERDUE: AnswerVerdict.DECLINE,
        OfferStanding.ACCEPTED: AnswerVerdict.REFUSE,
        OfferStanding.CLOSED: AnswerVerdict.CLOSE_AGAIN,
    },
}
"""What an answer comes to, by its type and by how the offer stands."""
assert all(tuple(row) == tuple(OfferStanding) for row in ANSWERS.values()), (
    "every answer has its verdict for every standing"
)
OPEN, OVERDUE, ACCEPTED, CLOSED = OfferStanding
RESERVE, REPEAT, EXPIRE, DECLINE, REFUSE, CLOSE_AGAIN = AnswerVerdict


class DriverDecision(msgspec.Struct, frozen=True, gc=False):
    """What follows from a command of the driver's app. The actor does it in the order of the fields.

    `events` are recorded. The ride of `accepted` is claimed. The offers in `ended` end on the driver's side, each with its outcome: app
    and dispatcher are told. The command is acknowledged with `result`, unless the `verdict` on an answer to an offer says otherwise.
    """

    events: tuple[Message, ...] = ()
    accepted: Lease | None = None
    ended: tuple[tuple[OfferMade, OfferOutcome], ...] = ()
    result: Result = OK
    verdict: AnswerVerdict | None = None


def refusal(
    driver: DriverRecord,
    offers: Offers,
    lease: Lease,
    is_connected: bool,
    now: float,
    most: int,
    *,
    binds: bool = False,
) -> OfferOutcome | None:
    """The outcome with which this new offer ends at once; None: it opens. `most`: how many offers may be open. `binds`: staff have
    accepted it for the driver, who has to be awake for that.
    """
    if driver.binding != FREE:
        return DRIVER_BUSY
    if lease.ride_id in driver.declined:
        return DECLINED_BEFORE
    if driver.status(is_connected) not in ((AVAILABLE,) if binds else (AVAILABLE, ASLEEP)):
        return UNAVAILABLE
    if now >= lease.closes_at:
        return EXPIRED
    if lease.ride_id not in offers.open and len(offers.open) >= most:
        return DRIVER_BUSY
    return None


def answer(driver: DriverRecord, offers: Offers, message: AcceptOffer | DeclineOffer, now: float) -> DriverDecision:
    """What this answer comes to at second `now`. One without an `offer_id` means the offer of its ride."""
    offer, reservation = offers.meant_by(message.ride_id, message.offer_id), driver.reservation
    standing = CLOSED
    if offer is not None:
        standing = OPEN if now < offer.lease.closes_at else OVERDUE
    elif reservation is not None and reservation.ride_id == message.ride_id:
        standing = ACCEPTED if message.offer_id in (None, reservation.offer_id) else CLOSED
    verdict = ANSWERS[type(message)][standing]
    if offer is None:
        return DriverDecision(verdict=verdict)
    lease = offer.lease
    if isinstance(message, DeclineOffer):
        declined = OfferDeclined(lease.ride_id, driver.driver_id, lease.offer_id, message.reason, message.command)
        return DriverDecision((declined,), None, ((offer, DECLINED),), Result.DECLINED, verdict)
    if verdict is EXPIRE:
        return DriverDecision((), None, ((offer, EXPIRED),), Result.EXPIRED, verdict)
    reserved = DriverReserved(
        lease.ride_id,
        driver.driver_id,
        lease.offer_id,
        lease.search_no,
        lease.round_no,
        message.command,
        lease.closes_at,
    )
    others = tuple([(other, DRIVER_BUSY) for other in offers.open.values() if other is not offer])
    return DriverDecision((reserved,), lease, others, verdict=verdict)


def set_availability(driver: DriverRecord, offers: Offers, message: SetAvailability) -> DriverDecision:
    """The driver wants offers, or wants none: then the open ones end."""
    if message.available == driver.wants_offers:
        return DriverDecision()
    event = AvailabilitySet(driver.driver_id, message.available, message.command)
    open_offers = () if message.available else tuple([(offer, UNAVAILABLE) for offer in offers.open.values()])
    return DriverDecision((event,), ended=open_offers)


def connected(driver: DriverRecord) -> tuple[Message, ...]:
    """The events of a connection that speaks for this driver, whom nobody may have registered yet."""
    online = DriverOnline(driver.driver_id)
    return (online,) if driver.card is not None else (DriverRegistered(stranger(driver.driver_id)), online)


def may_sleep(reason: LinkEnd) -> bool:
    """Whether a connection that ended so was lost: its app may still be woken. Whoever logged out wants to be asked no more."""
    return reason in (LinkEnd.CLOSED, LinkEnd.SILENT)


def released(driver: DriverRecord, reason: ReleaseReason, is_connected: bool) -> tuple[Message, ...]:
    """The events that make this driver free of the ride. Only what the ride says may lead to them."""
    reservation = driver.reservation
    assert reservation is not None
    event = DriverReleased(reservation.ride_id, driver.driver_id, reservation.offer_id, reason)
    return (event,) if is_connected else (event, DriverOffline(driver.driver_id, LinkEnd.CLOSED))
