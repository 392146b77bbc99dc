"""The offers of one driver: the open ones, how the last ones ended, and how an offer of an earlier life ended. Pure."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from dispatch.ids import DriverId, OfferId, RideId
from dispatch.messages.base import Message
from dispatch.messages.events import (
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
from dispatch.words import OfferOutcome

CLOSINGS_REMEMBERED: Final = 16
UNAVAILABLE: Final = OfferOutcome.UNAVAILABLE
DECLINED: Final = OfferOutcome.DECLINED
TOLD_AS: Final[dict[OfferOutcome, OfferOutcome]] = {OfferOutcome.VANISHED: UNAVAILABLE}
"""The reason that a driver is told for an outcome that only dispatchers know. Every other outcome is its own reason."""
SEARCH_ENDS: Final[dict[type[Message], OfferOutcome]] = {
    RideAssigned: OfferOutcome.TAKEN,
    RideCancelled: OfferOutcome.CANCELLED,
    RideRequested: OfferOutcome.SUPERSEDED,
    SearchFailed: OfferOutcome.EXPIRED,
}
"""The reason with which an event of the ride closes the offers that are open."""
DRIVERS_OWN: Final = (DECLINED, OfferOutcome.DRIVER_BUSY)
"""Reasons that tell what the driver did. If the driver's event is lost, the offer ends as `unavailable`."""


class Ending(NamedTuple):
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

    def lose(self, reservation: DriverReserved | None, last_seq: int) -> tuple[Ending, ...]:
        """The actor is rebuilt: forget what was open, and the closings numbered above `last_seq`, which the driver never got.

        Returns what the driver must be told instead. `reservation`: the actor before had accepted this offer.
        """
        held = [offer.lease for offer in self.open.values()]
        unsaid = [closing for closing in self._closings.values() if closing.seq > last_seq]
        self.open.clear()
        for closing in unsaid:
            del self._closings[closing.offer_id]
        return (
            *(Ending(lease.ride_id, lease.offer_id) for lease in held),
            *((Ending(reservation.ride_id, reservation.offer_id),) if reservation is not None else ()),
            *(
                Ending(gone.ride_id, gone.offer_id, UNAVAILABLE if gone.reason in DRIVERS_OWN else gone.reason)
                for gone in unsaid
            ),
        )


def ending_on_record(events: Iterable[Message], driver_id: DriverId, offer_id: OfferId | None) -> Ending | None:
    """How this driver's offer of a ride ended, by the events of the ride; None: there was no such offer.

    Where `offer_id` is None, it is the driver's last offer of the ride.
    """
    ending: Ending | None = None
    for event in events:
        if isinstance(event, OffersMade):
            for offer in event.offers:
                if offer.driver_id == driver_id and offer_id in (None, offer.offer_id):
                    ending = Ending(event.ride_id, offer.offer_id)
        elif ending is None:
            continue
        elif isinstance(event, OffersClosed) and ending.offer_id in event.offers:
            ending = ending._replace(reason=TOLD_AS.get(event.reason, event.reason))
        elif isinstance(event, OfferDeclined) and event.offer_id == ending.offer_id:
            ending = ending._replace(reason=DECLINED)
        elif type(event) in SEARCH_ENDS and ending.reason == UNAVAILABLE:
            ending = ending._replace(reason=SEARCH_ENDS[type(event)])
    return ending
