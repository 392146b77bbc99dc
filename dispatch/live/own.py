"""What people read of their own on the live file: each question in a thread, over a connection of its own that cannot write."""

from collections.abc import Callable

from dispatch.errors import BadField
from dispatch.ids import DriverId, RideId
from dispatch.live.desk import RIDES, LiveDesk
from dispatch.principals import Principal
from dispatch.storage.tools import own
from dispatch.storage.tools.own import Sight, Told
from dispatch.timestamps import LocalTime
from dispatch.transport.http.queries import cursor_for, read_cursor

DAY_S = 86_400.0


class LiveOwn:
    """`OwnReads` of the live file. Made by the composition root, used on the event loop."""

    def __init__(self, desk: LiveDesk, time_zone: str, sight: Sight, now: Callable[[], float]) -> None:
        """`desk`: reads the file. `time_zone`: where days begin. `now`: Unix seconds."""
        self._desk = desk
        self._local = LocalTime(time_zone)
        self._sight = sight
        self._now = now

    async def me(self, who: Principal) -> Told | None:
        """Who asks; None: they are not on file any more."""
        return await self._desk.read(lambda db: own.me(db, who))

    async def rides(self, who: Principal, only_open: bool, cursor: str | None, limit: int) -> Told:
        """A page of the person's rides. Raises BadField."""
        before, now = read_cursor(RIDES, cursor), self._now()
        rides, last = await self._desk.read(
            lambda db: own.rides_of(db, who, only_open, before, limit, now, self._sight)
        )
        return {"rides": rides, "next": cursor_for(RIDES, last)}

    async def ride(self, who: Principal, ride_id: RideId) -> Told | None:
        """A ride of the person; None: they have none with this id."""
        now = self._now()
        return await self._desk.read(lambda db: own.own_ride(db, self._desk.path, ride_id, who, now, self._sight))

    async def takings(self, who: Principal, day: str | None) -> Told:
        """What the driver took on a local day, and how long they were online; None: today. Raises BadField."""
        now = self._now()
        day = day or self._local.day(now)
        try:
            ends_at = self._local.end_of(day)
            begins_at = self._local.moment(f"{day}T00:00", ends_at)
        except (ValueError, OverflowError):
            raise BadField("day", f"day must be a day such as 2026-11-23, got {day}") from None
        driver_id, path, digits = DriverId(who.id), self._desk.path, self._sight.digits
        return await self._desk.read(lambda db: own.takings(db, path, driver_id, day, begins_at, ends_at, now, digits))
