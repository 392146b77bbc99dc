"""The next offer goes to one driver: until then the simulated drivers take none, as any driver may. The server knows nothing of it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from dispatch.errors import DatabaseError
from dispatch.ids import DriverId
from dispatch.live.routes import Parts, desk_reads
from dispatch.storage.tools.drivers_live import free_drivers, offers_made
from dispatch.values import Point
from sim.sandbox.crowd import Crowd

LOOK_EVERY_S: Final = 0.25
OWN_EVERY_S: Final = 1.0
GIVES_UP_S: Final = 60.0
"""A driver who is offline or busy is not waited for any longer."""


class NextOffer:
    """`driver_id`: who is to have the next offer; empty: whoever is nearest, as ever."""

    def __init__(self, parts: Parts, crowd: Crowd) -> None:
        self.driver_id = DriverId("")
        self._board, self._crowd = parts.zone.board, crowd
        self._desk = desk_reads(parts)
        self._looking: asyncio.Task[None] | None = None

    def give_to(self, driver_id: DriverId) -> None:
        """The next offer goes to this driver; an empty id: not any more."""
        self.stop()
        self.driver_id = driver_id
        self._crowd.yield_to(driver_id)
        if driver_id:
            self._looking = asyncio.create_task(self._until_asked())

    def place(self) -> Point | None:
        """Where this driver is, as far as the server knows."""
        fix = self._board.position(self.driver_id) if self.driver_id else None
        return (fix.lat, fix.lon) if fix is not None else None

    def stop(self) -> None:
        """Look no longer."""
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None

    async def _until_asked(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(GIVES_UP_S):
                before = await self._offers()
                while await self._offers() == before:
                    await asyncio.sleep(LOOK_EVERY_S)
        self.driver_id = DriverId("")
        self._crowd.yield_to("")

    async def watch_own_drivers(self) -> None:
        """Until cancelled, see whether a driver is free who is not simulated: rides of people's own apps are left to that driver."""
        while True:
            simulated = {app.phone.driver_id for app in self._crowd.drivers}
            with suppress(DatabaseError):
                self._crowd.leaves_rides = not simulated.issuperset(await self._desk.read(free_drivers))
            await asyncio.sleep(OWN_EVERY_S)

    async def _offers(self) -> int:
        return await self._desk.read(lambda db: offers_made(db, self.driver_id))
