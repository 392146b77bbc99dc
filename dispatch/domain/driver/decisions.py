"""What follows when a driver is offered a ride, answers an offer, wants offers or none, connects, or is released. Pure.

The driver's actor asks these functions and does what they say. They change nothing themselves.
"""

from enum import StrEnum
from typing import Final

import msgspec

from dispatch.domain.driver.offers import DECLINED, UNAVAILABLE, Offers
from dispatch.domain.driver.record import ASLEEP, AVAILABLE, FREE, DriverRecord, stranger
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
)
from dispatch.messages.notices import OfferMade
from dispatch.values import Lease
from dispatch.words import LinkEnd, OfferOutcome, ReleaseReason, Result

DECLINED_BEFORE: Final = OfferOutcome.DECLINED_BEFORE
DRIVER_BUSY: Final = OfferOutcome.DRIVER_BUSY
EXPIRED: Final = OfferOutcome.EXPIRED
OK: Final = Result.OK

MUST_CANCEL: Final = "cannot decline a ride that you accepted; cancel it"


class OfferStanding(StrEnum):
    """How the offer stands that an answer means."""

    OPEN = "open"
    OVERDUE = "overdue"
    """Its time is over, the grace for a late accept included, and the dispatcher has not closed it yet."""
    ACCEPTED = "accepted"
    """The driver is reserved for its ride, or bound to it."""
    CLOSED = "closed"
    """It ended in another way, or never was."""


class Verdict(StrEnum):
    """What an answer to an offer comes to."""

    RESERVE = "the driver is reserved, and claims the ride"
    REPEAT = "the ride's answer to the claim is the answer"
    EXPIRE = "too late: the offer ends as `expired`"
    DECLINE = "the offer ends as `declined`"
    REFUSE = "refused as `illegal_now`: an accepted ride is cancelled, not declined"
    CLOSE_AGAIN = "the closing of the offer is told again; `no_such_ride` where there never was one"


ANSWERS: Final[dict[type[Message], dict[OfferStanding, Verdict]]] = {
    AcceptOffer: {
        OfferStanding.OPEN: Verdict.RESERVE,
        OfferStanding.OVERDUE: Verdict.EXPIRE,
        OfferStanding.ACCEPTED: Verdict.REPEAT,
        OfferStanding.CLOSED: Verdict.CLOSE_AGAIN,
    },
    DeclineOffer: {
        OfferStanding.OPEN: Verdict.DECLINE,
        OfferStanding.OVERDUE: Verdict.DECLINE,
        OfferStanding.ACCEPTED: Verdict.REFUSE,
        OfferStanding.CLOSED: Verdict.CLOSE_AGAIN,
    },
}
"""What an answer comes to, by its type and by how the offer stands."""
assert all(tuple(row) == tuple(OfferStanding) for row in ANSWERS.values()), (
    "every answer has its verdict for every standing"
)
OPEN, OVERDUE, ACCEPTED, CLOSED = OfferStanding
RESERVE, REPEAT, EXPIRE, DECLINE, REFUSE, CLOSE_AGAIN = Verdict


class Decision(msgspec.Struct, frozen=True, gc=False):
    """What follows from a command of the driver's app. The actor does it in the order of the fields.

    `events` are recorded. The ride of `accepted` is claimed. The offers in `ended` end on the driver's side, each with its outcome: app
    and dispatcher are told. The command is acknowledged with `result`, unless the `verdict` on an answer to an offer says otherwise.
    """

    events: tuple[Message, ...] = ()
    accepted: Lease | None = None
    ended: tuple[tuple[OfferMade, OfferOutcome], ...] = ()
    result: Result = OK
    verdict: Verdict | None = None


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


def answer(driver: DriverRecord, offers: Offers, message: AcceptOffer | DeclineOffer, now: float) -> Decision:
    """What this answer comes to at second `now`. One without an `offer_id` means the offer of its ride."""
    offer, reservation = offers.meant_by(message.ride_id, message.offer_id), driver.reservation
    standing = CLOSED
    if offer is not None:
        standing = OPEN if now < offer.lease.closes_at else OVERDUE
    elif reservation is not None and reservation.ride_id == message.ride_id:
        standing = ACCEPTED if message.offer_id in (None, reservation.offer_id) else CLOSED
    verdict = ANSWERS[type(message)][standing]
    if offer is None:
        return Decision(verdict=verdict)
    lease = offer.lease
    if isinstance(message, DeclineOffer):
        declined = OfferDeclined(lease.ride_id, driver.driver_id, lease.offer_id, message.reason, message.command)
        return Decision((declined,), None, ((offer, DECLINED),), Result.DECLINED, verdict)
    if verdict is EXPIRE:
        return Decision((), None, ((offer, EXPIRED),), Result.EXPIRED, verdict)
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
    return Decision((reserved,), lease, others, verdict=verdict)


def set_availability(driver: DriverRecord, offers: Offers, message: SetAvailability) -> Decision:
    """The driver wants offers, or wants none: then the open ones end."""
    if message.available == driver.wants_offers:
        return Decision()
    event = AvailabilitySet(driver.driver_id, message.available, message.command)
    open_offers = () if message.available else tuple([(offer, UNAVAILABLE) for offer in offers.open.values()])
    return Decision((event,), ended=open_offers)


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
