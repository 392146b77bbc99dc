"""Rows of how long is kept what people may not want kept: played on a file with a ride that ended ten days ago."""

from contextlib import closing
from typing import Any

from dispatch import addresses
from dispatch.config.options import options_of
from dispatch.ids import DriverId, PassengerId, QuoteId, RideId
from dispatch.messages.events import QuoteMade, RideCancelled, RideRequested, TrackRecorded
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people.retention import DAY_S, Keep, purge
from dispatch.values import Money, Passenger, Place, Price, Trip
from dispatch.words import Leg
from tests.settings.table import Given, changes
from tests.storage.stories import append

NOW = 1_800_000_000.0
ENDED = NOW - 10 * DAY_S
FROM, TO = Place(-26.20417, 28.04731, "7 Canary Close"), Place(-26.18533, 28.05577, "9 Canary Court")


def gone(given: Given, kind: str) -> int:
    """How many events of this kind go."""
    ride_id, quote_id = RideId("r1"), QuoteId("q1")
    stream, passenger = addresses.ride(ride_id), Passenger(PassengerId("p1"), "Ann", "27820000001")
    track = TrackRecorded(ride_id, DriverId("d1"), Leg.TO_PICKUP, ENDED, ((0.0, -26.20417, 28.04731),), 1.0)
    price = Price(Money(100, "ZAR"), (), 1000, 60)
    quote: Any = QuoteMade(quote_id, None, FROM, TO, "", price, ENDED - 60.0, ENDED)
    with closing(Writer(given.folder / "rides.db", "off")) as writer:
        writer.write([append(addresses.quote(quote_id), quote, at=ENDED - 60.0)])
        writer.write(
            [append(stream, RideRequested(ride_id, 1, passenger, Trip(FROM, TO, 3.0, 9.0, 50.0), ENDED), track)]
        )
        writer.write([append(stream, RideCancelled(ride_id, "passenger", ""), at=ENDED)])
        return purge(writer, options_of(Keep, given.settings), NOW)[kind].count


@changes("keep_tracks_days", {"0": 0, "9": 1, "11": 0})
def how_many_tracks_go(given: Given) -> object:
    return gone(given, "tracks")


@changes("keep_quotes_days", {"0": 0, "9": 1, "11": 0})
def how_many_quotes_go(given: Given) -> object:
    return gone(given, "quotes")


@changes("keep_addresses_days", {"0": 0, "9": 1, "11": 0})
def how_many_bookings_lose_their_addresses(given: Given) -> object:
    return gone(given, "addresses")
