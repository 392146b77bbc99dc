"""What the desk's pages read of the live file: each question in a thread, over a connection of its own that cannot write."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from typing import Any, Final, TypeVar

from dispatch.errors import BadField
from dispatch.ids import RideId
from dispatch.storage.failures import explained
from dispatch.storage.people.people import id_meant
from dispatch.storage.tables.opening import open_read_only
from dispatch.storage.tools.audit import Wanted, audit_page
from dispatch.storage.tools.desk import STATES, Told, ride_of, rides_page
from dispatch.storage.tools.explain import explanation
from dispatch.storage.tools.history import NoSuchRideOnFile
from dispatch.text import excerpt
from dispatch.timestamps import LocalTime
from dispatch.transport.http.queries import cursor_for, read_cursor

T = TypeVar("T")
RIDES: Final = "rides"
ACTS: Final = "acts"
"""The lists whose cursors there are."""
LAST_NUMBER: Final = 2**62
LAST_MOMENT: Final = 1e15


class LiveDesk:
    """`DeskReads` of the live file. Made by the composition root, used on the event loop."""

    def __init__(self, path: str, time_zone: str) -> None:
        """`time_zone`: of the town, whose days are meant."""
        self.path = path
        self._local = LocalTime(time_zone)

    async def person_id(self, ident: str) -> str:
        """The id that this phone stands for, in its canonical form, as of whoever comes by an app. Any other id stands for itself."""
        return await self.read(lambda db: id_meant(db, ident))

    async def ride(self, ride_id: RideId) -> Told | None:
        """The ride with its timeline; None: nobody booked under this id."""
        return await self.read(lambda db: ride_of(db, self.path, ride_id))

    async def rides(self, state: str, cursor: str | None, limit: int) -> Told:
        """A page of rides, and the `next` cursor where there are more. Raises BadField."""
        if state not in STATES:
            raise BadField("state", f"state must be {', '.join(STATES[:-1])} or {STATES[-1]}")
        before = read_cursor(RIDES, cursor)
        rides, last = await self.read(lambda db: rides_page(db, state, before, limit))
        return {"rides": rides, "next": cursor_for(RIDES, last)}

    async def why(self, ride_id: RideId) -> Told | None:
        """Who was asked and why; None: nobody booked under this id."""

        def explain() -> Told | None:
            try:
                told = explanation(self.path, ride_id, full_phones=True)
            except NoSuchRideOnFile:
                return None
            drivers = {row["driver_id"] for each in told["rounds"] for row in each["considered"]}
            with closing(open_read_only(self.path)) as db, explained(self.path):
                names = dict(db.execute("SELECT driver_id, name FROM drivers").fetchall()) if drivers else {}
            for each in told["rounds"]:
                for row in each["considered"]:
                    row["driver_name"] = names.get(row["driver_id"])
            return told

        return await asyncio.to_thread(explain)

    async def audit(self, staff: str, ride: str, person: str, day: str, cursor: str | None, limit: int) -> Told:
        """A page of what staff did, and the `next` cursor where there is more. Raises BadField."""
        since, until = self._bounds(day) if day else (0.0, LAST_MOMENT)
        wanted = Wanted(staff=staff, ride=ride, person=person, since=since, until=until)
        before = read_cursor(ACTS, cursor)
        acts, last = await self.read(
            lambda db: audit_page(db, self.path, wanted, LAST_NUMBER if before is None else before, limit)
        )
        return {"acts": acts, "next": cursor_for(ACTS, last)}

    def _bounds(self, day: str) -> tuple[float, float]:
        try:
            return self._local.bounds(day)
        except (ValueError, OverflowError):
            raise BadField("day", f"day must be a day such as 2026-11-30, got {excerpt(day)}") from None

    async def read(self, ask: Callable[[Any], T]) -> T:
        """What `ask` finds on file, over a connection that cannot write."""

        def asked() -> T:
            with closing(open_read_only(self.path)) as db, explained(self.path):
                return ask(db)

        return await asyncio.to_thread(asked)
