"""The next offer goes to certain drivers: until they are asked the simulated drivers take none, as any driver may. The server knows
nothing of it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from contextlib import suppress
from typing import Final

from dispatch.errors import DatabaseError
from dispatch.ids import DriverId, RideId
from dispatch.live.routes import ServerParts, desk_reads
from dispatch.storage.tools.drivers_live import free_drivers, offers_made
from dispatch.values import Point
from sim.sandbox.crowd import SandboxCrowd

LOOK_EVERY_S: Final = 0.25
OWN_EVERY_S: Final = 1.0
OWN_KEPT_S: Final = 5.0
"""A driver who is not simulated counts as free so long after a lost link: a page that is loaded anew is back by then."""
HEARD_EVERY_S, HEARD_WITHIN_S = 0.05, 3.0
GIVES_UP_S, OWN_WITHIN_S = 60.0, 10.0
"""A driver who is offline or busy is not waited for any longer: with the first number, where somebody asked for that offer."""


class NextOffer:
    """`driver_id`: who is to have the next offer; empty: whoever is nearest, as ever."""

    def __init__(self, parts: ServerParts, crowd: SandboxCrowd) -> None:
        self.driver_id = DriverId("")
        self._board, self._crowd = parts.zone.board, crowd
        self._desk = desk_reads(parts)
        self._looking: asyncio.Task[None] | None = None
        self._left = RideId("")
        self._free_at: dict[DriverId, float] = {}
        crowd.on_left = self._leave

    def give_to(self, driver_id: DriverId) -> None:
        """The next offer goes to this driver; an empty id: not any more."""
        self.stop()
        self._end()
        if driver_id:
            self.driver_id = driver_id
            self._crowd.friends_book = True
            self._yield_to({driver_id}, None, GIVES_UP_S)

    async def alone(self) -> None:
        """Wait until the server has heard that all others take no offers: who books before that rings at their phones too."""
        with suppress(TimeoutError):
            async with asyncio.timeout(HEARD_WITHIN_S):
                while await self._free_who_are_simulated() - {self.driver_id}:
                    await asyncio.sleep(HEARD_EVERY_S)

    def place(self) -> Point | None:
        """Where this driver is, as far as the server knows."""
        fix = self._board.position(self.driver_id) if self.driver_id else None
        return (fix.lat, fix.lon) if fix is not None else None

    def stop(self) -> None:
        """Look no longer."""
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None

    def _leave(self, ride_id: RideId) -> None:
        """This ride is left to the drivers who are not simulated. Of many who leave it the first is heard."""
        is_looking = self._looking is not None and not self._looking.done()
        if not is_looking and ride_id != self._left:
            self._left = ride_id
            self._yield_to(self._crowd.own_free, ride_id, OWN_WITHIN_S)

    def _yield_to(self, driver_ids: Collection[DriverId], ride_id: RideId | None, within_s: float) -> None:
        self._crowd.yield_to(driver_ids)
        self._looking = asyncio.create_task(self._until_asked(driver_ids, ride_id, within_s))

    async def _until_asked(self, driver_ids: Collection[DriverId], ride_id: RideId | None, within_s: float) -> None:
        """For a ride that is named an offer of before counts as well."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                before = 0 if ride_id else await self._offers(driver_ids, None)
                while await self._offers(driver_ids, ride_id) == before:
                    await asyncio.sleep(LOOK_EVERY_S)
        self._end()

    def _end(self) -> None:
        self.driver_id = DriverId("")
        self._crowd.friends_book = False
        self._crowd.yield_to(())

    async def watch_own_people(self) -> None:
        """Until cancelled, see which drivers are free who are not simulated, and hear the pins that simulated drivers wait for."""
        while True:
            with suppress(DatabaseError):
                await self._free_who_are_simulated()
                for ride_id in [ride_id for ride_id, pin in self._crowd.pins.items() if pin is None]:
                    ride = await self._desk.ride(RideId(ride_id))
                    self._crowd.pins[ride_id] = ride.get("start_pin") if ride is not None else None
            await asyncio.sleep(OWN_EVERY_S)

    async def _free_who_are_simulated(self) -> set[DriverId]:
        """Free drivers who are simulated; the crowd is told of those who are not."""
        free = set(await self._desk.read(free_drivers))
        simulated = {app.phone.driver_id for app in self._crowd.drivers}
        now = time.monotonic()
        self._free_at.update(dict.fromkeys(free - simulated, now))
        self._crowd.own_free = frozenset(driver_id for driver_id, at in self._free_at.items() if now - at < OWN_KEPT_S)
        return free & simulated

    async def _offers(self, driver_ids: Collection[DriverId], ride_id: RideId | None) -> int:
        return await self._desk.read(lambda db: offers_made(db, driver_ids, ride_id))
