"""What actors are woken from: the read side of the journal on file, and the protocol that it shares with the one in memory.

The composition root hands it to the factories of rides and drivers. It is asked on the event loop's thread, so every answer is one
look-up by key or by index.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from sqlite_utils import Database

from dispatch import addresses
from dispatch.ids import DriverId, PassengerId, RideId
from dispatch.messages.events import Event
from dispatch.messages.journal import Append
from dispatch.ports import EventStore
from dispatch.storage.failures import explained
from dispatch.storage.log.codec import BODY, read
from dispatch.storage.tables.region import kept_region
from dispatch.storage.tables.schema import FILED_BY_STREAM, open_read_only
from dispatch.values import DriverCard, Passenger

_READ_FROM: Final = """ifnull(
    (SELECT n FROM events WHERE stream = ? AND kind = 'DriverFolded' ORDER BY n DESC LIMIT 1 OFFSET 1), 0)"""
"""From the last fold but one: what came between the two last ones tells of commands that may still be repeated."""
OF_RIDE: Final = "ride_no = (SELECT ride_no FROM rides WHERE ride_id = ?)"
OF_DRIVER: Final = f"stream = ? AND {FILED_BY_STREAM} AND n >= {_READ_FROM}"
"""What a driver is woken from. Takes the stream twice."""


class JournalReads(EventStore, Protocol):
    """What both read sides answer: what actors ask, and what the composition root asks beside it.

    An answer holds everything that was `Appended` before the question, and nothing that was not.
    """

    def ride_exists(self, ride_id: RideId) -> bool:
        """Whether anybody ever booked under this id."""

    def reserved_drivers(self) -> Sequence[DriverId]:
        """Every driver who is reserved for a ride or on one, by id."""

    def unpaid_rides(self) -> Sequence[RideId]:
        """Every ride whose charge the provider has not settled, oldest first."""

    def passenger(self, passenger_id: PassengerId) -> Passenger | None:
        """The passenger as last booked or seeded; None: never seen."""

    def default_passenger(self) -> Passenger | None:
        """The seeded passenger, to whom a ride belongs whose app names nobody; None: nothing was seeded."""


LAST_EVENTS = 1000
"""Among so many of the last rows stands the newest event, even if the system's clock was set back between two runs."""


def newest_at(db: Database) -> float:
    """Unix time of the newest event in `db`; 0: there is none."""
    (at,) = db.execute("SELECT max(at) FROM (SELECT at FROM events ORDER BY n DESC LIMIT ?)", (LAST_EVENTS,)).fetchone()
    return float(at or 0.0)


class Reader:
    """`JournalReads` over a connection of its own that cannot write. It belongs to the thread that made it."""

    def __init__(self, path: str | Path, is_writing: Callable[[], bool] = lambda: True) -> None:
        """`is_writing`: whether the writer succeeds.
        Raises as `open_read_only` does.
        """
        self.is_writing = is_writing
        self._path = str(path)
        self._db = open_read_only(path)

    def keep_now(self, append: Append) -> bool:
        """Never: the disk takes its time, and a thread of its own."""
        return False

    def events_of(self, stream: str) -> tuple[Event, ...]:
        if addresses.kind_of(stream) == addresses.RIDE:
            return self._events(f"{OF_RIDE} AND stream = ?", addresses.name_of(stream), stream)
        if addresses.kind_of(stream) == addresses.DISPATCHER:  # looks through all of them, for nobody who is in a hurry
            return self._events("stream = ?", stream)
        return self._events(OF_DRIVER, stream, stream)

    def events_of_ride(self, ride_id: RideId) -> tuple[Event, ...]:
        return self._events(OF_RIDE, ride_id)

    def ride_exists(self, ride_id: RideId) -> bool:
        return bool(self._rows("SELECT 1 FROM rides WHERE ride_id = ?", ride_id))

    def unpaid_rides(self) -> list[RideId]:
        rows = self._rows("SELECT ride_id FROM charges WHERE status = 'pending' ORDER BY requested_at, ride_id")
        return [RideId(ride_id) for (ride_id,) in rows]

    def open_rides(self) -> list[RideId]:
        rows = self._rows("SELECT ride_id FROM rides WHERE ended_at IS NULL ORDER BY requested_at, ride_id")
        return [RideId(ride_id) for (ride_id,) in rows]

    def reserved_drivers(self) -> list[DriverId]:
        rows = self._rows("SELECT driver_id FROM drivers WHERE ride_id IS NOT NULL ORDER BY driver_id")
        return [DriverId(driver_id) for (driver_id,) in rows]

    def driver_card(self, driver_id: DriverId) -> DriverCard | None:
        rows = self._rows(
            "SELECT driver_id, name, phone, rating, vehicle_type, vehicle_registration FROM drivers WHERE driver_id = ?",
            driver_id,
        )
        return DriverCard(*rows[0]) if rows else None

    def passenger(self, passenger_id: PassengerId) -> Passenger | None:
        rows = self._rows("SELECT passenger_id, name, phone FROM passengers WHERE passenger_id = ?", passenger_id)
        return Passenger(*rows[0]) if rows else None

    def default_passenger(self) -> Passenger | None:
        rows = self._rows(
            "SELECT passenger_id, name, phone FROM passengers WHERE is_default ORDER BY passenger_id LIMIT 1"
        )
        return Passenger(*rows[0]) if rows else None

    def blocked_drivers(self, passenger_id: PassengerId) -> tuple[DriverId, ...]:
        rows = self._rows("SELECT driver_id FROM blocked_pairs WHERE passenger_id = ? ORDER BY driver_id", passenger_id)
        return tuple(DriverId(driver_id) for (driver_id,) in rows)

    def phone_region(self) -> str:
        """The region of phone numbers that name no country; empty: the file keeps none."""
        with explained(self._path):
            return kept_region(self._db)

    def newest_at(self) -> float:
        """Unix time of the newest event on file; 0: there is none."""
        with explained(self._path):
            return newest_at(self._db)

    def forget(self, ride_id: RideId) -> None:
        """Nothing: what is on disk stays."""

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _rows(self, query: str, *values: object) -> list[Any]:
        with explained(self._path):
            return self._db.conn.execute(query, values).fetchall()

    def _events(self, condition: str, *values: str) -> tuple[Event, ...]:
        rows = self._rows(f"SELECT n, {BODY} FROM events WHERE {condition} ORDER BY n", *values)
        return tuple(read(self._path, n, body) for n, body in rows)
