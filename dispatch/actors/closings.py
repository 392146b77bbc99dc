"""How a driver's last offers ended, so that an answer that comes too late hears the same again. The driver actor's memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

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
from dispatch.messages.notices import OfferClosed
from dispatch.values import Lease

CLOSINGS_KEPT = 16


UNANSWERABLE = "unavailable"
TOLD_AS = {"vanished": UNANSWERABLE}
ENDS: dict[type[Message], str] = {
    RideAssigned: "taken",
    RideCancelled: "cancelled",
    RideRequested: "superseded",
    SearchFailed: "expired",
}
"""What the end of a search makes of the offers that are open."""
UNTRUE = ("declined", "driver_busy")
"""Reasons that say what the driver did: where that was lost, the offer is `unavailable`."""


class Ending(NamedTuple):
    """What a driver is to hear of an offer that he cannot answer any more."""

    ride_id: RideId
    offer_id: OfferId
    reason: str = UNANSWERABLE


def unanswerable(offers: Iterable[Lease | DriverReserved | None]) -> list[Ending]:
    """He held these offers, or had said yes to them, in a life that is over."""
    return [Ending(offer.ride_id, offer.offer_id) for offer in offers if offer is not None]


def ending_on_record(events: Iterable[Message], driver_id: DriverId, offer_id: OfferId | None) -> Ending | None:
    """How the offer that this driver had of a ride ended: of that id, or else his last. None: he never had one."""
    ending: Ending | None = None
    for event in events:
        if isinstance(event, OffersMade):
            mine = [o.offer_id for o in event.offers if o.driver_id == driver_id and offer_id in (None, o.offer_id)]
            ending = Ending(event.ride_id, mine[0]) if mine else ending
        elif ending is not None and isinstance(event, OffersClosed) and ending.offer_id in event.offers:
            ending = ending._replace(reason=TOLD_AS.get(event.reason, event.reason))
        elif ending is not None and isinstance(event, OfferDeclined) and event.offer_id == ending.offer_id:
            ending = ending._replace(reason="declined")
        elif ending is not None and type(event) in ENDS and ending.reason == UNANSWERABLE:
            ending = ending._replace(reason=ENDS[type(event)])
    return ending


class Closings:
    """The last closings that a driver was told, by offer."""

    def __init__(self) -> None:
        self._by_offer: dict[OfferId, OfferClosed] = {}

    def keep(self, closing: OfferClosed) -> None:
        """He was told this one last."""
        self._by_offer[closing.offer_id] = closing
        if len(self._by_offer) > CLOSINGS_KEPT:
            del self._by_offer[next(iter(self._by_offer))]

    def take_back(self, seq: int) -> list[Ending]:
        """He never heard those with a higher number: forget them. What he is to hear instead."""
        unheard = [closing for closing in self._by_offer.values() if closing.seq > seq]
        for closing in unheard:
            del self._by_offer[closing.offer_id]
        reasons = ["unavailable" if closing.reason in UNTRUE else closing.reason for closing in unheard]
        return [Ending(c.ride_id, c.offer_id, reason) for c, reason in zip(unheard, reasons, strict=True)]

    def of(self, ride_id: RideId, offer_id: OfferId | None) -> OfferClosed | None:
        """The closing that a late answer means: of that offer, or else the last of that ride."""
        if offer_id is None:
            return next((c for c in reversed(self._by_offer.values()) if c.ride_id == ride_id), None)
        closing = self._by_offer.get(offer_id)
        return closing if closing is not None and closing.ride_id == ride_id else None
