"""What a start records about the process before it: all its connections are gone, in events like any others.

Run before anyone is served. Drivers are offline; open offers are closed, so that their places are filled again. Rides and reserved
drivers are left as they are: their actors are woken from their events and go on. A journal on file and one in memory record the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import TYPE_CHECKING, Final, NamedTuple

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
from dispatch.messages.journal import Append, by_nobody
from dispatch.storage.failures import explained
from dispatch.words import LinkEnd, OfferOutcome

if TYPE_CHECKING:
    from dispatch.storage.log.on_file import Writer

APPENDS_A_COMMIT: Final = 1_000
_ONLINE: Final = "SELECT driver_id FROM drivers WHERE online ORDER BY driver_id"
# An offer that its driver accepted is left out: the ride answers it. No offer is open of a ride that is over.
_OPEN_OFFERS: Final = """
    SELECT o.ride_id, o.offer_id, o.driver_id FROM rides r CROSS JOIN offers o USING (ride_id)
    LEFT JOIN drivers d ON d.driver_id = o.driver_id
    WHERE r.ended_at IS NULL AND o.outcome = 'open' AND d.ride_id IS NOT o.ride_id ORDER BY o.ride_id, o.rowid"""
_SEARCH_BEGINS: Final = (RideRequested, RideUnassigned)
_SEARCH_ENDS: Final = (RideScheduled, RideAssigned, RideCompleted, RideCancelled, PassengerNoShow, SearchFailed)


class Disconnected(NamedTuple):
    """How many drivers were connected, and how many offers open, when the process before ended."""

    drivers: int
    offers: int


class HeldOffer(NamedTuple):
    """An open offer, and the driver who would have answered it."""

    ride_id: RideId
    offer_id: OfferId
    driver_id: DriverId


def mark_all_disconnected(writer: Writer, now: float, zone: str = "0") -> Disconnected:
    """Record that every driver is offline and every open offer is closed. Whoever returns is asked again, with the whole time.

    Args:
        now: the runtime's time of these events.

    Raises:
        DatabaseError: what was committed until then stays, and a second call does the rest.
    """
    with explained(writer.path):
        drivers = [DriverId(row[0]) for row in writer.db.conn.execute(_ONLINE)]
        offers = [HeldOffer(*row) for row in writer.db.conn.execute(_OPEN_OFFERS)]
    waiting = restart_events(drivers, offers, now, zone)
    while batch := list(islice(waiting, APPENDS_A_COMMIT)):
        writer.write(batch)
    return Disconnected(len(drivers), len(offers))


def restart_events(
    drivers: Iterable[DriverId], offers: Iterable[HeldOffer], now: float, zone: str = "0"
) -> Iterator[Append]:
    """The appends that say so: one for each ride with open offers, then one for each driver.

    `offers` stand ride by ride.
    """
    for ride_id, held in groupby(offers, key=lambda offer: offer.ride_id):
        _, closed, losers = zip(*held, strict=True)
        event = OffersClosed(ride_id, closed, losers, OfferOutcome.VANISHED)
        yield by_nobody(addresses.dispatcher(zone), now, event)
    for driver_id in drivers:
        yield by_nobody(addresses.driver(driver_id), now, DriverOffline(driver_id, LinkEnd.RESTARTED))


def held_offers(events: Iterable[Event]) -> list[HeldOffer]:
    """The offers that are open after these events of one ride, as the table `offers` has them."""
    held: dict[OfferId, HeldOffer] = {}
    search_no = 0
    for event in events:
        if isinstance(event, (*_SEARCH_BEGINS, *_SEARCH_ENDS)):
            search_no = event.search_no if isinstance(event, _SEARCH_BEGINS) else 0
            held.clear()
        elif isinstance(event, OffersMade):
            if event.search_no == search_no:  # else its search was over before the round reached the journal
                held |= {
                    each.offer_id: HeldOffer(event.ride_id, each.offer_id, each.driver_id) for each in event.offers
                }
        elif isinstance(event, OffersClosed | OfferDeclined):
            for offer_id in event.offers if isinstance(event, OffersClosed) else (event.offer_id,):
                held.pop(offer_id, None)
    return list(held.values())
