"""What the desk's pages read of the live file: each question in a thread, over a connection of its own that cannot write."""

import asyncio
from collections.abc import Callable, Collection
from contextlib import closing
from typing import Any, Final, TypeVar

from dispatch.config import Settings
from dispatch.domain.driver.record import status_of
from dispatch.domain.places.geo import EtaModel, haversine_m
from dispatch.domain.places.positions import PositionBoard
from dispatch.errors import BadField
from dispatch.ids import DriverId, RideId
from dispatch.phones import beginnings
from dispatch.ports import Clock
from dispatch.storage.failures import explained
from dispatch.storage.people.people import id_meant
from dispatch.storage.tables.opening import open_read_only
from dispatch.storage.tools.askable import askable, why_not_asked
from dispatch.storage.tools.audit import Wanted, audit_page
from dispatch.storage.tools.callers import callers
from dispatch.storage.tools.desk import STATES, Told, ride_of, rides_page
from dispatch.storage.tools.drivers_live import drivers_page, held_back, names_of, why_not_offered
from dispatch.storage.tools.explain import explanation
from dispatch.storage.tools.figures import by_hour, figures, takings
from dispatch.storage.tools.history import NoSuchRideOnFile
from dispatch.text import excerpt
from dispatch.timestamps import LocalTime
from dispatch.transport.http.queries import cursor_for, read_cursor, read_text_cursor

T = TypeVar("T")
RIDES: Final = "rides"
ACTS: Final = "acts"
DRIVERS: Final = "drivers"
"""The lists whose cursors there are."""
LAST_NUMBER: Final = 2**62
LAST_MOMENT: Final = 1e15


class LiveDesk:
    """`DeskReads` of the live file. Made by the composition root, used on the event loop."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        board: PositionBoard,
        digits: int,
        travel: EtaModel,
        asleep: Callable[[], Collection[DriverId]] = tuple,
    ) -> None:
        """`board`: where drivers are. `digits`: of the currency. `travel`: how long a drive takes. `asleep`: drivers whom a push can
        wake. Days are the town's.
        """
        self._asleep = asleep
        self.path = settings.db
        self._local = LocalTime(settings.time_zone)
        self._live_offers = settings.live_offers
        self._currency = settings.currency
        self._phone_region = settings.phone_region
        self._clock = clock
        self._board = board
        self._digits = digits
        self._travel = travel

    async def person_id(self, ident: str) -> str:
        """The id that this phone stands for, in its canonical form, as of whoever comes by an app. Any other id stands for itself."""
        return await self.read(lambda db: id_meant(db, ident))

    async def ride(self, ride_id: RideId) -> Told | None:
        """The ride with its timeline; None: nobody booked under this id."""
        return await self.read(lambda db: ride_of(db, self.path, ride_id))

    async def rides(self, state: str, cursor: str | None, limit: int, find: str = "") -> Told:
        """A page of rides in which `find` stands, and the `next` cursor where there are more. Raises BadField."""
        if state not in STATES:
            raise BadField("state", f"state must be {', '.join(STATES[:-1])} or {STATES[-1]}")
        before = read_cursor(RIDES, cursor)
        rides, last = await self.read(lambda db: rides_page(db, state, before, limit, find))
        return {"rides": rides, "next": cursor_for(RIDES, last)}

    async def why(self, ride_id: RideId) -> Told | None:
        """Who was asked and why; None: nobody booked under this id."""

        def explain() -> Told | None:
            try:
                told = explanation(self.path, ride_id, full_phones=True, air_s=self._travel.air_s)
            except NoSuchRideOnFile:
                return None
            drivers = sorted({row["driver_id"] for each in told["rounds"] for row in each["considered"]})
            with closing(open_read_only(self.path)) as db, explained(self.path):
                names = names_of(db, drivers)
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

    async def drivers(self, everybody: bool, cursor: str | None, limit: int) -> Told:
        """A page of drivers, those who are live or all, and the `next` cursor where there are more. Raises BadField."""
        now, after = self._clock.now, read_text_cursor(DRIVERS, cursor) or ""
        asleep = self._asleep()
        rows, last = await self.read(lambda db: drivers_page(db, everybody, after, limit, now, asleep))
        return {"drivers": [self._driver(row, now) for row in rows], "next": cursor_for(DRIVERS, last)}

    def _driver(self, row: Told, now: float) -> Told:
        driver_id = DriverId(row["driver_id"])
        fix = self._board.position(driver_id)
        why_not = why_not_offered(row, self._board.fresh(driver_id, now), self._live_offers)
        status = status_of(
            is_busy=row["ride_id"] is not None,
            is_connected=bool(row["online"]),
            held_back=held_back(row),
            wants_offers=bool(row["wants_offers"]),
            can_be_woken=bool(row["is_asleep"]),
        )
        told = {
            "driver_id": driver_id,
            "driver_name": row["name"],
            "driver_phone": row["phone"],
            "driver_rating": row["rating"],
            "vehicle_type": row["vehicle_type"],
            "vehicle_registration": row["vehicle_registration"],
            "status": status,
            "ride_id": row["ride_id"],
            "open_offers": row["open_offers"],
            "why_not_offered": why_not,
        }
        if fix is not None:
            told |= {"latitude": fix.lat, "longitude": fix.lon, "position_age_s": round(max(0.0, now - fix.at), 1)}
        return {name: value for name, value in told.items() if value is not None}

    async def callers(self, phone: str) -> Told:
        """A few `callers` whose phone begins so."""
        return {"callers": await self.read(lambda db: callers(db, beginnings(phone, self._phone_region)))}

    async def askable(self, ride_id: RideId) -> Told | None:
        """The `pickup` of a ride, and all live `drivers`, each with a `point`, the `distance_m` to the pickup (both null where nobody
        knows that) and `why_not_asked`; None: nobody booked under this id.
        """
        now = self._clock.now
        asleep = self._asleep()
        found = await self.read(lambda db: askable(db, ride_id, now, asleep))
        if found is None:
            return None
        pickup, rows = found
        return {"pickup": pickup, "drivers": [self._for_ride(row, pickup, now) for row in rows]}

    def _for_ride(self, row: Told, pickup: tuple[float, float], now: float) -> Told:
        driver_id = DriverId(row["driver_id"])
        fix = self._board.position(driver_id)
        return {
            "driver_id": driver_id,
            "driver_name": row["name"],
            "vehicle_type": row["vehicle_type"],
            "vehicle_registration": row["vehicle_registration"],
            "point": (fix.lat, fix.lon) if fix is not None else None,
            "distance_m": round(haversine_m(*pickup, fix.lat, fix.lon), 1) if fix is not None else None,
            "why_not_asked": why_not_asked(row, self._board.fresh(driver_id, now), self._live_offers),
        }

    async def figures(self, day: str | None) -> Told:
        """What happened on a day of the town; None: today. Raises BadField."""
        day, since, until = self._day(day)
        told, hours = await self.read(
            lambda db: (figures(db, since, until, self._digits), by_hour(db, since, until, self._digits))
        )
        return {"day": day, "currency": self._currency or None, **told, "hours": hours}

    async def takings(self, day: str | None) -> Told:
        """What each driver took on a day of the town; None: today. Raises BadField."""
        day, since, until = self._day(day)
        rows = await self.read(lambda db: takings(db, since, until, self._digits))
        return {"day": day, "currency": self._currency or None, "drivers": rows}

    def _day(self, day: str | None) -> tuple[str, float, float]:
        day = day or self._local.day(self._clock.now)
        return day, *self._bounds(day)

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
