"""What a start does about the rides of the process before: it ends them, in events like any others. Run before anyone is served."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from dispatch import addresses
from dispatch.messages.events import DriverOffline, DriverReleased, DriverReserved, Event, RideCancelled
from dispatch.messages.journal import Append
from dispatch.storage.events import decode
from dispatch.storage.failures import explained
from dispatch.storage.schema import NOT_OF_A_RIDE
from dispatch.storage.writer import Writer
from dispatch.types import DriverId, OfferId, RideId

RESTARTED: Final = "server restarted"
APPENDS_A_COMMIT: Final = 1_000


def close_open_rides(writer: Writer, now: float) -> int:
    """Cancel every ride that has not ended, release every driver bound to one, and take every driver offline.

    `now`: runtime seconds, the time of these events. Returns how many rides were cancelled. Raises DatabaseError; what it
    had committed until then stays, and running it again does the rest.
    """
    rides = [
        RideId(ride_id)
        for (ride_id,) in _rows(writer, "ride_id FROM rides WHERE ended_at IS NULL ORDER BY requested_at")
    ]
    cancelled = (
        _append(addresses.ride(ride_id), now, RideCancelled(ride_id, "system", RESTARTED)) for ride_id in rides
    )
    _write(writer, cancelled)
    drivers = _rows(writer, "driver_id, ride_id FROM drivers WHERE ride_id IS NOT NULL OR online ORDER BY driver_id")
    _write(writer, [_driver_freed(writer, DriverId(driver_id), ride_id, now) for driver_id, ride_id in drivers])
    return len(rides)


def _driver_freed(writer: Writer, driver_id: DriverId, ride_id: str | None, now: float) -> Append:
    events: list[Event] = []
    if ride_id is not None:
        offer_id = _reserved_offer(writer, driver_id)
        events.append(DriverReleased(RideId(ride_id), driver_id, offer_id, RESTARTED))
    events.append(DriverOffline(driver_id, RESTARTED))
    return _append(addresses.driver(driver_id), now, *events)


def _reserved_offer(writer: Writer, driver_id: DriverId) -> OfferId:
    reserved = _rows(
        writer,
        f"body FROM events WHERE stream = ? AND {NOT_OF_A_RIDE} AND kind = 'DriverReserved' ORDER BY n DESC LIMIT 1",
        addresses.driver(driver_id),
    )
    event = decode(reserved[0][0])
    assert isinstance(event, DriverReserved)
    return event.offer_id


def _append(stream: str, now: float, *events: Event) -> Append:
    return Append(stream, 0, len(events), now, events)


def _write(writer: Writer, appends: Iterable[Append]) -> None:
    waiting: Iterator[Append] = iter(appends)
    while batch := list(islice(waiting, APPENDS_A_COMMIT)):
        writer.write(batch)


def _rows(writer: Writer, columns_from: str, *values: object) -> list[tuple[str, ...]]:
    with explained(writer.path):
        return writer.db.conn.execute("SELECT " + columns_from, values).fetchall()
