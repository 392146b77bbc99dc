"""How a driver's last offers ended, so that an answer that comes too late hears the same again. The driver actor's memory."""

from __future__ import annotations

from dispatch.messages.notices import OfferClosed
from dispatch.types import OfferId, RideId

CLOSINGS_KEPT = 64


class Closings:
    """The last closings that a driver was told, by offer."""

    def __init__(self) -> None:
        self._by_offer: dict[OfferId, OfferClosed] = {}

    def keep(self, closing: OfferClosed) -> None:
        """He was told this one last."""
        self._by_offer[closing.offer_id] = closing
        if len(self._by_offer) > CLOSINGS_KEPT:
            del self._by_offer[next(iter(self._by_offer))]

    def of(self, ride_id: RideId, offer_id: OfferId | None) -> OfferClosed | None:
        """The closing that a late answer means: of that offer, or else the last of that ride."""
        if offer_id is None:
            return next((c for c in reversed(self._by_offer.values()) if c.ride_id == ride_id), None)
        closing = self._by_offer.get(offer_id)
        return closing if closing is not None and closing.ride_id == ride_id else None
