"""What a start says of the process before, whose connections are all gone: drivers are offline, open offers give their places back.

Pure, so that a journal on file and one in memory say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final, NamedTuple

from dispatch import addresses
from dispatch.ids import DriverId, OfferId, RideId
from dispatch.messages.events import (
    DriverOffline,
    Event,
    OfferDeclined,
    OffersClosed,
    OffersMade,
    PassengerNoShow,
    RideAssigned,
    RideCancelled,
    RideCompleted,
    RideRequested,
    RideScheduled,
    RideUnassigned,
    SearchFailed,
)
from dispatch.messages.journal import Append

RESTARTED: Final = "restarted"
VANISHED: Final = "vanished"
SEARCHES: Final = (RideRequested, RideUnassigned)
SEARCH_IS_OVER: Final = (RideScheduled, RideAssigned, RideCompleted, RideCancelled, PassengerNoShow, SearchFailed)


class Gone(NamedTuple):
    """How many drivers were connected, and how many offers open, when the process before ended."""

    drivers: int
    offers: int


class HeldOffer(NamedTuple):
    """An open offer, and who would have answered it."""

    ride_id: RideId
    offer_id: OfferId
    driver_id: DriverId


def farewell(drivers: Iterable[DriverId], offers: Iterable[HeldOffer], now: float, zone: str = "0") -> Iterator[Append]:
    """An append for each ride with open offers, then one for each driver. `offers`: those of a ride together."""
    dispatcher = addresses.dispatcher(zone)
    for ride_id, held in groupby(offers, key=lambda offer: offer.ride_id):
        _, closed, losers = zip(*held, strict=True)
        yield Append(dispatcher, 0, 1, now, (OffersClosed(ride_id, closed, losers, VANISHED),))
    for driver_id in drivers:
        yield Append(addresses.driver(driver_id), 0, 1, now, (DriverOffline(driver_id, RESTARTED),))


def held_offers(events: Iterable[Event]) -> list[HeldOffer]:
    """The offers that are open after these events of one ride, as the table `offers` has them."""
    held: dict[OfferId, HeldOffer] = {}
    search_no = 0
    for event in events:
        if isinstance(event, SEARCHES):
            search_no = event.search_no
            held.clear()
        elif isinstance(event, SEARCH_IS_OVER):
            search_no = 0
            held.clear()
        elif isinstance(event, OffersMade):
            if event.search_no == search_no:  # else it reached the journal behind the news that nobody is needed
                held.update(
                    {each.offer_id: HeldOffer(event.ride_id, each.offer_id, each.driver_id) for each in event.offers}
                )
        elif isinstance(event, OffersClosed):
            for offer_id in event.offers:
                held.pop(offer_id, None)
        elif isinstance(event, OfferDeclined):
            held.pop(event.offer_id, None)
    return list(held.values())
