"""The sandbox as the server's process has it: its people, its routes, its codes. cli.py hands it to the server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dispatch.config import Settings
from dispatch.errors import BadField
from dispatch.identity.tokens import Claims, make_token
from dispatch.ids import DriverId, PersonId
from dispatch.live.routes import ServerParts
from dispatch.principals import Principal
from dispatch.providers.notify import Notifier
from dispatch.storage.file.key_file import KeyFile
from dispatch.transport import wire
from dispatch.transport.http.access import for_staff, for_this_machine
from dispatch.transport.http.operation import JSON, Operation, described
from dispatch.transport.http.requests import require_json
from sim.sandbox import cast
from sim.sandbox.crowd import SandboxCrowd
from sim.sandbox.driver import Trouble
from sim.sandbox.figures import FiguresSoFar, figures_of
from sim.sandbox.next_offer import NextOffer
from sim.sandbox.shown_codes import ShownCodes
from sim.sandbox.steering import MOST_DRIVERS, Code, PlayerShown, Sandbox, Steer

SHOW: Final = Operation(does="The sandbox: whom you can be, their login codes, how it is steered.", answers=Sandbox)
FIGURES: Final = Operation(does="What the simulated people have seen so far.", answers=FiguresSoFar)
STEER: Final = Operation(does="Steer the sandbox.", asks=Steer, answers=Sandbox)
RENEW_SHARE: Final = 0.6
"""An app sends a newer token when so much of the time of the last is over."""


class SandboxGuest:
    """What lives beside the server: `dispatch.live.guest.Guest`."""

    def __init__(self, settings: Settings, drivers: int, seed: int, rides: int | None) -> None:
        """`drivers`: how many from the start. `rides`: how many passengers book in all; None: there is no end."""
        self._settings = settings
        self._seed, self._fleet, self._rides = seed, drivers, rides
        self._shown: ShownCodes

    # -- as the server calls it

    def notifier(self, report: Callable[[str], None]) -> Notifier:
        """Codes are printed, and shown on the login page."""
        self._shown = ShownCodes(report, time.time)
        return self._shown

    def routes(self, parts: ServerParts) -> list[Route]:
        """What the pages ask."""
        self._parts = parts
        self._keys = KeyFile(self._settings.db, time.time())
        renew_s = self._settings.token_ttl_s * RENEW_SHARE
        self.crowd = SandboxCrowd(self._seed, self._settings.time_zone, self._token, renew_s, self._rides)
        self._next = NextOffer(parts, self.crowd)
        requests = parts.requests
        asked = [
            described(requests.get("/api/sandbox", self._show), SHOW),
            described(requests.get("/api/sandbox/figures", self._show_figures), FIGURES),
        ]
        return [
            *for_this_machine(asked),
            *for_staff([described(requests.post("/api/sandbox/steer", self._steer), STEER)]),
        ]

    async def settle(self) -> None:
        """Everybody is put on file."""
        job = partial(cast.put_on_file, fleet=self._fleet, now=time.time())
        self._on_file = await self._parts.file.run(job)

    def begin(self, port: int) -> None:
        """Everybody connects."""
        host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
        scheme = "wss" if self._settings.tls_cert else "ws"
        self.crowd.begin(f"{scheme}://{host}:{port}", self._on_file)
        self._watching = asyncio.create_task(self._next.watch_own_people())

    async def leave(self) -> None:
        """Everybody hangs up."""
        self._watching.cancel()
        self._next.stop()
        await self.crowd.hang_up()

    # -- as pages call it

    async def _show(self, request: Request) -> Response:
        return self._told()

    async def _show_figures(self, request: Request) -> Response:
        return Response(wire.encode(figures_of(self.crowd, self._seed)), media_type=JSON)

    async def _steer(self, request: Request, body: bytes) -> Response:
        require_json(request)
        steer: Steer = wire.read_body(body, Steer)
        crowd = self.crowd
        if steer.add_drivers is not None:
            await self._add_drivers(steer.add_drivers)
        crowd.steer(is_paused=steer.pause, speed=steer.speed, demand=steer.demand)
        for trouble in filter(None, Trouble):
            count = getattr(steer, trouble)
            if count is not None:
                crowd.misbehave(trouble, count)
        if steer.next_offer_to is not None:
            self._next.give_to(DriverId(steer.next_offer_to))
        if steer.book is not None:
            if self._next.driver_id:
                await self._next.alone()
            crowd.book_now(steer.book, self._next.place())
        return self._told()

    async def _add_drivers(self, count: int) -> None:
        first = len(self.crowd.drivers)
        if first + count > MOST_DRIVERS:
            raise BadField("add_drivers", f"a sandbox has at most {MOST_DRIVERS:,} drivers, this one has {first:,}")
        job = partial(cast.add_drivers, first=first, count=count, now=time.time())
        self.crowd.join(await self._parts.file.do(job))

    def _told(self) -> Response:
        crowd, now = self.crowd, time.time()
        told = Sandbox(
            seed=self._seed,
            is_paused=crowd.is_paused,
            speed=crowd.speed,
            demand=crowd.demand,
            drivers=len(crowd.drivers),
            connected=sum(app.phone.link is not None for app in crowd.drivers),
            busy=sum(app.phone.ride is not None for app in crowd.drivers),
            rides=len(crowd.passengers),
            misbehaving={trouble: crowd.misbehaving()[trouble] for trouble in filter(None, Trouble)},
            next_offer_to=self._next.driver_id or None,
            people=_PLAYERS,
            codes=tuple(
                Code(phone=sent.phone, code=sent.code, age_s=round(now - sent.at, 1))
                for sent in reversed(self._shown.codes)
            ),
        )
        return Response(wire.encode(told), media_type=JSON, headers={"Cache-Control": "no-store"})

    def _token(self, who: Principal) -> str:
        now = int(time.time())
        return make_token(Claims(who, "", now, now + int(self._settings.token_ttl_s)), self._keys.ring())


_PLAYERS: Final = tuple(
    PlayerShown(
        page=player.page,
        id=PersonId(player.phone),
        name=player.name,
        phone=f"+{player.phone}",
        vehicle=player.registration,
    )
    for player in cast.PLAYERS
)
