"""Which of the drivers who accepted has a ride: the first, or where it is wanted the one who is at the pickup soonest of all who
accept within a window.

Claims that wait are in memory alone. A ride that is made anew knows of none, and hears them again: drivers repeat theirs.
"""

from __future__ import annotations

from math import inf
from typing import Any

from dispatch.actors.booking import BookedRide
from dispatch.actors.followed import NOWHERE, Way
from dispatch.domain.ride.record import CANCELLED, NO_DRIVERS, PENDING, SCHEDULED
from dispatch.ids import DriverId
from dispatch.messages.base import Message
from dispatch.messages.matching import ClaimRefused, ClaimRide
from dispatch.runtime import receives

REFUSALS: dict[str, str] = {
    PENDING: "superseded",
    SCHEDULED: "superseded",
    CANCELLED: "cancelled",
    NO_DRIVERS: "expired",
}
"""What a driver who claims a ride in this status in vain hears; in every other one somebody has it: `taken`."""


class _Decide(Message, frozen=True, gc=False):
    """The window that ends at this second is over."""

    at: float


class ChoosingRide(BookedRide):
    """The part of a ride's actor that claims come to while it looks for a driver."""

    __slots__ = ("_claims", "_decides_at")

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._claims: dict[DriverId, ClaimRide] = {}
        self._decides_at = inf

    def assign(self, claim: ClaimRide) -> None:
        """Give the ride to this driver."""
        raise NotImplementedError

    def choose(self, claim: ClaimRide) -> None:
        """This driver may have the ride: now, or if nobody better comes before the window is over.

        It opens with the first claim, and is over before any driver who is in it has waited beyond the end of his own offer.
        """
        if not self.options.accept_window_s:
            self.assign(claim)
            return
        now = self.runtime.now
        if not self._claims:
            self._decides_at = now + self.options.accept_window_s
            self.runtime.set_timer(self.options.accept_window_s, self.address, _Decide(self._decides_at))
        self._claims[claim.driver.driver_id] = claim
        if claim.closes_at is not None and claim.closes_at < self._decides_at:
            self._decides_at = claim.closes_at
            self.runtime.set_timer(max(0.0, claim.closes_at - now), self.address, _Decide(claim.closes_at))

    @receives(_Decide)
    def _on_decide(self, message: _Decide) -> None:
        if self._claims and message.at == self._decides_at:
            best = min(self._claims.values(), key=self._takes_s)  # of equals whoever claimed first
            del self._claims[best.driver.driver_id]
            self.assign(best)

    def record(self, event: Message) -> None:
        """As all do. Who waits for a ride that does not look for a driver any more, or for another trip, hears it now."""
        search_no = self.ride.search_no
        super().record(event)
        if self._claims and (self.ride.status != PENDING or self.ride.search_no != search_no):
            claims, self._claims = self._claims, {}
            for claim in claims.values():
                self.refuse_claim(claim)

    def refuse_claim(self, claim: ClaimRide) -> None:
        """He does not have it, and why follows from the record alone."""
        reason = REFUSALS.get(self.ride.status, "taken")
        self.tell_driver(claim.driver.driver_id, ClaimRefused(self.ride.ride_id, claim.offer_id, reason))

    def way_to_pickup(self, claim: ClaimRide) -> Way:
        """Where the driver is, metres to drive and seconds to take; nothing where his position is unknown."""
        if claim.lat is None or claim.lon is None:
            return NOWHERE
        assert self.ride.trip is not None
        return self.way(claim.lat, claim.lon, self.ride.trip.pickup)

    def _takes_s(self, claim: ClaimRide) -> float:
        eta_s = self.way_to_pickup(claim)[-1]
        return inf if eta_s is None else eta_s
