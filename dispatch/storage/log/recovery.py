"""What a start knows of the process before: every connection of it is gone. It says so in events like any others.

Run before anyone is served. Rides and drivers who keep themselves for one are left as they are: their actors are woken from their
events and go on, see `dispatch.assembly.recover`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from dispatch.ids import DriverId
from dispatch.messages.journal import Append
from dispatch.storage.failures import explained
from dispatch.storage.log.farewell import Gone, HeldOffer, farewell
from dispatch.storage.log.writer import Writer

APPENDS_A_COMMIT: Final = 1_000
# An offer that its driver accepted is not open to others, even if the ride has not answered him yet.
# None is open of a ride that is over.
OPEN_OFFERS: Final = """
    o.ride_id, o.offer_id, o.driver_id FROM rides r CROSS JOIN offers o USING (ride_id) LEFT JOIN drivers d ON d.driver_id = o.driver_id
    WHERE r.ended_at IS NULL AND o.outcome = 'open' AND d.ride_id IS NOT o.ride_id ORDER BY o.ride_id, o.rowid"""


def take_leave(writer: Writer, now: float, zone: str = "0") -> Gone:
    """Take every driver offline and give the places of all open offers back: whoever returns is asked again, with the whole time.

    `now`: runtime seconds, the time of these events. Raises DatabaseError; what it had committed until then stays, and running it
    again does the rest.
    """
    drivers = [DriverId(row[0]) for row in _rows(writer, "driver_id FROM drivers WHERE online ORDER BY driver_id")]
    offers = [HeldOffer(*row) for row in _rows(writer, OPEN_OFFERS)]
    waiting: Iterator[Append] = farewell(drivers, offers, now, zone)
    while batch := list(islice(waiting, APPENDS_A_COMMIT)):
        writer.write(batch)
    return Gone(len(drivers), len(offers))


def _rows(writer: Writer, columns_from: str, *values: object) -> list[Any]:
    with explained(writer.path):
        return writer.db.conn.execute("SELECT " + columns_from, values).fetchall()
