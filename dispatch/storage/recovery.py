"""What a start knows of the process before: every connection of it is gone. It says so in events like any others.

Run before anyone is served. Rides and drivers who keep themselves for one are left as they are: their actors are woken from their
events and go on, see `dispatch.app.recover`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import Any, Final, NamedTuple

from dispatch import addresses
from dispatch.messages.events import DriverOffline, OffersClosed
from dispatch.messages.journal import Append
from dispatch.storage.failures import explained
from dispatch.storage.writer import Writer
from dispatch.types import DriverId, RideId

RESTARTED: Final = "restarted"
VANISHED: Final = "vanished"
APPENDS_A_COMMIT: Final = 1_000
# An offer that its driver accepted is not open to others, even if the ride has not answered him yet.
OPEN_OFFERS: Final = """
    o.ride_id, o.offer_id, o.driver_id FROM offers o LEFT JOIN drivers d USING (driver_id)
    WHERE o.outcome = 'open' AND d.ride_id IS NOT o.ride_id ORDER BY o.ride_id, o.rowid"""


class Gone(NamedTuple):
    """How many drivers were connected, and how many offers open, when the process before ended."""

    drivers: int
    offers: int


def take_leave(writer: Writer, now: float, zone: str = "0") -> Gone:
    """Take every driver offline and give the places of all open offers back: whoever returns is asked again, with the whole time.

    `now`: runtime seconds, the time of these events. Raises DatabaseError; what it had committed until then stays, and running it
    again does the rest.
    """
    drivers = [DriverId(row[0]) for row in _rows(writer, "driver_id FROM drivers WHERE online ORDER BY driver_id")]
    offers = _rows(writer, OPEN_OFFERS)
    closed = (_closed(RideId(ride_id), list(rows)) for ride_id, rows in groupby(offers, key=lambda row: row[0]))
    _write(writer, (Append(addresses.dispatcher(zone), 0, 1, now, (event,)) for event in closed))
    _write(writer, (_offline(driver_id, now) for driver_id in drivers))
    return Gone(len(drivers), len(offers))


def _closed(ride_id: RideId, rows: list[Any]) -> OffersClosed:
    return OffersClosed(ride_id, tuple(row[1] for row in rows), tuple(row[2] for row in rows), VANISHED)


def _offline(driver_id: DriverId, now: float) -> Append:
    return Append(addresses.driver(driver_id), 0, 1, now, (DriverOffline(driver_id, RESTARTED),))


def _write(writer: Writer, appends: Iterable[Append]) -> None:
    waiting: Iterator[Append] = iter(appends)
    while batch := list(islice(waiting, APPENDS_A_COMMIT)):
        writer.write(batch)


def _rows(writer: Writer, columns_from: str, *values: object) -> list[Any]:
    with explained(writer.path):
        return writer.db.conn.execute("SELECT " + columns_from, values).fetchall()
