"""A search made anew from what is on record, for a dispatcher that was rebuilt. Pure.

Three things no event tells: which open offers have lapsed since the last round or refill, that the cap is over, and that a first
round opened with nobody to ask. The first two follow from the clock, the third shows as `round_no` 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from dispatch.domain.matching.policy import SearchPolicy
from dispatch.domain.matching.search import OpenOffer, Search
from dispatch.domain.ride.record import PENDING, TRANSITIONS, RideRecord
from dispatch.ids import RideId
from dispatch.messages.base import Message
from dispatch.messages.events import (
    DriverReserved,
    OfferDeclined,
    OffersClosed,
    OffersMade,
    RideRequested,
    RideUnassigned,
)
from dispatch.values import Lease, RideCard

SAME_MOMENT_S: Final = 0.002
"""Timers fire, and times come back from disk, true to within so much."""


def search_of(ride_id: RideId, events: Iterable[Message], policy: SearchPolicy) -> Search | None:
    """The search of this ride as the events tell it; None where it is not searching. Events of other rides are passed over."""
    ride = RideRecord(ride_id)
    search: Search | None = None
    for event in events:
        if getattr(event, "ride_id", None) != ride_id:
            continue
        if type(event) in TRANSITIONS[ride.status]:
            ride.apply(event)
        if isinstance(event, RideRequested):
            before, search = (
                search,
                Search(
                    RideCard(ride_id, event.search_no, event.passenger, event.trip, event.pickup_at), event.at, policy
                ),
            )
            if before is not None:
                search.refusals = before.refusals
        elif isinstance(event, RideUnassigned):
            search = _begun_anew(ride, search, event, policy)
        elif search is not None:
            _replay(search, event)
    return search if ride.status == PENDING else None


def _begun_anew(ride: RideRecord, before: Search | None, event: RideUnassigned, policy: SearchPolicy) -> Search:
    """The ride lost its driver. Who declined it, or gave it up, is not asked again; who was only silent may be."""
    assert ride.passenger is not None and ride.trip is not None
    card = RideCard(ride.ride_id, event.search_no, ride.passenger, ride.trip, ride.pickup_at)
    search = Search(card, ride.requested_at, policy)
    if before is not None:
        search.refusals = before.refusals
    search.refusals[event.driver_id] = None
    return search


def _replay(search: Search, event: Any) -> None:
    step = _STEPS.get(type(event))
    if step is not None:
        step(search, event)


def _offers_made(search: Search, event: OffersMade) -> None:
    if event.search_no != search.card.search_no:
        return
    if event.round_no != search.round_no:  # the first offers of an empty first round are a refill
        _end_round(search)
        search.round_no, search.used, search.run_dry = event.round_no, 0, False
    else:
        search.lapse(event.expires_at - search.policy.offer_timeout_s + SAME_MOMENT_S)
        search.late = search.late or search.round_is_over()
    search.radius_m, search.late = event.radius_m or search.policy.radius_m, search.late or event.late
    search.show(event.expires_at - search.policy.offer_timeout_s)
    for placed in event.offers:
        search.serial += 1
        search.met[placed.driver_id] = None
        search.asks[placed.driver_id] = search.asks.get(placed.driver_id, 0) + 1
        lease = Lease(
            placed.offer_id,
            search.card.ride_id,
            placed.driver_id,
            event.search_no,
            event.round_no,
            event.expires_at,
            event.expires_at + search.policy.late_grace_s,
            placed.pickup_distance_m,
        )
        search.open[placed.offer_id] = OpenOffer(lease)


def _end_round(search: Search) -> None:
    """The round before this one is over: whatever is still open of it has lapsed."""
    for offer in search.open.values():
        offer.lapsed = True


def _offers_closed(search: Search, event: OffersClosed) -> None:
    for offer_id in event.offers:
        search.end_offer(offer_id, event.reason)


def _declined(search: Search, event: OfferDeclined) -> None:
    search.end_offer(event.offer_id, "declined")
    search.refusals[event.driver_id] = None


def _reserved(search: Search, event: DriverReserved) -> None:
    search.claim(event.offer_id)


_STEPS: dict[type[Message], Callable[[Search, Any], None]] = {
    OffersMade: _offers_made,
    OffersClosed: _offers_closed,
    OfferDeclined: _declined,
    DriverReserved: _reserved,
}
